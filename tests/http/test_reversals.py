"""Reversals (망취소): before and after the original, whether it arrived or not, and repeated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.callers import ACQUIRER, CUSTOMER, OTHER_ACQUIRER, OTHER_MEMBER
from tests.http.checks import assert_declined, assert_problem, unchanged
from tests.http.city import Answer, InMemoryCity
from tests.http.requests import KEY, UNKNOWN_ID, payment
from tests.http.test_holds import amounts, as_decided, captured, shown, wallet

AMOUNT = 20_000


def body(city: InMemoryCity, **changes: Any) -> dict[str, Any]:
    return payment(city, card_token=city.who.customer_card, amount=AMOUNT) | changes


def paid(city: InMemoryCity, **changes: Any) -> Answer:
    return city.call(ACQUIRER, "POST", "/payments", body(city, **changes), key=KEY)


def reversed_(city: InMemoryCity, by: Any = ACQUIRER, **changes: Any) -> Answer:
    return city.call(by, "POST", "/payments/reversals", body(city, **changes), key=KEY)


def told(answer: Answer) -> tuple[str, int, int]:
    assert answer.status == 200, answer
    return answer.json["outcome"], answer.json["cancelled"], answer.json["released"]


def test_an_approved_payment_is_reversed_whole_and_once(city: InMemoryCity) -> None:
    original = paid(city)
    before = wallet(city)["refund_pending"]
    first = reversed_(city)
    with unchanged(city):
        again = reversed_(city)

    assert told(first) == ("reversed", AMOUNT, 0)
    assert as_decided(original) in first.body
    assert first.json["payment"]["current"]["status"] == "reversed"
    assert again.body == first.body
    assert wallet(city)["refund_pending"] == before + AMOUNT
    assert amounts(shown(city, original.json["id"])) == (AMOUNT, AMOUNT, 0, 0)
    # The answer to the original stays the same.
    assert as_decided(paid(city)) == as_decided(original)
    assert shown(city, original.json["id"])["status"] == "reversed"


def test_a_payment_that_arrives_after_its_reversal_is_declined(city: InMemoryCity) -> None:
    before = wallet(city)
    first = reversed_(city)
    with unchanged(city):
        again = reversed_(city)
        late = paid(city)

    assert told(first) == ("never_arrived", 0, 0)
    assert "for the wallet of this card_token" in first.json["unknown"]
    assert again.body == first.body
    assert_declined(late, "21", "reversed")
    assert late.json["decline"]["message"] == "취소된 거래입니다."
    assert wallet(city) == before
    (listed,) = [
        each
        for each in city.call(CUSTOMER, "GET", f"/wallets/{city.who.customer_wallet}/payments").json["payments"]
        if each["id"] == late.json["id"]
    ]
    assert (listed["status"], amounts(listed)) == ("declined", (0, 0, 0, 0))


def test_a_reversal_with_another_card_finds_no_original_and_says_so(city: InMemoryCity) -> None:
    """Keys belong to a caller and a wallet (decision 0003): the payment with the first card stays."""
    original = paid(city)
    other = city.call(OTHER_MEMBER, "POST", "/wallets", {}).json
    answer = reversed_(city, card_token=other["cards"][0]["token"])

    assert told(answer) == ("never_arrived", 0, 0)
    assert "send the reversal with the card_token that the original was sent with" in answer.json["unknown"]
    assert shown(city, original.json["id"])["status"] == "approved"
    assert told(reversed_(city)) == ("reversed", AMOUNT, 0)
    assert reversed_(city).json["unknown"] is None


def test_a_declined_payment_has_nothing_to_reverse(city: InMemoryCity) -> None:
    declined = paid(city, amount=10**9)
    with unchanged(city):
        answer = reversed_(city, amount=10**9)

    assert told(answer) == ("declined", 0, 0)
    assert answer.json["payment"] == declined.json


def test_an_unknown_card_has_nothing_to_reverse(city: InMemoryCity) -> None:
    for token in (f"{UNKNOWN_ID}.0011223344556677", f"{city.who.customer_wallet}.00", "anything"):
        with unchanged(city):
            answer = reversed_(city, card_token=token)
        assert told(answer) == ("declined", 0, 0)
        assert answer.json["payment"]["decline"]["code"] == "14"
        assert "No wallet has this card_token" in answer.json["unknown"]


def test_a_hold_is_released_and_what_was_captured_of_it_cancelled(city: InMemoryCity) -> None:
    hold = paid(city, capture="later").json["id"]
    captured(city, 8_000, of=hold)

    first = reversed_(city, capture="later")
    with unchanged(city):
        again = reversed_(city, capture="later")

    assert told(first) == ("reversed", 8_000, AMOUNT - 8_000)
    assert again.body == first.body
    assert amounts(shown(city, hold)) == (8_000, 8_000, 0, AMOUNT - 8_000)


def test_what_was_cancelled_before_is_not_reversed_again(city: InMemoryCity) -> None:
    made = paid(city).json["id"]
    path = f"/wallets/{city.who.customer_wallet}/payments/{made}/cancellations"
    city.call(ACQUIRER, "POST", path, {"amount": 5_000}, key=KEY)

    assert told(reversed_(city)) == ("reversed", AMOUNT - 5_000, 0)
    assert amounts(shown(city, made)) == (AMOUNT, AMOUNT, 0, 0)


@pytest.mark.parametrize("change", [{"amount": AMOUNT + 1}, {"channel": "qr"}, {"capture": "later"}])
@pytest.mark.parametrize("arrived", [True, False], ids=["after the original", "before it"])
def test_a_reversal_has_the_body_of_its_original(city: InMemoryCity, change: dict[str, Any], arrived: bool) -> None:
    if arrived:
        paid(city)
    else:
        reversed_(city)
    with unchanged(city):
        assert_problem(reversed_(city, **change), 422, "idempotency_key_reused")


def test_the_caller_s_own_time_may_differ(city: InMemoryCity) -> None:
    paid(city, requested_at="2021-01-05T12:00:00+09:00")

    assert told(reversed_(city, requested_at="2021-01-05T12:00:40+09:00")) == ("reversed", AMOUNT, 0)


def test_another_acquirer_s_key_is_another_payment_s(city: InMemoryCity) -> None:
    original = paid(city).json["id"]

    assert told(reversed_(city, by=OTHER_ACQUIRER)) == ("never_arrived", 0, 0)
    assert amounts(shown(city, original)) == (AMOUNT, 0, 0, 0)
