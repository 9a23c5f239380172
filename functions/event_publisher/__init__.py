"""Publishing what parts other than the ledger store."""
