"""Discounts, top-up bonuses and purses of rewards in the deployed city: with its roles, from own budget lines, with retries.
replays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local import inhabitants
from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member, change, hold, pay
from tests.e2e.scheduling import schedule
from tests.e2e.test_policies import CACHED
from tests.e2e.waiting import wait_for, wait_for_cashback

GUESTS = {"fact": "member_class", "in": ["guest"]}
REGULARS = {"fact": "member_class", "in": ["regular"]}
"""Layers that apply to this test's members only."""
COUPON_BUDGET = 20_000
SHOP = "운서 빵집"
BAKERY = next(shop for shop in inhabitants.shops() if shop.name == SHOP)
NewMember = Callable[..., Member]


def _layer(name: str, gives: str, rate: int, when: Any = GUESTS, **words: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"ko": "손님 혜택", "en": name},
        "gives": gives,
        "when": when,
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": rate}],
        "funders": [{"funder": "city", "share": 1}],
        **words,
    }


@pytest.fixture(scope="module")
def year(city: City, api: Api, tokens: Tokens, move_clock: Callable[[str], Any]) -> int:
    """Schedule a version: guests get 10 % discount and a 5 % top-up bonus, from own lines; regulars 10 % points and 5 % next month.
    10 % as points and 5 % next month."""
    start = city.clock.now().replace(microsecond=0) + timedelta(minutes=4)
    document = {name: value for name, value in api.get("/policies/in_force").items() if name != "rows"}
    named = uuid4().hex[:8]
    schedule(
        api,
        tokens,
        document
        | {
            "version": f"guests-{named}",
            "starts_at": start.isoformat(),
            "purses": [
                {
                    "id": "welcome",
                    "title": {"ko": "환영 포인트", "en": "Welcome points"},
                    "expires_after": {"months": 1},
                    "spendable_at": {"fact": "merchant_category", "in": [BAKERY.category]},
                }
            ],
            "limits": [
                *document["limits"],
                {"id": "guest-coupons", "measure": "reward", "window": "month", "amount": 8_000},
            ],
            "layers": [
                *document["layers"],
                _layer("guest-coupon", "discount", 1_000, limits=["guest-coupons"]),
                _layer("guest-bonus", "top_up_bonus", 500, into="welcome"),
                _layer("regular-points", "cashback", 1_000, REGULARS, into="welcome"),
                _layer("regular-payback", "payback", 500, REGULARS),
            ],
        },
    )
    operator = api.as_caller(tokens.operator)
    lines = {"guest-coupons": ("guest-coupon", COUPON_BUDGET), "guest-bonuses": ("guest-bonus", 1_000_000)}
    for name, (layer, won) in lines.items():
        line = {
            "id": name,
            "title": {"ko": layer, "en": layer},
            "funder": "city",
            "layers": [layer],
            "applies_from": start.isoformat(),
            "amount": won,
            "reason": "본예산",
            "document": "제279회 시의회 의결",
        }
        operator.post(f"/budgets/{start.year}/lines", line, key=f"the-line-of-{layer}-{named}")
    move_clock((start + 2 * CACHED).isoformat())
    return start.year


@pytest.fixture
def new_guest(year: int, api: Api, tokens: Tokens, new_member: NewMember) -> NewMember:
    def make(**wallet: Any) -> Member:
        member = new_member(**wallet)
        api.as_caller(tokens.operator).patch(
            f"/wallets/{member.wallet}", {"member_class": "guest", "reason": "Papers in order."}
        )
        return member

    return make


def _wallet(member: Member) -> Any:
    return member.api.get(f"/wallets/{member.wallet}")


def _settled(member: Member) -> dict[str, int]:
    wait_for_cashback(member)
    wait_for(lambda: _wallet(member), lambda wallet: bool(wallet["refund_pending"] == 0), "the refund")
    return member.balances()


def _left(api: Api, tokens: Tokens, year: int, line: str) -> int:
    lines = api.as_caller(tokens.operator).get(f"/budgets/{year}")["lines"]
    (found,) = [each for each in lines if each["id"] == line]
    left: int = found["left"]
    return left


def _asked(api: Api, token: str, path: str, body: Any, key: str) -> httpx.Response:
    answer = api.as_caller(token).request("POST", path, body, key=key)
    assert answer.status_code == 200, answer.text
    return answer


