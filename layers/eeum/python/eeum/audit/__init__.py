"""The audit of live data: everything that is stored is worked out anew, and what does not come out the same is named."""
