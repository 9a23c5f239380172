"""Cancellations by the acquirer that brought a payment and by the merchant that was paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eeum.payments.progress import MOST_CANCELLATIONS
from tests.http.callers import ACQUIRER, CUSTOMER, OTHER_ACQUIRER, OTHER_OWNER, OWNER
from tests.http.checks import assert_declined, assert_problem, unchanged
from tests.http.city import HELD, PAID, Answer, InMemoryCity
from tests.http.requests import KEY, UNKNOWN_ID, UNKNOWN_PAYMENT, payment
from tests.http.test_holds import amounts, captured, shown, voided, wallet


def cancelled(city: InMemoryCity, amount: int | None = None, number: int = 1, **changes: Any) -> Answer:
    path = f"/wallets/{city.who.customer_wallet}/payments/{changes.pop('of', city.who.payment)}/cancellations"
    body = ({} if amount is None else {"amount": amount}) | changes.pop("body", {})
    return city.call(changes.pop("by", ACQUIRER), "POST", path, body, key=f"a-cancellation-{number:04}")


def cancelled_by_merchant(city: InMemoryCity, amount: int | None = None, number: int = 1, **changes: Any) -> Answer:
    merchant, paid = changes.pop("at", city.who.visited_merchant), changes.pop("of", city.who.payment)
    body = {} if amount is None else {"amount": amount}
    path = f"/merchants/{merchant}/payments/{paid}/cancellations"
    return city.call(changes.pop("by", OWNER), "POST", path, body, key=f"a-cancellation-{number:04}")


BY = pytest.mark.parametrize("cancel", [cancelled, cancelled_by_merchant], ids=["by the acquirer", "by the merchant"])


@BY
def test_a_payment_is_cancelled_in_part_and_then_whole(city: InMemoryCity, cancel: Any) -> None:
    part = cancel(city, 15_000)
    halfway = shown(city, city.who.payment)
    city.now += timedelta(milliseconds=1)
    rest = cancel(city, number=2)
    afterwards = shown(city, city.who.payment)

    assert (part.json["amount"], part.json["of"]) == (15_000, [{"capture": 0, "amount": 15_000}])
    assert (rest.json["amount"], rest.json["payment_id"]) == (PAID - 15_000, city.who.payment)
    assert (amounts(halfway), amounts(afterwards)) == ((PAID, 15_000, 0, 0), (PAID, PAID, 0, 0))
    assert halfway["message"].startswith("결제 40,000원 중 15,000원이 취소되었습니다.")
    assert afterwards["message"].startswith("결제 40,000원이 모두 취소되었습니다.")
    assert (wallet(city)["refund_pending"], wallet(city)["cashback_pending"]) == (PAID, 3)
    assert (halfway["cancellations"], afterwards["cancellations"]) == ([part.json], [part.json, rest.json])
    with unchanged(city):
        assert_problem(cancel(city, number=3), 409, "cancellation_exceeds_payment")
        assert cancel(city, 15_000).body == part.body


@BY
def test_the_twentieth_cancellation_of_a_payment_must_cancel_the_rest(city: InMemoryCity, cancel: Any) -> None:
    for number in range(1, MOST_CANCELLATIONS):
        assert cancel(city, 1, number=number).status == 200
    with unchanged(city):
        refused = cancel(city, 1, number=MOST_CANCELLATIONS)
        assert_problem(refused, 409, "too_many_cancellations")
        assert f"all {PAID - MOST_CANCELLATIONS + 1} won" in refused.json["detail"]
        assert_problem(cancel(city, PAID, number=MOST_CANCELLATIONS), 409, "cancellation_exceeds_payment")
        assert cancel(city, 1, number=1).status == 200
    assert cancel(city, number=MOST_CANCELLATIONS).json["amount"] == PAID - MOST_CANCELLATIONS + 1
    city.post_cashback()
    assert wallet(city)["refund_pending"] == 0


@BY
def test_no_more_is_cancelled_than_is_left(city: InMemoryCity, cancel: Any) -> None:
    with unchanged(city):
        assert_problem(cancel(city, PAID + 1), 409, "cancellation_exceeds_payment")
    assert cancel(city, PAID - 1).status == 200
    with unchanged(city):
        assert_problem(cancel(city, 2, number=2), 409, "cancellation_exceeds_payment")


def test_acquirer_and_merchant_together_cancel_no_more_than_was_paid(city: InMemoryCity) -> None:
    assert cancelled(city, 25_000).status == 200
    with unchanged(city):
        assert_problem(cancelled_by_merchant(city, 25_000), 409, "cancellation_exceeds_payment")

    assert cancelled_by_merchant(city, PAID - 25_000, number=2).status == 200


def test_the_same_key_of_acquirer_and_merchant_is_two_requests(city: InMemoryCity) -> None:
    by_acquirer, by_merchant = cancelled(city, 10_000), cancelled_by_merchant(city, 10_000)

    assert by_acquirer.json["id"] != by_merchant.json["id"]
    assert amounts(shown(city, city.who.payment))[1] == 20_000


@BY
def test_a_retry_with_another_body_is_refused(city: InMemoryCity, cancel: Any) -> None:
    first = cancel(city, 10_000)
    with unchanged(city):
        refused = cancel(city, 10_001)
        whole = cancel(city)

    assert_problem(refused, 422, "idempotency_key_reused")
    assert_problem(whole, 422, "idempotency_key_reused")
    assert first.json["id"] not in refused.body


def test_a_retry_long_after_finds_its_answer_though_nothing_is_left(city: InMemoryCity) -> None:
    first = cancelled(city)
    city.now += timedelta(days=60)
    with unchanged(city):
        again = cancelled(city)

    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "x" * 201, 12, ["sold out"]])
def test_a_reason_is_a_line_of_text(city: InMemoryCity, reason: Any) -> None:
    with unchanged(city):
        answer = cancelled(city, body={"reason": reason})

    assert answer.status == 400
    assert_problem(answer, 400, "invalid_request", path="reason")


def test_a_reason_is_kept_and_may_be_left_out(city: InMemoryCity) -> None:
    said, silent = cancelled(city, 1_000, body={"reason": "품절"}), cancelled(city, 1_000, number=2)

    assert (said.json["reason"], silent.json["reason"]) == ("품절", None)
    # Cancellations of one millisecond have no order.
    seen = {each["id"]: each["reason"] for each in shown(city, city.who.payment)["cancellations"]}
    assert seen == {said.json["id"]: "품절", silent.json["id"]: None}


def test_a_declined_payment_is_not_cancelled(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.customer_card, merchant_id=city.who.visited_merchant, amount=PAID + 10**6)
    declined = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)
    assert_declined(declined, "51", "insufficient_funds")
    with unchanged(city):
        assert_problem(cancelled(city, of=declined.json["id"]), 409, "payment_declined")
        assert_problem(cancelled_by_merchant(city, of=declined.json["id"]), 409, "payment_declined")


@BY
def test_a_hold_is_cancelled_as_far_as_it_was_captured(city: InMemoryCity, cancel: Any) -> None:
    hold = city.who.hold
    with unchanged(city):
        assert_problem(cancel(city, of=hold), 409, "nothing_captured")
    captured(city, 10_000)
    captured(city, 15_000, number=2)
    with unchanged(city):
        assert_problem(cancel(city, 25_001, of=hold), 409, "cancellation_exceeds_payment")

    taken = cancel(city, 18_000, of=hold)

    assert taken.json["of"] == [{"capture": 2, "amount": 15_000}, {"capture": 1, "amount": 3_000}], "the last first"
    assert amounts(shown(city)) == (25_000, 18_000, HELD - 25_000, 0)


@BY
def test_a_voided_hold_has_nothing_to_cancel(city: InMemoryCity, cancel: Any) -> None:
    voided(city)
    with unchanged(city):
        assert_problem(cancel(city, of=city.who.hold), 409, "payment_voided")


def test_a_payment_is_cancelled_by_its_own_acquirer_and_merchant_only(city: InMemoryCity) -> None:
    with unchanged(city):
        missing = cancelled(city, of=UNKNOWN_PAYMENT)
        by_another = cancelled(city, by=OTHER_ACQUIRER)
        no_merchant = cancelled_by_merchant(city, by=OTHER_OWNER, at=UNKNOWN_ID)
        another_owner = cancelled_by_merchant(city, by=OTHER_OWNER)
        elsewhere = cancelled_by_merchant(city, at=city.who.merchant)
        no_payment = cancelled_by_merchant(city, of=UNKNOWN_PAYMENT)

    for foreign, unknown in ((by_another, missing), (another_owner, no_merchant), (elsewhere, no_payment)):
        assert_problem(foreign, 404, "not_found")
        assert foreign.body == unknown.body


def test_an_acquirer_does_not_cancel_what_a_member_paid_from_the_app(city: InMemoryCity) -> None:
    order = payment(city, merchant_id=city.who.visited_merchant)
    path = f"/wallets/{city.who.customer_wallet}/payments"
    own = city.call(CUSTOMER, "POST", path, order, key=KEY).json["id"]
    with unchanged(city):
        assert_problem(cancelled(city, of=own), 404, "not_found")

    assert cancelled_by_merchant(city, of=own).json["amount"] == order["amount"]


@pytest.mark.parametrize("paid", ["1", "p" * 5_000, "\u0000", UNKNOWN_ID])
@BY
def test_an_invalid_payment_id_is_not_found(city: InMemoryCity, cancel: Any, paid: str) -> None:
    with unchanged(city):
        assert_problem(cancel(city, of=paid), 404, "not_found")


def test_a_merchant_learns_nothing_of_the_wallet(city: InMemoryCity) -> None:
    taken = cancelled_by_merchant(city, 10_000)
    listed = city.call(OWNER, "GET", f"/merchants/{city.who.visited_merchant}/payments")

    for answer in (taken, listed):
        assert city.who.customer_wallet not in answer.body
        assert "charged" not in answer.body
    assert {each["id"]: amounts(each) for each in listed.json["payments"]} == {
        city.who.payment: (PAID, 10_000, 0, 0),
        city.who.hold: (0, 0, HELD, 0),
    }


def test_a_merchant_does_not_find_payments_attempted_before_its_approval(city: InMemoryCity) -> None:
    """A cancellation does not reveal that a payment was attempted, either."""
    body = payment(city, card_token=city.who.customer_card, merchant_id=city.who.waiting_merchant)
    declined = city.call(ACQUIRER, "POST", "/payments", body, key=KEY)
    assert_declined(declined, "03", "unknown_merchant")

    with unchanged(city):
        answer = cancelled_by_merchant(city, at=city.who.waiting_merchant, of=declined.json["id"])
    assert_problem(answer, 404, "not_found")
