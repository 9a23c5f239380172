"""A smaller, generated city: its members open wallets, top up and pay by the use cases of the functions, in memory.

`simulator.generated.targets` has its targets: published sums, scaled. Statistics are computed from the journal alone.
"""
