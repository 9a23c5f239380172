"""The nightly audit of the ledger: its segments, and what they come to."""
