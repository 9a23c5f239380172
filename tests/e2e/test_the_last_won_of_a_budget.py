"""24 tills at once draw the last won of a line and a pool: all get an answer soon, and no won is paid twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.concurrency import at_once
from tests.e2e.members import Member, top_up
from tests.e2e.scheduling import schedule, version
from tests.e2e.test_policies import CACHED
from tests.e2e.waiting import wait_for_cashback

TILLS = 24
LAST_WON = 13_337
"""The amount of each line and of the pool: enough for 13 of the 24 rewards of 1,000 won, and 337 won more."""
LOOKING_SECONDS = 2.0
"""A payment may begin to look for money for so long; besides, it may take three times as long as without a budget."""
SHOP = "운서 빵집"
GIVES = {"on-a-line": "discount", "on-a-pool": "discount", "on-top": "top_up_bonus", "after": "cashback"}
NewMember = Callable[..., Member]


class Answered(NamedTuple):
    response: httpx.Response
    seconds: float


def _layer(name: str, gives: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"ko": "마지막 예산", "en": name},
        "gives": gives,
        "when": {"fact": "member_class", "in": [name]},
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": 200 if gives == "top_up_bonus" else 1_000}],
        "funders": [{"funder": "city", "share": 1}],
        **({"pools": ["last-pool"]} if name == "on-a-pool" else {}),
        **({"into": "charged"} if gives == "top_up_bonus" else {}),
    }


@pytest.fixture(scope="module")
def year(city: City, api: Api, tokens: Tokens, move_clock: Callable[[str], Any]) -> int:
    """Schedule a version with a layer for each class of members: all from lines of their own, except one from a pool."""
    start = city.clock.now().replace(microsecond=0) + timedelta(minutes=4)
    published = version(f"last-won-{uuid4().hex[:8]}", start.isoformat())
    layers = [*published["layers"], *(_layer(name, gives) for name, gives in GIVES.items())]
    pool = {"id": "last-pool", "window": "month", "amount": LAST_WON}
    schedule(api, tokens, published | {"layers": layers, "pools": [pool]})
    for name in GIVES:
        line = {
            "id": f"last-{name}",
            "title": {"ko": name, "en": name},
            "funder": "city",
            "layers": [name],
            "applies_from": start.isoformat(),
            "amount": LAST_WON if name != "on-a-pool" else 10_000_000,
            "reason": "본예산",
            "document": "제279회 시의회 의결",
        }
        operator = api.as_caller(tokens.operator)
        operator.post(f"/budgets/{start.year}/lines", line, key=f"the-line-of-{name}-{uuid4().hex}")
    move_clock((start + 2 * CACHED).isoformat())
    return start.year


def _members(api: Api, tokens: Tokens, new_member: NewMember, of: str) -> list[Member]:
    members = [new_member() for _ in range(TILLS)]
    for member in members:
        top_up(api, tokens, member, 100_000)
        about = {"member_class": of, "reason": "Papers in order."}
        api.as_caller(tokens.operator).patch(f"/wallets/{member.wallet}", about)
    return members


def _timed(send: Callable[[], httpx.Response]) -> Answered:
    begun = time.monotonic()
    response = send()
    return Answered(response, time.monotonic() - begun)


def _pay_at_once(api: Api, tokens: Tokens, members: Sequence[Member], shop: str) -> list[Answered]:
    till = api.as_caller(tokens.acquirer)

    def pay(member: Member) -> Answered:
        body = {"card_token": member.card, "merchant_id": shop, "amount": 10_000, "channel": "shop"}
        return _timed(lambda: till.request("POST", "/payments", body, key=f"last-won-{uuid4()}"))

    return at_once([lambda member=member: pay(member) for member in members])  # type: ignore[misc]


def _top_up_at_once(api: Api, tokens: Tokens, members: Sequence[Member]) -> list[Answered]:
    bank = api.as_caller(tokens.bank)

    def ask(member: Member) -> Answered:
        path, body = f"/wallets/{member.wallet}/top_ups", {"amount": 50_000, "bank_reference": f"last-{uuid4()}"}
        return _timed(lambda: bank.request("POST", path, body, key=f"last-won-{uuid4()}"))

    return at_once([lambda member=member: ask(member) for member in members])  # type: ignore[misc]


def _left(api: Api, tokens: Tokens, year: int, name: str) -> int:
    shown = api.as_caller(tokens.operator).get(f"/budgets/{year}")
    if name == "on-a-pool":
        return next(int(each["left"]) for each in shown["pools"] if "last-pool" in str(each))
    return next(int(each["left"]) for each in shown["lines"] if each["id"] == f"last-{name}")


@pytest.mark.parametrize("name", ["on-a-line", "on-a-pool", "on-top"])
def test_the_last_won_are_paid_once_without_delay(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_member: NewMember, name: str
) -> None:
    members = _members(api, tokens, new_member, name)
    others = _members(api, tokens, new_member, "nothing")
    ask = (
        (lambda of: _top_up_at_once(api, tokens, of))
        if name == "on-top"
        else (lambda of: _pay_at_once(api, tokens, of, shops[SHOP]))
    )
    ask(others)  # Each process of the function has started.
    usual = ask(others)
    answered = ask(members)
    again = ask(members)

    def given(each: Answered) -> int:
        body = each.response.json()
        return body["discount"] if "discount" in body else sum(reward["won"] for reward in body["rewards"])

    statuses = [each.response.status_code for each in (*answered, *again)]
    slowest = [max(each.seconds for each in those) for those in (usual, answered, again)]
    print(
        f"\n{name}: {statuses.count(200)} of {len(statuses)} answered 200 at the first attempt; slowest of {TILLS} at once without "
        f"a budget {slowest[0]:.2f} s, with the last won {slowest[1]:.2f} s, with none left {slowest[2]:.2f} s"
    )
    assert statuses == [200] * 2 * TILLS, [each.response.text for each in answered if each.response.is_error]
    won = [given(each) for each in (*answered, *again)]
    print(f"{name}: {sum(won[:TILLS])} of {LAST_WON} given at once, {sum(won)} in all; {sorted(won, reverse=True)}")
    assert _left(api, tokens, year, name) == LAST_WON - sum(won)
    assert 0 <= LAST_WON - sum(won) < 1_000
    assert max(slowest[1:]) < LOOKING_SECONDS + 3 * slowest[0]
    for each, part in zip((*answered, *again), won, strict=True):
        assert bool(each.response.json()["cut"]) == (part < 1_000)


def test_the_last_won_of_cashback_are_paid_once_and_every_accrual_is_stored(
    year: int, api: Api, tokens: Tokens, shops: dict[str, str], new_member: NewMember
) -> None:
    members = _members(api, tokens, new_member, "after")
    assert {each.response.status_code for each in _pay_at_once(api, tokens, members, shops[SHOP])} == {200}
    begun = time.monotonic()
    wait_for_cashback(*members)
    print(f"\nafter: all {TILLS} were posted {time.monotonic() - begun:.2f} s later")
    assert _left(api, tokens, year, "after") == 0
