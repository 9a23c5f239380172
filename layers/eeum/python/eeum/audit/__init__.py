"""The audit of live data: recompute everything that is stored, and report each deviation."""
