"""Facts that a payment is judged by, and conditions over them.

A fact that a payment lacks (None) satisfies no condition, and satisfies the negation of each.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

TEXT_FACTS = frozenset({"merchant_district", "merchant_category", "card_product", "member_class", "channel", "method"})
CHANNELS = frozenset({"shop", "qr", "e_mall", "delivery", "taxi"})
METHODS = frozenset({"card", "app"})
"""How a payment is made: with a card through an acquirer, or by its member in the app."""

MerchantFlag = Literal["benefit_plus", "good_price", "traditional_market", "partner"]

FLAG_FACTS = frozenset({"merchant_flags"})
NUMBER_FACTS = frozenset({"merchant_annual_revenue"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was true of merchant, card and member when a payment was accepted; stored with it, never looked up again.

    `merchant_annual_revenue` is in won, `merchant_own_rate` in basis points: what a merchant gives of its own.
    """

    merchant_district: str | None = None
    merchant_category: str | None = None
    merchant_annual_revenue: int | None = None
    merchant_flags: frozenset[str] = frozenset()
    merchant_own_rate: int = 0
    card_product: str | None = None
    member_class: str | None = None
    channel: str | None = None
    method: str | None = None


class Condition(Protocol):
    def holds(self, facts: Facts) -> bool: ...


@dataclass(frozen=True, slots=True)
class Always:
    def holds(self, _: Facts) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class OneOf:
    fact: str
    values: frozenset[str]

    def holds(self, facts: Facts) -> bool:
        return getattr(facts, self.fact) in self.values


@dataclass(frozen=True, slots=True)
class HasFlag:
    fact: str
    flag: str

    def holds(self, facts: Facts) -> bool:
        return self.flag in getattr(facts, self.fact)


@dataclass(frozen=True, slots=True)
class Between:
    """`above` is exclusive and `at_most` inclusive, as revenue bands are published (3억 이하)."""

    fact: str
    above: int | None
    at_most: int | None

    def holds(self, facts: Facts) -> bool:
        value = getattr(facts, self.fact)
        if value is None:
            return False
        return (self.above is None or value > self.above) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return all(condition.holds(facts) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return any(condition.holds(facts) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition

    def holds(self, facts: Facts) -> bool:
        return not self.condition.holds(facts)
