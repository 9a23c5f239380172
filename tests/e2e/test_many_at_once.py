"""Concurrent requests: two members, one wallet at many tills, and many retries of one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.concurrency import at_once
from tests.e2e.members import Member, as_authorised, pay, top_up
from tests.e2e.waiting import earned, wait_for_cashback

THREADS = 16
SHOP = "운서 빵집"


def month_of(city: City) -> str:
    return f"{city.clock.now():%Y-%m}"


def stored_payments(member: Member, month: str) -> list[Any]:
    listed: list[Any] = member.api.get(f"/wallets/{member.wallet}/payments", month=month)["payments"]
    return [as_authorised(each) for each in listed]


def test_two_members_who_pay_at_once_do_not_affect_each_other(
    city: City, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    payer, other_member = new_member(charged=100_000), new_member(charged=100_000)

    answers = at_once(
        [
            *[lambda: pay(api, tokens, payer, shops[SHOP], 11_000)] * 4,
            *[lambda: pay(api, tokens, other_member, shops[SHOP], 23_000)] * 4,
        ]
    )
    wait_for_cashback(payer, other_member)

    assert [answer["status"] for answer in answers] == ["approved"] * 8
    assert [answer["wallet_id"] for answer in answers] == [payer.wallet] * 4 + [other_member.wallet] * 4
    assert payer.balances() == {"charged": 100_000 - 44_000, "cashback": 4_400}
    assert other_member.balances() == {"charged": 100_000 - 92_000, "cashback": 9_200}


def test_one_wallet_at_many_tills_is_never_overdrawn_and_loses_no_payment(
    city: City, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    start, amount, rounds = 300_000, 7_000, 4
    member = new_member(charged=start)

    def till() -> list[Any]:
        return [pay(api, tokens, member, shops[SHOP], amount) for _ in range(rounds)]

    answers = [answer for made in at_once([till] * THREADS) for answer in made]
    wait_for_cashback(member)

    approved = [answer for answer in answers if answer["status"] == "approved"]
    declined = [answer for answer in answers if answer["status"] == "declined"]
    assert len(approved) + len(declined) == THREADS * rounds
    assert {answer["decline"]["reason"] for answer in declined} == {"insufficient_funds"}
    # Cashback is posted during the payments and can be spent: the amount paid equals all credits less what is left.
    balances, cashback = member.balances(), sum(earned(member, month_of(city)))
    assert min(balances.values()) >= 0
    assert len(approved) * amount == start + cashback - sum(balances.values())
    assert len(approved) >= start // amount
    # The same holds for each purse.
    paid_from = {purse: sum(each["paid_from"].get(purse, 0) for each in approved) for purse in balances}
    assert paid_from == {"charged": start - balances["charged"], "cashback": cashback - balances["cashback"]}
    assert cashback == sum(each["paid_from"].get("charged", 0) // 10 for each in approved)
    # Every answer is stored, and no other entry.
    assert sorted(stored_payments(member, month_of(city)), key=by_id) == sorted(answers, key=by_id)


def test_a_retry_storm_has_one_effect_and_one_answer(
    city: City, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=100_000)

    responses = storm(api, tokens, member, shops[SHOP], 20_000, "one request sixteen times")
    wait_for_cashback(member)

    answer = the_one_answer(responses)
    assert answer["status"] == "approved"
    assert len([each for each in responses if "idempotency-replayed" not in each.headers]) == 1
    assert member.balances() == {"charged": 80_000, "cashback": 2_000}
    assert stored_payments(member, month_of(city)) == [answer]


def test_a_declined_request_stays_declined_after_a_top_up(
    city: City, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member, key = new_member(charged=30_000), "declined and asked again"

    declined = the_one_answer(storm(api, tokens, member, shops[SHOP], 50_000, key))
    assert (declined["status"], declined["decline"]["code"]) == ("declined", "51")
    top_up(api, tokens, member, 100_000)

    again = storm(api, tokens, member, shops[SHOP], 50_000, key)
    assert the_one_answer(again) == declined
    assert all(each.headers["idempotency-replayed"] == "true" for each in again)
    assert member.balances() == {"charged": 130_000, "cashback": 0}
    # A new key is a new request.
    assert pay(api, tokens, member, shops[SHOP], 50_000)["status"] == "approved"
    assert [each["status"] for each in stored_payments(member, month_of(city))] == ["approved", "declined"]


def test_an_approved_payment_keeps_its_answer_when_the_wallet_is_empty_or_suspended(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member, key = new_member(charged=30_000), "approved and asked again"
    approved = pay(api, tokens, member, shops[SHOP], 30_000, key)
    wait_for_cashback(member)
    api.as_caller(tokens.operator).patch(
        f"/wallets/{member.wallet}", {"status": "suspended", "reason": "The card was reported stolen."}
    )

    assert pay(api, tokens, member, shops[SHOP], 30_000, key) == approved
    assert member.balances() == {"charged": 0, "cashback": 3_000}


def test_a_key_that_was_used_for_another_body_is_refused_while_the_first_is_under_way_and_after(
    city: City, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member, key = new_member(charged=100_000), "one key with two bodies"
    till = api.as_caller(tokens.acquirer)

    def ask(amount: int) -> httpx.Response:
        body = {"card_token": member.card, "merchant_id": shops[SHOP], "amount": amount, "channel": "shop"}
        return till.request("POST", "/payments", body, key=key)

    responses = at_once([lambda: ask(10_000), lambda: ask(20_000)] * 4)

    answered = [each for each in responses if each.status_code == 200]
    refused = [each for each in responses if each.status_code == 422]
    assert len(answered) == len(refused) == 4
    won = the_one_answer(answered)["amount"]
    assert {each.json()["code"] for each in refused} == {"idempotency_key_reused"}
    assert ask(30_000 - won).status_code == 422
    # The refusal reveals nothing of the first body.
    assert not any(str(won) in each.text for each in refused)
    assert member.balances()["charged"] == 100_000 - won
    assert len(stored_payments(member, month_of(city))) == 1


def test_the_caller_s_own_time_makes_no_other_request(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member, till = new_member(charged=100_000), api.as_caller(tokens.acquirer)
    body = {"card_token": member.card, "merchant_id": shops[SHOP], "amount": 10_000, "channel": "shop"}
    first, later = "2021-01-05T10:00:00+09:00", "2021-01-05T10:00:07+09:00"

    answers = [
        till.post("/payments", body | change, key="asked at two times")
        for change in ({"requested_at": first}, {"requested_at": later}, {})
    ]

    assert answers == [answers[0]] * 3
    assert answers[0]["requested_at"] == first
    assert member.balances()["charged"] == 90_000


@pytest.mark.parametrize("caller", ["acquirer", "member"])
def test_the_same_key_is_another_request_for_another_wallet(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str], caller: str
) -> None:
    payer, other_member = new_member(charged=100_000), new_member(charged=100_000)
    order = {"merchant_id": shops[SHOP], "amount": 10_000, "channel": "shop"}

    def ask(member: Member) -> Any:
        if caller == "member":
            return member.api.post(f"/wallets/{member.wallet}/payments", order, key="one-key-of-two-callers")
        return pay(api, tokens, member, shops[SHOP], 10_000, "one-key-of-two-callers")

    first, second = ask(payer), ask(other_member)

    assert first["id"] != second["id"]
    assert [payer.balances()["charged"], other_member.balances()["charged"]] == [90_000, 90_000]


def test_a_top_up_that_the_bank_repeats_is_credited_once(
    api: Api, tokens: Tokens, new_member: Callable[..., Member]
) -> None:
    member, bank = new_member(), api.as_caller(tokens.bank)
    body = {"amount": 50_000, "bank_reference": f"transfer {uuid4()}"}

    responses = at_once(
        [lambda: bank.request("POST", f"/wallets/{member.wallet}/top_ups", body, key="the bank's transfer 1")] * 4
    )

    assert the_one_answer(responses)["status"] == "completed"
    assert member.balances()["charged"] == 50_000


def test_a_transfer_that_a_bank_sends_under_several_keys_is_credited_once(
    api: Api, tokens: Tokens, new_member: Callable[..., Member]
) -> None:
    member, other, bank = new_member(), new_member(), api.as_caller(tokens.bank)
    path, body = f"/wallets/{member.wallet}/top_ups", {"amount": 50_000, "bank_reference": f"transfer {uuid4()}"}

    responses = at_once([lambda: bank.request("POST", path, body, key=f"a key of its own {uuid4()}")] * 4)

    assert the_one_answer(responses)["status"] == "completed"
    for where, what in ((path, body | {"amount": 60_000}), (f"/wallets/{other.wallet}/top_ups", body)):
        refused = bank.request("POST", where, what, key=f"a key of its own {uuid4()}")
        assert (refused.status_code, refused.json()["code"]) == (409, "bank_reference_used")
    assert (member.balances()["charged"], other.balances()["charged"]) == (50_000, 0)


def test_a_wallet_that_is_opened_twice_at_once_is_one_wallet(api: Api, new_member: Callable[..., Member]) -> None:
    member = new_member()

    opened = at_once([lambda: member.api.post("/wallets", {})] * 4)

    assert [wallet["id"] for wallet in opened] == [member.wallet] * 4
    assert [[card["token"] for card in wallet["cards"]] for wallet in opened] == [[member.card]] * 4


def storm(api: Api, tokens: Tokens, member: Member, shop: str, amount: int, key: str) -> list[httpx.Response]:
    """Send the same request from many threads at once."""
    till = api.as_caller(tokens.acquirer)
    body = {"card_token": member.card, "merchant_id": shop, "amount": amount, "channel": "shop"}
    return at_once([lambda: till.request("POST", "/payments", body, key=key)] * THREADS)


def the_one_answer(responses: Sequence[httpx.Response]) -> Any:
    assert {each.status_code for each in responses} == {200}, [each.text for each in responses]
    first = responses[0].json()
    assert all(each.json() == first for each in responses)
    return first


def by_id(payment: Any) -> str:
    return str(payment["id"])
