"""The nightly audit of the ledger: its segments, and its conclusion."""
