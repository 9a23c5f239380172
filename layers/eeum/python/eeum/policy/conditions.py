"""Facts of a payment or top-up, and conditions over them.

An unknown fact (None) satisfies no condition, and so satisfies the negation of every condition.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eeum.calendar import SEOUL

TEXT_FACTS = frozenset(
    {
        "merchant_district",
        "merchant_category",
        "card_product",
        "card_issuer",
        "member_class",
        "member_district",
        "channel",
        "method",
        "weekday",
    }
)
NUMBER_FACTS = frozenset({"merchant_annual_revenue", "member_age", "amount", "day_of_month"})
FLAG_FACTS = frozenset({"merchant_flags"})
TIME_FACTS = frozenset({"time_of_day"})
INSTANT_FACTS = frozenset({"instant"})

FACTS_OF_A_TOP_UP = frozenset(
    {"member_class", "member_district", "member_age", "amount", "weekday", "day_of_month", "time_of_day", "instant"}
)
"""Facts that are known at a top-up, which has no shop, card or channel."""

FACTS_OF_A_PURCHASE = frozenset(
    {"merchant_district", "merchant_category", "merchant_annual_revenue", "merchant_flags", "channel", "method"}
)
"""The only facts that decide where a purse can be spent."""

CHANNELS = frozenset({"shop", "qr", "e_mall", "delivery", "taxi"})
METHODS = frozenset({"card", "app"})
"""Ways to pay: with a card through an acquirer, or by the member in the app."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FLAGS = frozenset({"benefit_plus", "good_price", "traditional_market", "partner"})
"""Flags of merchants that every programme knows; a policy may add more in `merchants.flags`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of merchant, card and member when a payment was accepted; stored with the payment and never looked up again.

    `merchant_annual_revenue` is in won; `merchant_own_rate`, in basis points, is the reward that the merchant funds; `member_age` is in
    full years. `amount` (won) and `accepted_at` belong to what is evaluated: a capture less its cancellations, or a top-up.
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
    card_issuer: str | None = None
    member_district: str | None = None
    member_age: int | None = None
    amount: int | None = None
    accepted_at: datetime | None = None

    @property
    def instant(self) -> datetime | None:
        return self.accepted_at

    @property
    def weekday(self) -> str | None:
        """The day of the week in Seoul."""
        return WEEKDAYS[self.accepted_at.astimezone(SEOUL).weekday()] if self.accepted_at else None

    @property
    def day_of_month(self) -> int | None:
        return self.accepted_at.astimezone(SEOUL).day if self.accepted_at else None

    @property
    def time_of_day(self) -> str | None:
        """Hours and minutes in Seoul, such as `18:05`; texts of one length sort in the order of the day."""
        if self.accepted_at is None:
            return None
        at = self.accepted_at.astimezone(SEOUL)
        return f"{at.hour:02d}:{at.minute:02d}"


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
class TimeOfDay:
    """The hours from `start` (`18:00`, inclusive) until `until` (exclusive); across midnight when `start` is the later."""

    start: str
    until: str

    def holds(self, facts: Facts) -> bool:
        time = facts.time_of_day
        if time is None:
            return False
        if self.start <= self.until:
            return self.start <= time < self.until
        return time >= self.start or time < self.until


@dataclass(frozen=True, slots=True)
class Within:
    """The time from `start` (inclusive) until `until` (exclusive); either may be None."""

    start: datetime | None
    until: datetime | None

    def holds(self, facts: Facts) -> bool:
        at = facts.accepted_at
        if at is None:
            return False
        return (self.start is None or self.start <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        for condition in self.conditions:  # noqa: SIM110 - a generator would cost more than the conditions do
            if not condition.holds(facts):
                return False
        return True


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        for condition in self.conditions:  # noqa: SIM110
            if condition.holds(facts):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition

    def holds(self, facts: Facts) -> bool:
        return not self.condition.holds(facts)
