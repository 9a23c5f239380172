"""Generate a city to replay: payments for Incheon in 2020, random from a seed, with the published sums.

`simulator.city.figures` lists the published figures with their sources, and the assumptions.
"""
