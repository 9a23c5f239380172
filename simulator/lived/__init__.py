"""A smaller city whose journal is lived: members open wallets, top up and pay by the use cases of the functions, on a storage in memory.

`simulator.lived.targets` has what is drawn to: published sums, scaled. Statistics are computed from the journal alone.
"""
