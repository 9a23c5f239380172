"""Every fact of the policy language: for each a condition, a payment for which it holds and one for which it does not.

Tests make both payments, in memory and in a deployed city. The language's own list of facts decides which cases there must be.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from eeum.calendar import SEOUL
from eeum.policy.conditions import (
    FACTS_OF_A_TOP_UP,
    FLAG_FACTS,
    INSTANT_FACTS,
    NUMBER_FACTS,
    TEXT_FACTS,
    TIME_FACTS,
    WEEKDAYS,
)

Document = dict[str, Any]
FACTS_OF_THE_LANGUAGE = TEXT_FACTS | NUMBER_FACTS | FLAG_FACTS | TIME_FACTS | INSTANT_FACTS
ALIKE = frozenset({"card_product"})
"""Both payments have the same value of this fact: no request sets another product of a card."""

PRICE, OTHER_PRICE = 100_000, 50_000
WON = {PRICE: 100, OTHER_PRICE: 50}
"""The reward of a layer of 10 basis points for each price."""
TOP_UP, OTHER_TOP_UP = 200_000, 100_000

MEMBER = {"member_class": "known", "member_district": "yeonsu", "birth_date": "1950-03-01", "card_issuer": "nonghyup"}
OTHER_MEMBER = {"member_class": "others"}
SHOP = {
    "district": "ganghwa",
    "category": "bookshop",
    "annual_revenue": 123_000_000,
    "flags": ["good_price", "traditional_market"],
    "own_rate_basis_points": 250,
}
OTHER_SHOP = {
    "district": "seo",
    "category": "restaurant",
    "annual_revenue": 4_000_000_000,
    "flags": [],
    "own_rate_basis_points": 0,
}
CHANNEL, OTHER_CHANNEL = "delivery", "shop"
OTHERS_LATER = timedelta(days=1, hours=10)
"""How much later the other payment is: on another day, and at another time of day."""


def conditions(at: datetime) -> dict[str, Document]:
    """Conditions by fact. They hold for the payment at `at`, and together have all forms and words of conditions."""
    local = at.astimezone(SEOUL)
    return {
        "merchant_district": {"not": {"fact": "merchant_district", "in": [OTHER_SHOP["district"]]}},
        "merchant_category": {"fact": "merchant_category", "in": [SHOP["category"]]},
        "merchant_annual_revenue": {"fact": "merchant_annual_revenue", "above": 100_000_000, "at_most": 300_000_000},
        "merchant_flags": {"any": [{"fact": "merchant_flags", "has": name} for name in ("partner", "good_price")]},
        "card_product": {"fact": "card_product", "in": ["standard"]},
        "card_issuer": {"fact": "card_issuer", "in": [MEMBER["card_issuer"]]},
        "member_class": {"fact": "member_class", "in": [MEMBER["member_class"]]},
        "member_district": {"fact": "member_district", "in": [MEMBER["member_district"]]},
        "member_age": {"fact": "member_age", "at_least": 65, "below": 90},
        "channel": {"fact": "channel", "in": [CHANNEL]},
        "method": {"fact": "method", "in": ["card"]},
        "amount": {"fact": "amount", "at_least": PRICE},
        "weekday": {"fact": "weekday", "in": [WEEKDAYS[local.weekday()]]},
        "day_of_month": {"fact": "day_of_month", "at_least": local.day, "at_most": local.day},
        "time_of_day": {"fact": "time_of_day", "from": "09:00", "until": "12:00"},
        "instant": {
            "fact": "instant",
            "from": (at - timedelta(hours=1)).isoformat(),
            "until": (at + timedelta(hours=3)).isoformat(),
        },
    }


def among_these(condition: Document) -> Document:
    """The condition for these two members only, so that other members of a city get nothing."""
    classes = [MEMBER["member_class"], OTHER_MEMBER["member_class"]]
    return {"all": [{"fact": "member_class", "in": classes}, condition]}


def layer(name: str, condition: Document, **words: Any) -> Document:
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "when": among_these(condition),
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": 10}],
        "funders": [{"funder": "city", "share": 1}],
        **words,
    }


def layer_id(fact: str) -> str:
    return f"by-{fact.replace('_', '-')}"


OWN_RATE = "own-rate"


def of_payments(at: datetime) -> list[Document]:
    """A layer of cashback for each fact, and one at the shop's own rate."""
    own = layer(
        OWN_RATE,
        {"fact": "channel", "in": [CHANNEL, OTHER_CHANNEL]},
        bands=[{"from": 0, "up_to": None, "rate_basis_points": "merchant"}],
        funders=[{"funder": "merchant", "share": 1}],
    )
    return [*(layer(layer_id(fact), condition) for fact, condition in conditions(at).items()), own]


def of_top_ups(at: datetime) -> list[Document]:
    """A bonus for each fact of a top-up."""
    return [
        layer(layer_id(fact), condition, gives="top_up_bonus", into="charged")
        for fact, condition in top_up_conditions(at).items()
    ]


def top_up_conditions(at: datetime) -> dict[str, Document]:
    amount = {"fact": "amount", "at_least": TOP_UP}
    return {fact: each for fact, each in (conditions(at) | {"amount": amount}).items() if fact in FACTS_OF_A_TOP_UP}


def expected(at: datetime) -> dict[str, int]:
    """The first payment's rewards, in won, by layer."""
    won = WON[PRICE]
    return {**{layer_id(fact): won for fact in conditions(at)}, OWN_RATE: PRICE * 250 // 10_000}


EXPECTED_OF_THE_OTHER = {layer_id(fact): WON[OTHER_PRICE] for fact in ALIKE}


def words_of(condition: Any) -> Iterator[str]:
    """All facts and words of a condition, at any depth."""
    if isinstance(condition, list):
        for each in condition:
            yield from words_of(each)
    elif isinstance(condition, Mapping):
        for word, value in condition.items():
            yield value if word == "fact" else word
            yield from words_of(value)
