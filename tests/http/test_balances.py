"""Balances over HTTP: a merchant's own, the programme's for operators, and a wallet's at a past instant for its member."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eeum.balances.fold_store import FoldStore
from eeum.balances.folding import fold
from eeum.balances.rules import Change
from eeum.balances.store import BalanceStore
from eeum.balances.use_cases import Projecting, project
from eeum.calendar import text_of
from tests.balances.journal import changes_of, entries_of
from tests.http.callers import ACQUIRER, OPERATOR, OTHER_MEMBER, OTHER_OWNER, OWNER, PAYER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import NOON, InMemoryCity
from tests.http.requests import UNKNOWN_ID, payment
from tests.patience import patience_of


def projected(city: InMemoryCity) -> None:
    """Project and fold everything in the journal so far."""
    refused: list[Change] = []
    projecting = Projecting(BalanceStore(city.storage, patience_of()), patience_of(), city.now, refused.append)
    project(projecting, "shard", changes_of(entries_of(city.storage)))
    assert not refused
    fold(FoldStore(city.storage, patience_of()), patience_of(), city.now)


def paid(city: InMemoryCity, amount: int, key: str) -> Any:
    answer = city.call(
        ACQUIRER, "POST", "/payments", payment(city, card_token=city.who.card, amount=amount), key=f"a-payment-of-{key}"
    )
    assert answer.json["status"] == "approved"
    return answer.json


def test_a_merchant_reads_its_payable_balance(city: InMemoryCity) -> None:
    address = f"/merchants/{city.who.merchant}/balance"
    before = city.call(OWNER, "GET", address)
    paid(city, 12_000, "the-first")
    paid(city, 8_500, "the-second")
    projected(city)

    after = city.call(OWNER, "GET", address)

    assert (before.status, after.status) == (200, 200)
    shop = {"merchant_id": city.who.merchant, "merchant_name": "송도 국수"}
    assert before.json == shop | {"as_of": None, "payable": 0, "reward_funded": 0}
    assert after.json == shop | {
        "as_of": text_of(city.now),
        "payable": 20_500,
        "reward_funded": 0,
    }


def test_balances_state_their_instant(city: InMemoryCity) -> None:
    address = f"/merchants/{city.who.merchant}/balance"
    paid(city, 12_000, "the-first")
    projected(city)
    then = text_of(city.now)
    city.now += timedelta(minutes=30)
    paid(city, 8_500, "the-second")

    told = city.call(OWNER, "GET", address).json
    assert (told["payable"], told["as_of"]) == (12_000, then)
    assert city.call(OPERATOR, "GET", "/balances").json["as_of"] == then
    projected(city)
    told = city.call(OWNER, "GET", address).json
    assert (told["payable"], told["as_of"]) == (20_500, text_of(city.now))


@pytest.mark.parametrize("of", ["merchant", "waiting_merchant", "rejected_merchant"])
def test_only_its_owner_reads_a_merchant_s_balance(city: InMemoryCity, of: str) -> None:
    address = f"/merchants/{getattr(city.who, of)}/balance"

    assert city.call(OWNER, "GET", address).status == 200
    assert_problem(city.call(OTHER_OWNER, "GET", address), 404, "not_found")


@pytest.mark.parametrize("merchant_id", [UNKNOWN_ID, "unknown", "\u0000", "x" * 2_000])
def test_the_balance_of_an_unknown_merchant_is_not_found(city: InMemoryCity, merchant_id: str) -> None:
    assert_problem(city.call(OWNER, "GET", f"/merchants/{merchant_id}/balance"), 404, "not_found")


def test_operators_read_funders_banks_and_issuance(city: InMemoryCity) -> None:
    nothing = city.call(OPERATOR, "GET", "/balances").json
    projected(city)

    told = city.call(OPERATOR, "GET", "/balances").json

    assert nothing == {"as_of": None, "funders": [], "banks": [], "issued": 0, "expired": []}
    assert told == {
        "as_of": text_of(city.now),
        "funders": [],
        "banks": [{"bank": "bank-one", "credited": 900_000}],
        "issued": 900_000,
        "expired": [],
    }


def test_only_operators_read_the_programme_s_balances(city: InMemoryCity) -> None:
    for caller in (PAYER, OWNER, ACQUIRER):
        assert_problem(city.call(caller, "GET", "/balances"), 403, "forbidden")


def test_a_member_reads_the_wallet_s_balances_at_any_past_instant(city: InMemoryCity) -> None:
    address = f"/wallets/{city.who.wallet}/balances"
    city.now = NOON + timedelta(hours=1)
    paid(city, 12_000, "an-hour-later")
    city.now = NOON + timedelta(hours=2)

    def at(**after: Any) -> Any:
        with unchanged(city):
            return city.call(PAYER, "GET", address, query={"at": text_of(NOON + timedelta(**after))}).json

    assert at(seconds=-1)["purses"] == {"charged": 0, "cashback": 0}
    assert at(minutes=59)["purses"] == {"charged": 300_000, "cashback": 0}
    assert at(hours=1) == {
        "at": "2021-01-05T13:00:00.000+09:00",
        "purses": {"charged": 288_000, "cashback": 0},
        "held": 0,
        "refund_pending": 0,
    }
    assert city.call(PAYER, "GET", address).json == at(hours=2)


def test_an_instant_may_be_written_with_any_offset(city: InMemoryCity) -> None:
    address = f"/wallets/{city.who.wallet}/balances"

    answer = city.call(PAYER, "GET", address, query={"at": "2021-01-05T03:00:00Z"})

    assert answer.json["at"] == "2021-01-05T12:00:00.000+09:00"


def test_only_its_member_reads_a_wallet_s_balances(city: InMemoryCity) -> None:
    for wallet in (city.who.wallet, UNKNOWN_ID, "unknown"):
        answer = city.call(OTHER_MEMBER, "GET", f"/wallets/{wallet}/balances")
        assert_problem(answer, 404, "not_found")


def test_a_future_instant_is_refused(city: InMemoryCity) -> None:
    later = text_of(city.now + timedelta(milliseconds=1))

    answer = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/balances", query={"at": later})

    assert_problem(answer, 400, "invalid_request", "not_past", "at")


@pytest.mark.parametrize("at", ["", "now", "2021-01-05", "2021-01-05T12:00:00", "2021-01-05T25:00:00+09:00", "\u0000"])
def test_an_instant_without_an_offset_is_refused(city: InMemoryCity, at: str) -> None:
    answer = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/balances", query={"at": at})

    assert_problem(answer, 400, "invalid_request", "invalid_value", "at")
