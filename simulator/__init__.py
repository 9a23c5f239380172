"""Compute what a policy would cost, by replaying a city's payments under it: docs/simulator.md.

Not deployed. It runs in an environment of its own (`requirements/simulator.txt`). From the layer it uses only `eeum.policy`, to read and
evaluate policies, and `eeum.calendar`, for months.
"""
