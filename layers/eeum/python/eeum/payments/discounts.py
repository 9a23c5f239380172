"""Splits a payment's discounts when part of the payment is cancelled: pure functions over plain values, amounts in won.

A discount is given on the whole price. The first `won` of the price keep floor(discount * won / price) of it. This is cumulative, so many
partial cancellations equal one. We found no published rule; this one is ours. The result is divided over the funders one after another:
each takes the floor of its share of what remains. So no funder's part, and no amount that the member paid, grows by a cancellation.
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
    """The parts of a payment's discounts in stored order: layer by layer, funder by funder."""
    return tuple(
        DiscountPart(discount.layer, funder, won) for discount in discounts for funder, won in discount.funders if won
    )


def discount_of(parts: Sequence[DiscountPart]) -> int:
    return sum([part.won for part in parts])


def discount_up_to(discount: int, price: int, won: int) -> int:
    """The part of a discount that belongs to the first `won` of the price."""
    return discount * won // price if discount else 0


def parts_up_to(parts: Sequence[DiscountPart], price: int, won: int) -> tuple[DiscountPart, ...]:
    """How much of each discount part falls on the first `won` won of the price, in the same order. The sum equals `discount_up_to`."""
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
    """The part of each discount part that belongs to the price from `start` to `end`. Parts of 0 won are left out."""
    before = parts_up_to(parts, price, start)
    until = parts_up_to(parts, price, end)
    given = (part._replace(won=part.won - other.won) for part, other in zip(until, before, strict=True))
    return tuple(part for part in given if part.won)


def given_back(used: Mapping[str, int], price: int, before: int, after: int) -> dict[str, int]:
    """The limit usage to give back when the cancelled amount of a price grows from `before` to `after`: cumulative, floored."""
    back = {key: won * after // price - won * before // price for key, won in used.items()}
    return {key: won for key, won in back.items() if won}
