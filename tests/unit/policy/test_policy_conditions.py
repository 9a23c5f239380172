"""Conditions over the facts of a payment, as documents write them."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.policy.conditions import Facts
from eeum.policy.reading import condition_of

NOTHING_KNOWN = Facts()
SHOP = Facts(
    merchant_district="seo",
    merchant_category="restaurant",
    merchant_annual_revenue=300_000_000,
    merchant_flags=frozenset({"partner"}),
    card_product="seoro",
    channel="shop",
)


@pytest.mark.parametrize(
    ("condition", "of_the_shop", "of_nothing_known"),
    [
        ({"fact": "merchant_district", "in": ["seo", "jung"]}, True, False),
        ({"fact": "merchant_district", "in": ["jung"]}, False, False),
        ({"not": {"fact": "merchant_district", "in": ["jung"]}}, True, True),
        ({"fact": "card_product", "in": ["seoro"]}, True, False),
        ({"fact": "member_class", "in": ["welfare"]}, False, False),
        ({"fact": "merchant_flags", "has": "partner"}, True, False),
        ({"fact": "merchant_flags", "has": "benefit_plus"}, False, False),
        ({"fact": "merchant_annual_revenue", "at_most": 300_000_000}, True, False),
        ({"fact": "merchant_annual_revenue", "at_most": 299_999_999}, False, False),
        ({"fact": "merchant_annual_revenue", "above": 299_999_999}, True, False),
        ({"fact": "merchant_annual_revenue", "above": 300_000_000}, False, False),
        ({"all": [{"fact": "channel", "in": ["shop"]}, {"fact": "merchant_flags", "has": "partner"}]}, True, False),
        ({"all": [{"fact": "channel", "in": ["shop"]}, {"fact": "merchant_flags", "has": "good_price"}]}, False, False),
        ({"any": [{"fact": "channel", "in": ["taxi"]}, {"fact": "merchant_flags", "has": "partner"}]}, True, False),
        ({"any": [{"fact": "channel", "in": ["taxi"]}, {"fact": "channel", "in": ["e_mall"]}]}, False, False),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], of_the_shop: bool, of_nothing_known: bool) -> None:
    assert condition_of(condition).holds(SHOP) is of_the_shop
    assert condition_of(condition).holds(NOTHING_KNOWN) is of_nothing_known


@settings(deadline=None)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=4, unique=True).map(sorted))
def test_revenue_bands_that_join_hold_for_every_revenue_exactly_once(revenue: int, ends: list[int]) -> None:
    edges = [None, *ends, None]
    conditions = [
        {"fact": "merchant_annual_revenue", "above": above, "at_most": at_most} for above, at_most in pairwise(edges)
    ]
    facts = Facts(merchant_annual_revenue=revenue)
    assert [condition_of(condition).holds(facts) for condition in conditions].count(True) == 1
