"""A quote in the deployed city equals the payment's result, with a budget line that is too small, by card and in the app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member, pay
from tests.e2e.scheduling import schedule
from tests.e2e.test_policies import CACHED
from tests.e2e.waiting import wait_for_cashback

SHOP = "운서 빵집"
PRICE, COUPON, LEFT = 94_000, 2_000, 1_000
IN_APP = 330
OF_THESE = {"fact": "member_class", "in": ["quoted"]}
"""Layers that apply to this test's members only."""


def _gives(won: int) -> dict[str, Any]:
    return {"per": "payment", "reached": [{"from": 50_000, "gives": won}]}


def _layer(name: str, gives: str, won: int, when: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "gives": gives,
        "when": when,
        "steps": _gives(won),
        "funders": [{"funder": "city", "share": 1}],
    }


@pytest.fixture(scope="module")
def quoted_member(
    city: City, api: Api, tokens: Tokens, move_clock: Callable[[str], Any], new_member: Callable[..., Member]
) -> Member:
    """A member under a version with 2,000 won discount from a line of 1,000, and 330 won more in the app."""
    start = city.clock.now().replace(microsecond=0) + timedelta(minutes=4)
    document = {name: value for name, value in api.get("/policies/in_force").items() if name != "rows"}
    in_app = {"all": [OF_THESE, {"fact": "method", "in": ["app"]}]}
    layers = [_layer("off", "discount", COUPON, OF_THESE), _layer("in-app", "cashback", IN_APP, in_app)]
    version = {"version": f"quoted-{uuid4().hex[:8]}", "starts_at": start.isoformat()}
    schedule(api, tokens, document | version | {"layers": [*document["layers"], *layers]})
    line = {
        "id": "quoted-off",
        "title": {"ko": "할인", "en": "Discounts"},
        "funder": "city",
        "layers": ["off"],
        "applies_from": start.isoformat(),
        "amount": LEFT,
        "reason": "본예산",
        "document": "제279회 시의회 의결",
    }
    operator = api.as_caller(tokens.operator)
    operator.post(f"/budgets/{start.year}/lines", line, key=f"the-line-of-quotes-{uuid4()}")
    move_clock((start + 2 * CACHED).isoformat())
    member = new_member(charged=400_000)
    operator.patch(f"/wallets/{member.wallet}", {"member_class": "quoted", "reason": "Papers in order."})
    return member


def _quote(member: Member, shop: str, **words: Any) -> Any:
    return member.api.post(f"/wallets/{member.wallet}/cashback_quotes", {"merchant_id": shop, "amount": PRICE, **words})


def test_a_quote_equals_the_payments_result(
    quoted_member: Member, city: City, api: Api, tokens: Tokens, shops: dict[str, str]
) -> None:
    member, shop = quoted_member, shops[SHOP]
    by_card, in_app = _quote(member, shop, card_token=member.card), _quote(member, shop)
    later = _quote(member, shop, card_token=member.card, capture="later")

    assert (by_card["method"], by_card["discount"], by_card["paid"], by_card["cashback"]) == (
        "card",
        1_000,
        93_000,
        9_300,
    )
    assert (in_app["method"], in_app["discount"], in_app["cashback"]) == ("app", 1_000, 9_300 + IN_APP)
    (cut,) = by_card["cut"]
    assert (cut["layer"], cut["given"], cut["reason"]) == ("off", LEFT, "budget_used_up")
    assert (later["discount"], later["paid"], later["cut"]) == (0, PRICE, [])
    assert later["not_guaranteed"][0]["reason"] == "captured_later"
    assert "captured_later" not in [each["reason"] for each in by_card["not_guaranteed"]]

    payment = pay(api, tokens, member, shop, PRICE)
    wait_for_cashback(member)
    earnings = member.api.get(f"/wallets/{member.wallet}/cashback", month=f"{city.clock.now():%Y-%m}")["earnings"]
    (earning,) = [each for each in earnings if each["payment_id"] == payment["id"]]
    assert (payment["discount"], payment["paid"], payment["cut"]) == (1_000, 93_000, by_card["cut"])
    assert (earning["cashback"], earning["rewards"]) == (9_300, by_card["rewards"])

    # The line is now used up, and the quote says so.
    after = _quote(member, shop, card_token=member.card)
    assert (after["discount"], after["cut"][0]["given"]) == (0, 0)


def test_an_invalid_payment_gets_no_quote(quoted_member: Member, shops: dict[str, str]) -> None:
    path = f"/wallets/{quoted_member.wallet}/cashback_quotes"
    body = {"merchant_id": shops[SHOP], "amount": PRICE, "method": "app", "capture": "later"}
    answer = quoted_member.api.request("POST", path, body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "not_paid_in_the_app")
