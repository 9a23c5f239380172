"""The invented shops fulfil the rules for real ones."""

from __future__ import annotations

from eeum.merchants.rules import parse_business_registration_number
from local import inhabitants


def test_every_invented_number_has_a_valid_check_digit() -> None:
    shops = [*inhabitants.shops(), inhabitants.new_shop(), inhabitants.waiting_shop()]
    numbers = [parse_business_registration_number(shop.business_registration_number) for shop in shops]
    assert len(set(numbers)) == len(shops)


def test_every_district_has_shops() -> None:
    assert {shop.district for shop in inhabitants.shops()} == set(inhabitants.NEIGHBOURHOODS)