def _order(member: Member, shop: str, amount: int) -> dict[str, Any]:
    return {"card_token": member.card, "merchant_id": shop, "amount": amount, "channel": "shop"}


def test_a_discounted_payment_has_one_answer_and_is_refunded_in_parts(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_guest: NewMember
) -> None:
    guest, key = new_guest(charged=100_000), f"a discounted payment {uuid4()}"
    before = _left(api, tokens, year, "guest-coupons")

    first, again = (
        _asked(api, tokens.acquirer, "/payments", _order(guest, shops[SHOP], 30_001), key) for _ in range(2)
    )
    payment = first.json()
    assert (payment["status"], payment["amount"], payment["discount"], payment["paid"]) == (
        "approved",
        30_001,
        3_000,
        27_001,
    )
    assert payment["discounts"] == [{"layer": "guest-coupon", "won": 3_000, "funders": {"city": 3_000}}]
    assert (payment["paid_from"], payment["cut"]) == ({"charged": 27_001}, [])
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (payment, "true")
    assert "Idempotency-Replayed" not in first.headers
    assert _left(api, tokens, year, "guest-coupons") == before - 3_000
    assert list(_wallet(guest)["taken"].values()) == [3_000]

    wait_for_cashback(guest)
    parts = [change(api, tokens, payment, "cancellations", amount) for amount in (10_000, None)]
    assert [(part["refund"], part["discount"]) for part in parts] == [(9_000, 1_000), (18_001, 2_000)]
    assert _settled(guest) == {"charged": 100_000, "cashback": 0}
    assert _left(api, tokens, year, "guest-coupons") == before
    seen = guest.api.get(f"/wallets/{guest.wallet}/payments/{payment['id']}")
    assert seen["cancellations"] == parts
    assert list(_wallet(guest)["taken"].values()) == []


def test_a_reversal_returns_the_discount_once_and_a_retry_says_so(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_guest: NewMember
) -> None:
    guest, key = new_guest(charged=50_000), f"a payment to reverse {uuid4()}"
    before = _left(api, tokens, year, "guest-coupons")
    pay(api, tokens, guest, shops[SHOP], 20_000, key)
    wait_for_cashback(guest)

    first, again = (
        _asked(api, tokens.acquirer, "/payments/reversals", _order(guest, shops[SHOP], 20_000), key) for _ in range(2)
    )
    assert (first.json()["outcome"], again.json()) == ("reversed", first.json())
    assert [each.headers.get("Idempotency-Replayed") for each in (first, again)] == [None, "true"]
    assert _settled(guest) == {"charged": 50_000, "cashback": 0}
    assert _left(api, tokens, year, "guest-coupons") == before


def test_holds_and_members_who_are_not_guests_get_no_discount(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_guest: NewMember, new_member: NewMember
) -> None:
    guest, member = new_guest(charged=20_000), new_member(charged=20_000)
    assert hold(api, tokens, guest, shops[SHOP], 10_000)["discount"] == 0
    assert pay(api, tokens, member, shops[SHOP], 10_000)["discount"] == 0
    wait_for_cashback(member)


def test_a_bonus_is_in_a_purse_with_its_expiry_and_places(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_guest: NewMember, city: City
) -> None:
    guest, key = new_guest(), f"a top-up with a bonus {uuid4()}"
    before = _left(api, tokens, year, "guest-bonuses")
    path, body = f"/wallets/{guest.wallet}/top_ups", {"amount": 60_000, "bank_reference": f"KB-{uuid4()}"}

    first, again = (_asked(api, tokens.bank, path, body, key) for _ in range(2))
    top_up = first.json()
    (bonus,) = top_up["rewards"]
    assert (top_up["amount"], top_up["debited"], top_up["cut"]) == (60_000, 60_000, [])
    assert (bonus["layer"], bonus["won"], bonus["funders"]) == ("guest-bonus", 3_000, {"city": 3_000})
    assert top_up["credited"] == {"charged": 60_000, bonus["into"]: 3_000}
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (top_up, "true")
    assert _left(api, tokens, year, "guest-bonuses") == before - 3_000

    (reward,) = _wallet(guest)["rewards"]
    assert (reward["id"], reward["purse"], reward["won"], reward["expired"]) == (
        bonus["into"],
        "welcome",
        3_000,
        False,
    )
    assert (reward["title"]["ko"], reward["spendable_from"]) == ("환영 포인트", None)
    assert reward["spendable_at"] == {
        "ko": "가맹점 업종: 제과점",
        "en": f"the shop's category is {BAKERY.category}",
    }
    expires = datetime.fromisoformat(reward["expires_at"])
    assert expires > city.clock.now()
    assert (expires.day, reward["id"]) == (1, f"welcome@{expires - timedelta(days=1):%Y-%m}")

    elsewhere = next(shop.name for shop in inhabitants.shops() if shop.category != BAKERY.category)
    assert pay(api, tokens, guest, shops[elsewhere], 10_000)["paid_from"] == {"charged": 9_000}
    assert pay(api, tokens, guest, shops[SHOP], 10_000)["paid_from"] == {bonus["into"]: 3_000, "charged": 6_000}
    wait_for_cashback(guest)


