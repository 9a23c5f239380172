"""Simulations that operators ask for: what a policy would have cost, worked out by a function of its own (docs/simulator.md)."""
