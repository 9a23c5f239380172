"""Simulations that operators request: what a policy would have cost, computed by a separate function (docs/simulator.md)."""
