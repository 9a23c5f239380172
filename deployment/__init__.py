"""Building, versioning and deploying the template."""
