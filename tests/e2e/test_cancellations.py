"""Cancellations, holds and reversals in the deployed city: refunds, cashback taken back, and what members see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.concurrency import at_once
from tests.e2e.faults import Faults
from tests.e2e.members import Member, change, hold, pay
from tests.e2e.test_conflicts_and_lost_answers import FAULTS
from tests.e2e.test_many_at_once import THREADS
from tests.e2e.waiting import wait_for, wait_for_cashback

SHOP = "운서 빵집"
NewMember = Callable[..., Member]


class Till:
    """The acquirer of the shop."""

    def __init__(self, api: Api, tokens: Tokens, shop: str) -> None:
        self._api, self._tokens, self.shop = api, tokens, shop

    def pay(self, member: Member, amount: int, key: str | None = None) -> Any:
        return pay(self._api, self._tokens, member, self.shop, amount, key)

    def hold(self, member: Member, amount: int, key: str | None = None) -> Any:
        return hold(self._api, self._tokens, member, self.shop, amount, key)

    def change(self, payment: Any, action: str, amount: int | None = None) -> Any:
        return change(self._api, self._tokens, payment, action, amount)

    def ask(self, payment: Any, action: str, amount: int | None, key: str) -> httpx.Response:
        path = f"/wallets/{payment['wallet_id']}/payments/{payment['id']}/{action}"
        body = {} if amount is None else {"amount": amount}
        return self._api.as_caller(self._tokens.acquirer).request("POST", path, body, key=key)

    def reverse(self, member: Member, amount: int, key: str, **changes: Any) -> Any:
        body = {"card_token": member.card, "merchant_id": self.shop, "amount": amount, "channel": "shop"} | changes
        return self._api.as_caller(self._tokens.acquirer).post("/payments/reversals", body, key=key)


@pytest.fixture(scope="module")
def till(api: Api, tokens: Tokens, shops: dict[str, str]) -> Till:
    return Till(api, tokens, shops[SHOP])


def settled(member: Member) -> Any:
    """The wallet, once it has no pending cashback and no pending refund."""
    wait_for_cashback(member)
    wallet = member.api.get(f"/wallets/{member.wallet}")
    assert wallet["refund_pending"] == 0
    return wallet


def month_of_cashback(city: City, member: Member) -> Any:
    return member.api.get(f"/wallets/{member.wallet}/cashback", month=f"{city.clock.now():%Y-%m}")


def amounts(member: Member, payment: Any) -> tuple[int, int, int, int]:
    seen = member.api.get(f"/wallets/{member.wallet}/payments/{payment['id']}")
    return seen["captured"], seen["cancelled"], seen["held"], seen["released"]


def test_a_cancelled_payment_is_refunded_and_its_cashback_taken_back(
    city: City, new_member: NewMember, till: Till
) -> None:
    member = new_member(charged=100_000)
    payment = till.pay(member, 40_000)
    assert settled(member)["purses"] == {"charged": 60_000, "cashback": 4_000}

    part = till.change(payment, "cancellations", 10_000)
    assert settled(member)["purses"] == {"charged": 70_000, "cashback": 3_000}
    till.change(payment, "cancellations")
    assert settled(member)["purses"] == {"charged": 100_000, "cashback": 0}

    assert amounts(member, payment) == (40_000, 40_000, 0, 0)
    listed = member.api.get(f"/wallets/{member.wallet}/payments", month=f"{city.clock.now():%Y-%m}")["payments"]
    assert [each["status"] for each in listed] == ["cancelled"]
    told = month_of_cashback(city, member)
    assert (told["cashback"], [each["cashback"] for each in told["corrections"]]) == (0, [-1_000, -3_000])
    first = told["corrections"][0]
    assert (first["cancellation_id"], first["cancelled"], first["refunded_to"]) == (
        part["id"],
        10_000,
        {"charged": 10_000},
    )
    assert (
        first["message"] == "결제 10,000원이 취소되었습니다. 해당 월의 캐시백을 다시 계산하여 1,000원을 회수했습니다."
    )


def test_a_merchant_cancels_without_learning_who_paid(
    api: Api, tokens: Tokens, new_member: NewMember, till: Till
) -> None:
    member, keeper = new_member(charged=100_000), api.as_caller(tokens.merchant)
    payment = till.pay(member, 20_000)
    path = f"/merchants/{till.shop}/payments"
    wait_for(lambda: keeper.get(path)["payments"], lambda listed: payment["id"] in str(listed), "the payment")

    taken = keeper.post(f"{path}/{payment['id']}/cancellations", {"reason": "품절"}, key=f"sold-out-{uuid4()}")

    assert (taken["amount"], taken["reason"]) == (20_000, "품절")
    assert settled(member)["purses"] == {"charged": 100_000, "cashback": 0}
    (listed,) = [each for each in keeper.get(path)["payments"] if each["id"] == payment["id"]]
    assert listed["status"] == "cancelled"
    assert (listed["captured"], listed["cancelled"]) == (20_000, 20_000)
    assert member.wallet not in str((taken, listed))


def test_cashback_that_was_spent_is_taken_from_the_refund(city: City, new_member: NewMember, till: Till) -> None:
    member = new_member(charged=100_000, debit_order="cashback_first")
    earning = till.pay(member, 100_000)
    assert settled(member)["purses"] == {"charged": 0, "cashback": 10_000}
    assert till.pay(member, 10_000)["paid_from"] == {"cashback": 10_000}
    settled(member)

    till.change(earning, "cancellations", 90_000)

    wallet = settled(member)
    assert (wallet["purses"], wallet["negative_cashback"]) == ({"charged": 81_000, "cashback": 0}, None)
    (told,) = month_of_cashback(city, member)["corrections"]
    assert (told["cashback"], told["recovered"], told["refunded_to"]) == (-9_000, 9_000, {"charged": 81_000})
    assert told["message"].endswith("환불액 중 9,000원으로 부족한 캐시를 채웠습니다.")
    # What is now paid from the loaded balance earns again.
    till.pay(member, 50_000)
    assert settled(member)["purses"] == {"charged": 31_000, "cashback": 5_000}


def test_a_hold_is_captured_twice_and_cancelled_from_its_last_capture(
    city: City, new_member: NewMember, till: Till
) -> None:
    member = new_member(charged=100_000)
    held = till.hold(member, 50_000)
    wallet = member.api.get(f"/wallets/{member.wallet}")
    assert (held["status"], wallet["held"], wallet["cashback_pending"]) == ("held", 50_000, 0)
    assert wallet["purses"] == {"charged": 50_000, "cashback": 0}

    first, second = till.change(held, "captures", 20_000), till.change(held, "captures")
    assert (first["capture"], second["capture"], second["amount"]) == (1, 2, 30_000)
    assert settled(member)["purses"] == {"charged": 50_000, "cashback": 5_000}

    taken = till.change(held, "cancellations", 35_000)
    assert taken["of"] == [{"capture": 2, "amount": 30_000}, {"capture": 1, "amount": 5_000}]
    assert settled(member)["purses"] == {"charged": 85_000, "cashback": 1_500}
    assert amounts(member, held) == (50_000, 35_000, 0, 0)
    assert month_of_cashback(city, member)["cashback"] == 1_500


def test_a_void_gives_back_what_was_not_captured(new_member: NewMember, till: Till) -> None:
    member = new_member(charged=100_000)
    untouched, begun = till.hold(member, 30_000), till.hold(member, 30_000)
    till.change(begun, "captures", 10_000)

    assert [till.change(each, "void")["amount"] for each in (untouched, begun)] == [30_000, 20_000]

    wallet = settled(member)
    assert (wallet["purses"], wallet["held"]) == ({"charged": 90_000, "cashback": 1_000}, 0)
    assert till.ask(begun, "captures", 1, str(uuid4())).json()["code"] == "hold_closed"
    assert till.ask(untouched, "cancellations", None, str(uuid4())).json()["code"] == "payment_voided"


def test_a_reversal_undoes_an_original_or_prevents_a_later_one(new_member: NewMember, till: Till) -> None:
    member = new_member(charged=100_000)
    arrived, late = f"arrived {uuid4()}", f"late {uuid4()}"
    original = till.pay(member, 25_000, arrived)

    reversals = [till.reverse(member, 25_000, arrived) for _ in range(3)]
    early = [till.reverse(member, 25_000, late) for _ in range(2)]
    declined = till.pay(member, 25_000, late)

    assert [each["outcome"] for each in (*reversals, *early)] == ["reversed"] * 3 + ["never_arrived"] * 2
    assert reversals == [reversals[0]] * 3
    assert reversals[0]["cancelled"] == 25_000
    ended = {"captured": 25_000, "cancelled": 25_000, "held": 0, "released": 0, "status": "reversed"}
    assert reversals[0]["payment"] == original | {"current": ended}
    assert (declined["status"], declined["decline"]["code"]) == ("declined", "21")
    assert settled(member)["purses"] == {"charged": 100_000, "cashback": 0}


def test_a_reversal_and_its_original_at_once_leave_nothing_paid(new_member: NewMember, till: Till) -> None:
    member, keys = new_member(charged=100_000), [f"both at once {uuid4()}" for _ in range(4)]

    answers = at_once(
        [
            call
            for key in keys
            for call in (lambda k=key: till.pay(member, 10_000, k), lambda k=key: till.reverse(member, 10_000, k))
        ]  # type: ignore[misc]
    )

    for payment, reversal in zip(answers[::2], answers[1::2], strict=True):
        expected = {"approved": "reversed", "declined": "never_arrived"}
        assert reversal["outcome"] == expected[payment["status"]]
    assert settled(member)["purses"] == {"charged": 100_000, "cashback": 0}


def test_concurrent_cancellations_never_exceed_the_payment(city: City, new_member: NewMember, till: Till) -> None:
    member = new_member(charged=100_000)
    payment = till.pay(member, 50_000)
    wait_for_cashback(member)

    responses = at_once(
        [
            lambda number=number: till.ask(payment, "cancellations", 7_000, f"cancelled at once {number:02}")
            for number in range(THREADS)
        ]  # type: ignore[misc]
    )

    statuses = [each.status_code for each in responses]
    assert set(statuses) <= {200, 409, 503}
    # Callers that were asked to retry now get the one answer.
    answers = [
        wait_for(
            lambda number=number: till.ask(payment, "cancellations", 7_000, f"cancelled at once {number:02}"),  # type: ignore[misc]
            lambda response: response.status_code != 503,
            "an answer",
        )
        for number in range(THREADS)
    ]
    cancelled = [each.json() for each in answers if each.status_code == 200]
    assert sum(each["amount"] for each in cancelled) == 49_000
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"cancellation_exceeds_payment"}
    assert {each.json()["id"] for each in responses if each.status_code == 200} <= {each["id"] for each in cancelled}
    assert amounts(member, payment) == (50_000, 49_000, 0, 0)
    assert settled(member)["purses"] == {"charged": 99_000, "cashback": 100}
    assert month_of_cashback(city, member)["cashback"] == 100


def test_concurrent_captures_and_voids_never_exceed_the_hold(new_member: NewMember, till: Till) -> None:
    member = new_member(charged=100_000)
    held = till.hold(member, 50_000)
    wanted = [("captures", 8_000)] * 12 + [("void", None)] * 4
    calls = [
        lambda number=number, action=action, amount=amount: till.ask(  # type: ignore[misc]
            held, action, amount, f"captured or voided {number:02}"
        )
        for number, (action, amount) in enumerate(wanted)
    ]

    first = at_once(calls)
    answers = [wait_for(call, lambda response: response.status_code != 503, "an answer") for call in calls]

    assert {each.status_code for each in first} <= {200, 409, 503}
    done = [each.json() for each in answers if each.status_code == 200]
    captured = sum(each["amount"] for each in done if "capture" in each)
    released = [each["amount"] for each in done if "capture" not in each]
    assert {each.json()["code"] for each in answers if each.status_code == 409} <= {
        "hold_closed",
        "capture_exceeds_hold",
    }
    assert len(released) == 1, "what is left is released once"
    assert captured + released[0] == 50_000
    assert amounts(member, held) == (captured, 0, 0, released[0])
    wallet = settled(member)
    assert (wallet["held"], wallet["purses"]) == (0, {"charged": 100_000 - captured, "cashback": captured // 10})


@pytest.mark.parametrize(("when", "answer"), FAULTS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_cancellation_whose_transaction_is_disturbed_has_one_effect_and_one_answer(
    new_member: NewMember, faults: Faults, till: Till, when: Any, answer: Any, times: int
) -> None:
    member, key = new_member(charged=100_000), f"disturbed {uuid4()}"
    payment = till.pay(member, 50_000)
    wait_for_cashback(member)

    with faults.injected(when, answer, containing="CANCELLATION#", times=times) as fault:
        response = till.ask(payment, "cancellations", 20_000, key)
    again = till.ask(payment, "cancellations", 20_000, key)

    assert fault.hits >= 1
    assert (response.status_code, again.status_code) == (200, 200)
    assert response.json() == again.json()
    assert amounts(member, payment) == (50_000, 20_000, 0, 0)
    assert settled(member)["purses"] == {"charged": 70_000, "cashback": 3_000}


@pytest.mark.parametrize("action", ["captures", "void"])
@pytest.mark.parametrize(("when", "answer"), FAULTS)
def test_a_capture_or_void_whose_transaction_is_disturbed_has_one_effect_and_one_answer(
    new_member: NewMember, faults: Faults, till: Till, when: Any, answer: Any, action: str
) -> None:
    member, key = new_member(charged=100_000), f"disturbed {uuid4()}"
    held = till.hold(member, 50_000)

    with faults.injected(when, answer, containing="RELEASE#" if action == "void" else "CAPTURE#", times=2) as fault:
        response = till.ask(held, action, None, key)
    again = till.ask(held, action, None, key)

    assert fault.hits >= 1
    assert (response.status_code, again.json()) == (200, response.json())
    purses = {"charged": 100_000, "cashback": 0} if action == "void" else {"charged": 50_000, "cashback": 5_000}
    assert settled(member)["purses"] == purses


@pytest.mark.parametrize(("when", "answer"), FAULTS)
def test_a_correction_whose_posting_is_disturbed_is_posted_once(
    city: City, new_member: NewMember, faults: Faults, till: Till, when: Any, answer: Any
) -> None:
    member = new_member(charged=100_000)
    payment = till.pay(member, 50_000)
    wait_for_cashback(member)

    with faults.injected(when, answer, containing="CORRECTION#", times=2) as fault:
        till.change(payment, "cancellations", 20_000)
        purses = settled(member)["purses"]

    assert fault.hits >= 1
    assert purses == {"charged": 70_000, "cashback": 3_000}
    assert [each["cashback"] for each in month_of_cashback(city, member)["corrections"]] == [-2_000]
