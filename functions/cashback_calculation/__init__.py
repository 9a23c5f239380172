"""Working out and posting cashback; quoting it before paying."""
