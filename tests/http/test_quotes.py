"""Quotes over HTTP: which payment a quote is for, and how it names what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.callers import PAYER
from tests.http.checks import assert_problem
from tests.http.city import InMemoryCity
from tests.http.requests import payment


def _quote(city: InMemoryCity, **words: Any) -> Any:
    path = f"/wallets/{city.who.wallet}/cashback_quotes"
    asked = {name: payment(city, amount=10_000)[name] for name in ("merchant_id", "amount")}
    return city.call(PAYER, "POST", path, asked | words)


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ({}, "app"),
        ({"channel": "qr"}, "app"),
        ({"channel": "delivery"}, "card"),
        ({"capture": "later"}, "card"),
        ({"method": "card"}, "card"),
    ],
)
def test_the_method_is_that_of_the_payment(city: InMemoryCity, words: dict[str, str], method: str) -> None:
    assert _quote(city, **words).json["method"] == method


def test_a_card_is_paid_by_card_unless_it_is_chosen_in_the_app(city: InMemoryCity) -> None:
    token = city.who.card
    assert _quote(city, card_token=token).json["method"] == "card"
    assert _quote(city, card_token=token, method="app").json["method"] == "app"


@pytest.mark.parametrize("words", [{"capture": "later"}, {"channel": "taxi"}])
def test_what_no_member_can_pay_in_the_app_is_refused(city: InMemoryCity, words: dict[str, str]) -> None:
    assert_problem(_quote(city, method="app", **words), 400, "invalid_request", "not_paid_in_the_app", "body")


def test_a_hold_says_that_its_cashback_is_not_known_yet(city: InMemoryCity) -> None:
    quoted = _quote(city, capture="later").json
    (reason,) = [each for each in quoted["not_guaranteed"] if each["reason"] == "captured_later"]
    assert reason["message"] == "캐시백은 매입되는 시점의 정책과 금액에 따라 정해집니다."
    assert reason["layers"] == [each["layer"] for each in quoted["rewards"]]


def test_a_declined_payment_pays_and_promises_nothing(city: InMemoryCity) -> None:
    quoted = _quote(city, amount=900_000_000).json
    assert (quoted["decline"]["code"], quoted["paid"], quoted["cashback"]) == ("51", 0, 0)
    assert (quoted["rewards"], quoted["not_guaranteed"]) == ([], [])


def test_a_plan_is_for_a_later_day_and_needs_no_money_yet(city: InMemoryCity) -> None:
    planned = _quote(city, amount=900_000_000, topped_up=True, at="2026-01-01T00:00:00+09:00").json
    assert planned["decline"] is None
    assert planned["paid"] + planned["discount"] == 900_000_000
    assert "planned_ahead" in [each["reason"] for each in planned["not_guaranteed"]]


def test_a_planned_instant_has_an_offset(city: InMemoryCity) -> None:
    assert_problem(_quote(city, at="2026-01-01"), 400, "invalid_request", "instant_format", "at")
