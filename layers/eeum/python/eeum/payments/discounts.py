"""What becomes of a payment's discounts when part of it is cancelled: pure functions over plain values, amounts in won.

A discount is given on a price as a whole. What is left of it on the first won of that price is linear and cumulative, so that many
partial cancellations come out as one: of `discount` won off a `price`, floor(discount * won / price). The rule is ours: no published one
was found. It is divided over the funders one after another, each taking the floor of its share of the rest: so no part of it, nor what the
member paid, ever grows by a cancellation.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from eeum.policy.rules import LayerReward


class DiscountPart(NamedTuple):
    """What one funder gives of one layer's discount, in won."""

    layer: str
    funder: str
    won: int


def parts_of(discounts: Iterable[LayerReward]) -> tuple[DiscountPart, ...]:
    """The parts of a payment's discounts, layer by layer and funder by funder, as they are listed."""
    return tuple(
        DiscountPart(discount.layer, funder, won) for discount in discounts for funder, won in discount.funders if won
    )


def discount_of(parts: Sequence[DiscountPart]) -> int:
    return sum([part.won for part in parts])


def discount_up_to(discount: int, price: int, won: int) -> int:
    """What is left of a discount on the first `won` of the price that it was given on."""
    return discount * won // price if discount else 0


def parts_up_to(parts: Sequence[DiscountPart], price: int, won: int) -> tuple[DiscountPart, ...]:
    """What is left of each part on the first `won` of the price, in the same order; together as much as `discount_up_to`."""
    shares = discount_of(parts)
    rest = discount_up_to(shares, price, won)
    left = []
    for part in parts:
        taken = rest * part.won // shares
        left.append(part._replace(won=taken))
        rest -= taken
        shares -= part.won
    return tuple(left)


def parts_between(parts: Sequence[DiscountPart], price: int, start: int, end: int) -> tuple[DiscountPart, ...]:
    """What of each part was given for the won from `start` to `end` of the price; those that come to nothing are left out."""
    before = parts_up_to(parts, price, start)
    until = parts_up_to(parts, price, end)
    given = (part._replace(won=part.won - other.won) for part, other in zip(until, before, strict=True))
    return tuple(part for part in given if part.won)


def given_back(used: Mapping[str, int], price: int, before: int, after: int) -> dict[str, int]:
    """How much of each limit's use is given back when the won cancelled of a price grow from `before` to `after`: cumulative, floored."""
    back = {key: won * after // price - won * before // price for key, won in used.items()}
    return {key: won for key, won in back.items() if won}
