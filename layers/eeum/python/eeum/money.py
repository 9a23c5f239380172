"""Whole won and basis points: the only arithmetic on money.

Money is `int` won, rates are `int` basis points (1 % = 100); neither is ever a float. Rounding is always down to the won
(no published source states a rule, so this is ours: docs/policy-language.md, "Rounding").
"""

from collections.abc import Sequence

BASIS_POINTS_OF_THE_WHOLE = 10_000
LARGEST_AMOUNT = 10**12
"""The largest amount of money in a request or a balance, in won: far above any wallet, far below 2**53."""


def reward_of(portions: Sequence[tuple[int, int]]) -> int:
    """The reward in won for `portions` of (base in won, rate in basis points), floored once over their sum."""
    return sum([base * rate for base, rate in portions]) // BASIS_POINTS_OF_THE_WHOLE


def split_by_share(won: int, shares: Sequence[int]) -> tuple[int, ...]:
    """Split `won` in proportion to `shares`: parts are floored in order, and the last one takes the rest."""
    total = sum(shares)
    parts = [won * share // total for share in shares]
    parts[-1] += won - sum(parts)
    return tuple(parts)
