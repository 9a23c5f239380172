"""What a policy would have cost: requested over the API, computed by a separate function."""
