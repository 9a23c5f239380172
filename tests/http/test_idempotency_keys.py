"""The Idempotency-Key on every route that moves money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.http.callers import ACQUIRER, OPERATOR
from tests.http.checks import assert_declined, assert_problem, unchanged
from tests.http.city import InMemoryCity
from tests.http.requests import KEY, PAYMENT, good_request, payment
from tests.http.routes import ROUTES, Route

KEYED = [
    route
    for route in ROUTES
    if str(route)
    in {
        "POST /wallets/{wallet_id}/top_ups",
        "POST /payments",
        "POST /wallets/{wallet_id}/payments",
        "POST /payments/reversals",
        f"POST {PAYMENT}/captures",
        f"POST {PAYMENT}/void",
        f"POST {PAYMENT}/cancellations",
        "POST /merchants/{merchant_id}/payments/{payment_id}/cancellations",
        "POST /budgets/{year}/lines",
        "POST /budgets/{year}/lines/{line}/supplements",
        "POST /budgets/{year}/closing",
    }
]
WITH_AMOUNT = [route for route in KEYED if not route.path.endswith(("/void", "/closing"))]
"""The body of a void has no field that could differ."""


@pytest.mark.parametrize("route", KEYED, ids=str)
@pytest.mark.parametrize(
    ("key", "fault"),
    [
        pytest.param(None, "missing", id="missing"),
        pytest.param("", "missing", id="empty"),
        pytest.param("k" * 15, "length", id="short"),
        pytest.param("k" * 256, "length", id="long"),
        pytest.param("키" * 16, "characters", id="not ASCII"),
        pytest.param("k" * 15 + "é", "characters", id="Latin-1"),
        pytest.param("k" * 16 + "\t", "characters", id="a tab"),
        pytest.param(f"{KEY},{KEY}", "characters", id="sent twice"),
        pytest.param(f"{KEY}, {KEY}", "characters", id="sent twice, joined with a space"),
        pytest.param("a,b,c,d,e,f,g,h,i", "characters", id="commas"),
        pytest.param("k" * 16 + "\u0000", "characters", id="a zero"),
        pytest.param("k" * 16 + "\ud800", "characters", id="a lone surrogate"),
    ],
)
def test_a_bad_key_is_refused(city: InMemoryCity, route: Route, key: str | None, fault: str) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, key=key)

    assert_problem(answer, 400, "invalid_request", fault, "Idempotency-Key")


@pytest.mark.parametrize("route", KEYED, ids=str)
@pytest.mark.parametrize("key", ["k" * 16, "k" * 255, "a; b; c and d; e", "0123456789abcdef~!@#$%^&*()"])
def test_a_good_key_has_one_effect_and_one_answer(city: InMemoryCity, route: Route, key: str) -> None:
    sent = good_request(city, route)
    first = sent.to(city, key=key)
    with unchanged(city):
        again = sent.to(city, key=key)

    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers.get("Idempotency-Replayed") == "true"


@pytest.mark.parametrize("route", KEYED, ids=str)
def test_the_header_s_name_may_be_written_in_any_case(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)

    assert sent.to(city, key=None, headers={"Idempotency-KEY": KEY}).status == 200


@pytest.mark.parametrize("route", KEYED, ids=str)
def test_a_header_that_arrives_twice_makes_no_new_key(city: InMemoryCity, route: Route) -> None:
    """Headers with one name arrive joined by commas: with a proxy that doubles them, a payment would be made twice."""
    sent = good_request(city, route)
    first = sent.to(city)
    with unchanged(city):
        doubled = sent.to(city, key=f"{KEY},{KEY}")
        again = sent.to(city)

    assert_problem(doubled, 400, "invalid_request", "characters", "Idempotency-Key")
    assert (first.status, again.body) == (200, first.body)


@pytest.mark.parametrize("route", WITH_AMOUNT, ids=str)
def test_a_key_that_was_used_for_another_body_is_refused(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    first = sent.to(city)
    with unchanged(city):
        answer = sent.to(city, body=sent.body | {"amount": sent.body["amount"] + 1})

    assert_problem(answer, 422, "idempotency_key_reused")
    assert (first.json.get("id") or first.json["payment"]["id"]) not in answer.body
    assert str(sent.body["amount"]) not in answer.body


def test_a_decline_is_kept_under_its_key_though_the_balance_changed(city: InMemoryCity) -> None:
    who = city.who
    sent = payment(city, card_token=who.suspended_card)
    declined = city.call(ACQUIRER, "POST", "/payments", sent, key=KEY)
    assert_declined(declined, "62", "wallet_suspended")
    city.now += timedelta(hours=1)
    standing = {"status": "active", "reason": "card found"}
    assert city.call(OPERATOR, "PATCH", f"/wallets/{who.suspended_wallet}", standing).status == 200

    with unchanged(city):
        again = city.call(ACQUIRER, "POST", "/payments", sent, key=KEY)
    with_new_key = city.call(ACQUIRER, "POST", "/payments", sent, key=f"{KEY}-2")

    assert again.body == declined.body
    assert with_new_key.json["status"] == "approved"
