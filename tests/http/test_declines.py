"""Declines and refusals by the rules: each has its code, and none moves money."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.payments.rules import CODES, Decline
from eeum.storage import Table
from eeum.wallet.rules import TOP_UP_CODES, TopUpDecline
from local.inhabitants import business_registration_number
from tests.http.callers import ACQUIRER, BANK, OPERATOR, OTHER_MEMBER, OWNER, PAYER
from tests.http.checks import assert_declined, assert_problem, unchanged
from tests.http.city import Answer, InMemoryCity, application
from tests.http.requests import KEY, UNKNOWN_ID, future_policy, payment, schedule

REVENUE_IS_LIMITED = datetime(2031, 3, 4, 12, 0, tzinfo=SEOUL)


@pytest.fixture
def limiting(city: InMemoryCity) -> InMemoryCity:
    """The city, with a policy from 2031 on that excludes merchants with more than three billion won a year."""
    merchants = future_policy()["merchants"] | {"excluded_above_revenue": 3 * 10**9}
    schedule(city, future_policy(merchants=merchants))
    return city


def pay(city: InMemoryCity, **changes: Any) -> Answer:
    body = payment(city, card_token=city.who.card) | changes
    return city.call(ACQUIRER, "POST", "/payments", body, key=KEY)


def balances(city: InMemoryCity) -> dict[str, Any]:
    return {item["pk"]: item["purses"] for item in city.storage.items(Table.LEDGER) if item["kind"] == "wallet"}


def kinds(city: InMemoryCity) -> Counter[str]:
    return Counter(item["kind"] for item in city.storage.items(Table.LEDGER))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(f"{UNKNOWN_ID}.0011223344556677", id="unknown member"),
        pytest.param("{wallet}.0011223344556677", id="unknown card"),
        pytest.param("{wallet}", id="no card"),
        pytest.param("{wallet}.", id="an empty card"),
        pytest.param(".", id="nothing"),
        pytest.param("not a token", id="malformed"),
        pytest.param("{wallet}.purses", id="a name within the item"),
        pytest.param("\u0000", id="a control character"),
    ],
)
def test_unknown_member_and_unknown_card_are_one_decline(city: InMemoryCity, token: str) -> None:
    known = f"{UNKNOWN_ID}.8877665544332211"
    with unchanged(city):
        answer = pay(city, card_token=token.format(wallet=city.who.wallet))
        unknown = pay(city, card_token=known)

    assert_declined(answer, "14", "unknown_card")
    assert answer.body == unknown.body


def test_a_card_of_another_wallet_is_unknown_to_a_member(city: InMemoryCity) -> None:
    path = f"/wallets/{city.who.wallet}/payments"
    with unchanged(city):
        answer = city.call(PAYER, "POST", path, payment(city, card_token=city.who.suspended_card), key=KEY)

    assert_declined(answer, "14", "unknown_card")


def test_a_quote_for_a_card_of_another_wallet_says_so(city: InMemoryCity) -> None:
    path = f"/wallets/{city.who.wallet}/cashback_quotes"
    with unchanged(city):
        answer = city.call(PAYER, "POST", path, payment(city, card_token=city.who.suspended_card))

    assert answer.status == 200
    assert (answer.json["decline"]["code"], answer.json["cashback"]) == ("14", 0)


def _declined(city: InMemoryCity, code: str, reason: str, **changes: Any) -> None:
    before, entries = balances(city), kinds(city)
    answer = pay(city, **changes)

    assert_declined(answer, code, reason)
    assert balances(city) == before
    assert kinds(city) - entries == {"payment": 1}, "a decline is stored, and nothing else"
    with unchanged(city):
        assert pay(city, **changes).body == answer.body


def test_an_unknown_merchant(city: InMemoryCity) -> None:
    _declined(city, "03", "unknown_merchant", merchant_id=UNKNOWN_ID)


def test_an_id_of_hyphens_is_an_unknown_merchant(city: InMemoryCity) -> None:
    _declined(city, "03", "unknown_merchant", merchant_id="-" * 36)


def test_a_merchant_that_does_not_accept_payments_yet(city: InMemoryCity) -> None:
    _declined(city, "58", "merchant_not_payable_yet", merchant_id=city.who.new_merchant)


@pytest.mark.parametrize("state", ["waiting_merchant", "rejected_merchant"])
def test_a_payment_does_not_reveal_applications(city: InMemoryCity, state: str) -> None:
    _declined(city, "03", "unknown_merchant", merchant_id=getattr(city.who, state))


def test_a_merchant_that_the_policy_of_the_day_excludes(limiting: InMemoryCity) -> None:
    city = limiting
    assert pay(city, merchant_id=city.who.large_merchant).json["status"] == "approved"
    city.now = REVENUE_IS_LIMITED
    before = balances(city)

    body = payment(city, card_token=city.who.card, merchant_id=city.who.large_merchant)
    answer = city.call(ACQUIRER, "POST", "/payments", body, key=f"{KEY}-later")

    assert_declined(answer, "57", "merchant_excluded")
    assert balances(city) == before


def test_a_suspended_wallet(city: InMemoryCity) -> None:
    _declined(city, "62", "wallet_suspended", card_token=city.who.suspended_card)


def test_more_than_the_wallet_holds(city: InMemoryCity) -> None:
    _declined(city, "51", "insufficient_funds", amount=300_001)


def test_a_member_s_own_payment_is_declined_as_an_acquirer_s(city: InMemoryCity) -> None:
    path = f"/wallets/{city.who.suspended_wallet}/payments"
    answer = city.call(OTHER_MEMBER, "POST", path, payment(city), key=KEY)

    assert_declined(answer, "62", "wallet_suspended")


def test_every_decline_of_a_payment_has_its_own_code() -> None:
    assert set(CODES) == set(Decline)
    assert len(set(CODES.values())) == len(Decline)
    assert set(TOP_UP_CODES) == set(TopUpDecline)
    # Code 61 is for every amount above any limit.
    alike = [decline for decline, code in TOP_UP_CODES.items() if code == "61"]
    assert alike == [TopUpDecline.HOLDING_LIMIT, TopUpDecline.TOP_UP_LIMIT]
    assert len(set(TOP_UP_CODES.values())) == len(TopUpDecline) - 1


@pytest.mark.parametrize(
    ("amount", "wallet", "code", "reason"),
    [
        (9_999, "wallet", "13", "below_minimum_top_up"),
        (200_001, "wallet", "61", "holding_limit_exceeded"),
        (50_000, "suspended_wallet", "62", "wallet_suspended"),
    ],
)
def test_a_declined_top_up_moves_no_money(city: InMemoryCity, amount: int, wallet: str, code: str, reason: str) -> None:
    before, entries = balances(city), kinds(city)
    path = f"/wallets/{getattr(city.who, wallet)}/top_ups"
    answer = city.call(BANK, "POST", path, {"amount": amount, "bank_reference": "KB-1"}, key=KEY)

    assert_declined(answer, code, reason)
    assert balances(city) == before
    assert kinds(city) - entries == {"top_up": 1}


@pytest.mark.parametrize("wallet", [UNKNOWN_ID, "not-an-id", "W" * 5_000, "%F0%9F%92%B8", "\u0000", UNKNOWN_ID.upper()])
def test_an_unknown_wallet(city: InMemoryCity, wallet: str) -> None:
    credit = {"amount": 50_000, "bank_reference": "KB-1"}
    standing = {"verified": True, "reason": "papers seen"}
    with unchanged(city):
        for caller, method, path, body in (
            (BANK, "POST", f"/wallets/{wallet}/top_ups", credit),
            (OPERATOR, "PATCH", f"/wallets/{wallet}", standing),
            (PAYER, "GET", f"/wallets/{wallet}", None),
            (PAYER, "GET", f"/wallets/{wallet}/cashback", None),
            (PAYER, "GET", f"/wallets/{wallet}/payments", None),
            (PAYER, "POST", f"/wallets/{wallet}/payments", payment(city)),
            (PAYER, "POST", f"/wallets/{wallet}/cashback_quotes", payment(city)),
        ):
            assert_problem(city.call(caller, method, path, body, key=KEY), 404, "not_found")


@pytest.mark.parametrize("merchant", [UNKNOWN_ID, "not-an-id", "M" * 5_000, "\u0000"])
def test_an_unknown_merchant_is_not_found(city: InMemoryCity, merchant: str) -> None:
    with unchanged(city):
        for caller, method, path, body in (
            (PAYER, "GET", f"/merchants/{merchant}", None),
            (OWNER, "GET", f"/merchants/{merchant}/payments", None),
            (OPERATOR, "GET", f"/merchant_applications/{merchant}", None),
            (OPERATOR, "POST", f"/merchant_applications/{merchant}/approval", {}),
            (OPERATOR, "POST", f"/merchant_applications/{merchant}/rejection", {"reason": "none"}),
        ):
            assert_problem(city.call(caller, method, path, body), 404, "not_found")


@pytest.mark.parametrize("decision", ["approval", "rejection"])
@pytest.mark.parametrize("state", ["merchant", "rejected_merchant"])
def test_an_application_is_decided_once(city: InMemoryCity, state: str, decision: str) -> None:
    path = f"/merchant_applications/{getattr(city.who, state)}/{decision}"
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", path, {"reason": "again"})

    assert_problem(answer, 409, "already_decided")


@pytest.mark.parametrize(
    ("changes", "at"),
    [({"category": "department_store"}, None), ({"annual_revenue": 3 * 10**9 + 1}, REVENUE_IS_LIMITED)],
    ids=["category", "revenue"],
)
def test_an_excluded_shop_cannot_apply(limiting: InMemoryCity, changes: dict[str, Any], at: datetime | None) -> None:
    city = limiting
    city.now = at or city.now
    with unchanged(city):
        answer = city.call(OWNER, "POST", "/merchants", application(business_registration_number(9)) | changes)

    assert_problem(answer, 422, "merchant_excluded")


def test_before_the_first_policy_the_programme_does_not_run(city: InMemoryCity) -> None:
    who = city.who
    city.now = datetime(2018, 1, 1, tzinfo=SEOUL)
    credit = {"amount": 50_000, "bank_reference": "KB-1"}
    with unchanged(city):
        for caller, path, body in (
            (ACQUIRER, "/payments", payment(city, card_token=who.card)),
            (PAYER, f"/wallets/{who.wallet}/payments", payment(city)),
            (PAYER, f"/wallets/{who.wallet}/cashback_quotes", payment(city)),
            (BANK, f"/wallets/{who.wallet}/top_ups", credit),
            (OWNER, "/merchants", application(business_registration_number(9))),
            (OPERATOR, f"/merchant_applications/{who.waiting_merchant}/approval", {}),
        ):
            answer = city.call(caller, "POST", path, body, key=KEY)
            assert_problem(answer, 409, "programme_not_running")
