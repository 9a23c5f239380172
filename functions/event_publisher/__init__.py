"""Publishing the changes that are stored outside of the ledger."""
