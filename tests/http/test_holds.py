"""Holds: captured in parts, voided, expired, and the refusals of each step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eeum.payments.rules import HOLDS_LAST
from tests.http.callers import ACQUIRER, CUSTOMER, OTHER_ACQUIRER, OWNER
from tests.http.checks import assert_declined, assert_problem, unchanged
from tests.http.city import HELD, PAID, Answer, InMemoryCity
from tests.http.requests import KEY, UNKNOWN_ID, UNKNOWN_PAYMENT, payment


def captured(city: InMemoryCity, amount: int | None = None, number: int = 1, **changes: Any) -> Answer:
    body = {} if amount is None else {"amount": amount}
    path = f"/wallets/{city.who.customer_wallet}/payments/{changes.pop('of', city.who.hold)}/captures"
    return city.call(changes.pop("by", ACQUIRER), "POST", path, body, key=f"a-capture-of-a-till-{number}")


def voided(city: InMemoryCity, number: int = 1, **changes: Any) -> Answer:
    path = f"/wallets/{city.who.customer_wallet}/payments/{changes.pop('of', city.who.hold)}/void"
    return city.call(changes.pop("by", ACQUIRER), "POST", path, {}, key=f"a-void-of-a-till-{number}")


def shown(city: InMemoryCity, payment_id: str | None = None) -> dict[str, Any]:
    path = f"/wallets/{city.who.customer_wallet}/payments/{payment_id or city.who.hold}"
    found: dict[str, Any] = city.call(CUSTOMER, "GET", path).json
    return found


def amounts(seen: dict[str, Any]) -> tuple[int, int, int, int]:
    return seen["captured"], seen["cancelled"], seen["held"], seen["released"]


def as_decided(answer: Answer) -> str:
    """The answer to a payment, byte for byte, without its present status."""
    decided, found, _ = answer.body.partition(',"current":')
    assert found, answer.body
    return decided


def wallet(city: InMemoryCity) -> dict[str, Any]:
    found: dict[str, Any] = city.call(CUSTOMER, "GET", f"/wallets/{city.who.customer_wallet}").json
    return found


def test_held_money_leaves_the_purse_and_is_not_payable_yet(city: InMemoryCity) -> None:
    seen = shown(city)
    path = f"/merchants/{city.who.visited_merchant}/payments"
    listed = city.call(OWNER, "GET", path).json["payments"]
    (at_the_merchant,) = [each for each in listed if each["id"] == city.who.hold]

    assert (seen["status"], seen["paid_from"], amounts(seen)) == ("held", {"charged": HELD}, (0, 0, HELD, 0))
    assert seen["expires_at"] == "2021-01-12T12:00:00.000+09:00"
    assert seen["message"] == "30,000원은 가맹점이 매입할 때까지 보류되어 있습니다."
    assert (wallet(city)["purses"]["charged"], wallet(city)["held"]) == (300_000 - PAID - HELD, HELD)
    assert (at_the_merchant["status"], at_the_merchant["held"]) == ("held", HELD)
    assert wallet(city)["cashback_pending"] == 1, "of the payment, not of the hold"


def test_a_hold_is_captured_in_parts_and_then_closed(city: InMemoryCity) -> None:
    first, rest = captured(city, 20_000), captured(city, number=2)

    assert (first.json["capture"], first.json["amount"]) == (1, 20_000)
    assert (rest.json["capture"], rest.json["amount"]) == (2, HELD - 20_000)
    assert first.json["payment_id"] == rest.json["payment_id"] == city.who.hold
    assert amounts(shown(city)) == (HELD, 0, 0, 0)
    assert (wallet(city)["held"], wallet(city)["cashback_pending"]) == (0, 3)
    with unchanged(city):
        assert_problem(captured(city, 1, number=3), 409, "hold_closed")
        assert_problem(voided(city), 409, "hold_closed")


def test_the_answer_to_an_authorisation_is_the_same_after_a_capture(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.customer_card, amount=10_000, capture="later")
    held = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)
    assert captured(city, of=held.json["id"]).status == 200

    again = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)

    assert as_decided(again) == as_decided(held)
    assert (again.json["status"], again.headers["Idempotency-Replayed"]) == ("held", "true")
    assert held.json["current"] == {"captured": 0, "cancelled": 0, "held": 10_000, "released": 0, "status": "held"}
    assert again.json["current"] == {"captured": 10_000, "cancelled": 0, "held": 0, "released": 0, "status": "captured"}


def test_a_payment_is_captured_at_once_by_default(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.customer_card)
    first = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)

    assert city.call(ACQUIRER, "POST", "/payments", body | {"capture": "now"}, key=KEY).body == first.body
    held = city.call(ACQUIRER, "POST", "/payments", body | {"capture": "later"}, key=KEY)
    assert_problem(held, 422, "idempotency_key_reused")


@pytest.mark.parametrize("capture", ["soon", "", None, 1, True])
def test_money_is_captured_now_or_later(city: InMemoryCity, capture: Any) -> None:
    with unchanged(city):
        body = payment(city, card_token=city.who.customer_card, capture=capture)
        answer = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)

    assert_problem(answer, 400, "invalid_request", "literal_error", "capture")


def test_a_member_holds_nothing(city: InMemoryCity) -> None:
    with unchanged(city):
        path = f"/wallets/{city.who.customer_wallet}/payments"
        answer = city.call(CUSTOMER, "POST", path, payment(city, capture="later"), key=KEY)

    assert_problem(answer, 400, "invalid_request", "extra_forbidden", "capture")


def test_a_declined_hold_is_a_decline(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.customer_card, amount=10**9, capture="later")
    declined = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)

    assert_declined(declined, "51", "insufficient_funds")
    assert declined.json["expires_at"] is None
    with unchanged(city):
        assert_problem(captured(city, of=declined.json["id"]), 409, "payment_declined")
        assert_problem(voided(city, of=declined.json["id"]), 409, "payment_declined")


@pytest.mark.parametrize("amount", [HELD + 1, 10**12])
def test_no_more_is_captured_than_is_held(city: InMemoryCity, amount: int) -> None:
    with unchanged(city):
        assert_problem(captured(city, amount), 409, "capture_exceeds_hold")
    captured(city, 10_000)
    with unchanged(city):
        assert_problem(captured(city, HELD - 10_000 + 1, number=2), 409, "capture_exceeds_hold")


def test_a_payment_that_was_captured_at_once_is_no_hold(city: InMemoryCity) -> None:
    with unchanged(city):
        assert_problem(captured(city, 1, of=city.who.payment), 409, "not_a_hold")
        assert_problem(voided(city, of=city.who.payment), 409, "not_a_hold")


def test_an_expired_hold_is_not_captured_and_is_still_voided(city: InMemoryCity) -> None:
    city.now += HOLDS_LAST - timedelta(milliseconds=1)
    assert captured(city, 10_000).status == 200
    city.now += timedelta(milliseconds=1)
    with unchanged(city):
        assert_problem(captured(city, 10_000, number=2), 409, "hold_expired")

    assert voided(city).json["amount"] == HELD - 10_000


def test_a_void_gives_back_what_is_held_once(city: InMemoryCity) -> None:
    captured(city, 12_000)
    released = voided(city)

    assert (released.json["reason"], released.json["amount"]) == ("voided", HELD - 12_000)
    assert amounts(shown(city)) == (12_000, 0, 0, HELD - 12_000)
    assert shown(city)["message"] == "보류되었던 18,000원은 지갑으로 돌아왔습니다."
    assert (wallet(city)["held"], wallet(city)["purses"]["charged"]) == (0, 300_000 - PAID - 12_000)
    with unchanged(city):
        again = voided(city)
        assert (again.body, again.headers["Idempotency-Replayed"]) == (released.body, "true")
        assert_problem(voided(city, number=2), 409, "hold_closed")
        assert_problem(captured(city, 1, number=2), 409, "hold_closed")


@pytest.mark.parametrize("change", [captured, voided], ids=["capture", "void"])
def test_only_its_own_acquirer_sees_a_hold(city: InMemoryCity, change: Any) -> None:
    with unchanged(city):
        foreign = change(city, by=OTHER_ACQUIRER)
        missing = change(city, of=UNKNOWN_PAYMENT)

    assert_problem(foreign, 404, "not_found")
    assert foreign.body == missing.body


@pytest.mark.parametrize("wallet_id", [UNKNOWN_ID, "not-an-id", "\u0000", "W" * 5_000])
@pytest.mark.parametrize("action", ["captures", "void", "cancellations"])
def test_a_payment_of_another_wallet_is_not_found(city: InMemoryCity, wallet_id: str, action: str) -> None:
    for within in (wallet_id, city.who.wallet):
        with unchanged(city):
            answer = city.call(ACQUIRER, "POST", f"/wallets/{within}/payments/{city.who.hold}/{action}", {}, key=KEY)
        assert_problem(answer, 404, "not_found")


def test_a_key_of_one_capture_is_not_another_payment_s(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.customer_card, amount=10_000, capture="later")
    other = city.call(ACQUIRER, "POST", "/payments", body, key=KEY).json["id"]
    first = captured(city, 5_000)
    with unchanged(city):
        assert_problem(captured(city, 5_000, of=other), 422, "idempotency_key_reused")
        assert captured(city, 5_000).body == first.body
