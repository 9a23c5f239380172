"""Compute the statistics that the city publishes, from the journal's exports: docs/statistics.md."""
