"""A city to replay: the payments of Incheon's 2020, made up from a seed so that their sums are the published ones.

What is published, and what is assumed, stands in `simulator.city.figures`, with the source of each.
"""