def test_with_an_empty_line_the_payment_is_approved_and_says_why_it_costs_more(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_guest: NewMember
) -> None:
    guests = [new_guest(charged=100_000) for _ in range(4)]
    left = _left(api, tokens, year, "guest-coupons")
    payments = [pay(api, tokens, guest, shops[SHOP], 70_000) for guest in guests]

    assert {payment["status"] for payment in payments} == {"approved"}
    assert sum(payment["discount"] for payment in payments) == left
    assert _left(api, tokens, year, "guest-coupons") == 0
    last = payments[-1]
    assert (last["paid"], last["discounts"]) == (70_000, [])
    assert last["cut"] == [
        {
            "layer": "guest-coupon",
            "given": 0,
            "reason": "budget_used_up",
            "message": "예산이 모두 사용되어 이 혜택은 적용되지 않았습니다.",
            "message_en": "The budget is used up, so this benefit was not given.",
        }
    ]
    wait_for_cashback(*guests)

    more = {"amount": 1_000_000, "reason": "추경", "document": "제280회 시의회 의결"}
    operator = api.as_caller(tokens.operator)
    operator.post(f"/budgets/{year}/lines/guest-coupons/supplements", more, key=f"a supplement {uuid4()}")
    assert pay(api, tokens, guests[-1], shops[SHOP], 10_000)["discount"] == 1_000
    wait_for_cashback(guests[-1])


def test_rewards_after_a_payment_go_into_their_purse_and_are_taken_back_from_it(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_member: NewMember
) -> None:
    regular = new_member(charged=100_000)
    operator = api.as_caller(tokens.operator)
    operator.patch(f"/wallets/{regular.wallet}", {"member_class": "regular", "reason": "Papers in order."})
    quoted = regular.api.post(
        f"/wallets/{regular.wallet}/cashback_quotes", {"merchant_id": shops[SHOP], "amount": 20_000}
    )
    payment = pay(api, tokens, regular, shops[SHOP], 20_000)
    cashback = _settled(regular)["cashback"]
    points, payback = _wallet(regular)["rewards"]
    assert (points["purse"], points["won"], points["expired"]) == ("welcome", 2_000, False)
    assert (payback["won"], payback["expires_at"], payback["id"]) == (
        1_000,
        None,
        f"payback@{payback['spendable_from'][:7]}",
    )
    month = payment["accepted_at"][:7]
    (earning,) = regular.api.get(f"/wallets/{regular.wallet}/cashback", month=month)["earnings"]
    into = {each["into"]: each["won"] for each in earning["rewards"]}
    assert into == {"cashback": cashback, points["id"]: 2_000, payback["id"]: 1_000}
    assert earning["rewards"] == quoted["rewards"]

    # The deferred cashback waits; the points are spent at a bakery and earn nothing themselves.
    spent = pay(api, tokens, regular, shops[SHOP], 1_500)
    assert spent["paid_from"] == {points["id"]: 1_500}
    assert _settled(regular) == {"charged": 80_000, "cashback": cashback, points["id"]: 500, payback["id"]: 1_000}

    change(api, tokens, payment, "cancellations")
    after = _settled(regular)
    assert (after[points["id"]], after[payback["id"]]) == (0, 0)
    # In the end only the spent points are missing.
    assert after["charged"] + after["cashback"] == 100_000 - 1_500
    (correction,) = regular.api.get(f"/wallets/{regular.wallet}/cashback", month=month)["corrections"]
    assert (correction["purses"][points["id"]], correction["expired"]) == (-500, {})
