"""Conflicts, failures and lost answers between the functions and DynamoDB: always one effect and one answer.

No emulator raises them by itself; `faults` puts them before the effect (the engine never saw the request) or after it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.faults import WITHOUT_END, Faults, internal_error, lost_answer, transaction_conflict
from tests.e2e.members import Member, as_authorised
from tests.e2e.waiting import earned, wait_for_cashback

SHOP = "운서 빵집"
FAULTS = [
    pytest.param("before", transaction_conflict, id="a conflict before the effect"),
    pytest.param("after", transaction_conflict, id="a conflict told after the effect"),
    pytest.param("before", internal_error, id="a failure before the effect"),
    pytest.param("after", internal_error, id="a failure told after the effect"),
    pytest.param("before", lost_answer, id="a request that is lost"),
    pytest.param("after", lost_answer, id="an answer that is lost"),
]
Ask = Callable[[Member, int, str], httpx.Response]


@pytest.fixture(scope="module")
def ask(api: Api, tokens: Tokens, shops: dict[str, str]) -> Ask:
    """Pay by card; return the raw answer."""
    till = api.as_caller(tokens.acquirer)

    def payment(member: Member, amount: int, key: str) -> httpx.Response:
        body = {"card_token": member.card, "merchant_id": shops[SHOP], "amount": amount, "channel": "shop"}
        return till.request("POST", "/payments", body, key=key)

    return payment


def stored(city: City, member: Member) -> list[Any]:
    month = f"{city.clock.now():%Y-%m}"
    payments: list[Any] = member.api.get(f"/wallets/{member.wallet}/payments", month=month)["payments"]
    return [as_authorised(each) for each in payments]


@pytest.mark.parametrize(("when", "answer"), FAULTS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_payment_whose_transaction_is_disturbed_has_one_effect_and_one_answer(
    city: City, new_member: Callable[..., Member], faults: Faults, ask: Ask, when: Any, answer: Any, times: int
) -> None:
    member, key = new_member(charged=100_000), f"disturbed {uuid4()}"

    with faults.injected(when, answer, containing=member.wallet, times=times) as fault:
        response = ask(member, 20_000, key)
    again = ask(member, 20_000, key)
    wait_for_cashback(member)

    assert fault.hits >= 1
    assert (response.status_code, again.status_code) == (200, 200)
    assert response.json() == again.json()
    assert response.json()["status"] == "approved"
    assert stored(city, member) == [response.json()]
    assert member.balances() == {"charged": 80_000, "cashback": 2_000}


@pytest.mark.parametrize(("when", "answer"), FAULTS[:2])
def test_a_decline_whose_transaction_is_disturbed_is_one_decline(
    city: City, new_member: Callable[..., Member], faults: Faults, ask: Ask, when: Any, answer: Any
) -> None:
    member, key = new_member(charged=30_000), f"disturbed {uuid4()}"

    with faults.injected(when, answer, containing=member.wallet, times=2) as fault:
        response = ask(member, 50_000, key)

    assert fault.hits >= 1
    assert (response.status_code, response.json()["status"]) == (200, "declined")
    assert ask(member, 50_000, key).json() == response.json()
    assert stored(city, member) == [response.json()]


def test_a_till_that_must_retry_after_a_timeout_gets_the_one_answer(
    city: City, new_member: Callable[..., Member], faults: Faults, ask: Ask
) -> None:
    never_seen, never_heard = new_member(charged=100_000), new_member(charged=100_000)
    key = f"time runs out {uuid4()}"

    with (
        faults.injected("before", containing=never_seen.wallet, times=WITHOUT_END) as conflict,
        faults.injected("after", internal_error, containing=never_heard.wallet, times=WITHOUT_END) as failure,
        ThreadPoolExecutor(2) as pool,
    ):
        first = list(pool.map(lambda member: ask(member, 20_000, key), (never_seen, never_heard)))

    assert min(conflict.hits, failure.hits) > 1
    for response in first:
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert int(response.headers["retry-after"]) >= 1
        assert response.json()["code"] == "busy"
    # One attempt had no effect; the other had it, but its answer was lost.
    assert [each["status"] for each in stored(city, never_seen)] == []
    assert [each["status"] for each in stored(city, never_heard)] == ["approved"]

    for member in (never_seen, never_heard):
        answers = [ask(member, 20_000, key) for _ in range(2)]
        wait_for_cashback(member)
        assert [each.status_code for each in answers] == [200, 200]
        assert [each.json() for each in answers] == stored(city, member) * 2
        assert member.balances() == {"charged": 80_000, "cashback": 2_000}


def test_the_stored_answer_is_found_though_the_transaction_was_reported_as_failed(
    city: City, new_member: Callable[..., Member], faults: Faults, ask: Ask
) -> None:
    member, key = new_member(charged=30_000), f"told to have failed {uuid4()}"

    # The wallet is empty after the effect whose answer was lost: decided a second time, the payment would be declined.
    with faults.injected("after", transaction_conflict, containing=member.wallet, times=2):
        response = ask(member, 30_000, key)

    assert response.json()["status"] == "approved"
    assert stored(city, member) == [response.json()]
    assert member.balances()["charged"] == 0


def test_a_top_up_whose_answer_is_lost_is_credited_once(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], faults: Faults
) -> None:
    member, bank, key = new_member(), api.as_caller(tokens.bank), f"a lost top-up {uuid4()}"
    body = {"amount": 50_000, "bank_reference": f"transfer {uuid4()}"}

    with faults.injected("after", lost_answer, containing=member.wallet, times=2) as fault:
        credited = bank.post(f"/wallets/{member.wallet}/top_ups", body, key=key)

    assert fault.hits >= 1
    assert credited["status"] == "completed"
    assert bank.post(f"/wallets/{member.wallet}/top_ups", body, key=key) == credited
    assert member.balances()["charged"] == 50_000


@pytest.mark.parametrize(("when", "answer"), FAULTS)
def test_cashback_whose_posting_is_disturbed_is_posted_once(
    city: City, new_member: Callable[..., Member], faults: Faults, ask: Ask, when: Any, answer: Any
) -> None:
    member = new_member(charged=100_000)

    with faults.injected(when, answer, containing="EARNING#", times=2) as fault:
        ask(member, 20_000, f"posting disturbed {uuid4()}")
        ask(member, 10_000, f"posting disturbed {uuid4()}")
        wait_for_cashback(member)

    assert fault.hits >= 1
    assert earned(member, f"{city.clock.now():%Y-%m}") == [2_000, 1_000]
    assert member.balances() == {"charged": 70_000, "cashback": 3_000}


def test_cashback_is_posted_when_the_function_fails_and_gets_its_batch_again(
    city: City, new_member: Callable[..., Member], faults: Faults, ask: Ask
) -> None:
    member = new_member(charged=100_000)

    # The function does not retry reads before an accrual: it raises, and the stream delivers the batch again.
    with faults.injected("before", internal_error, operation="BatchGetItem", containing="EARNING#", times=6) as fault:
        ask(member, 20_000, f"the batch comes again {uuid4()}")
        wait_for_cashback(member)

    assert fault.hits == 6
    assert earned(member, f"{city.clock.now():%Y-%m}") == [2_000]
