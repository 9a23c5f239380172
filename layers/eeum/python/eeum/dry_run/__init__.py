"""Dry runs of a policy: the platform itself, its use cases and stores, on a storage in memory. No function needs it."""
