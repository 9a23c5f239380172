"""The audit of live data: everything that is stored is recomputed, and what does not come out the same is named."""
