"""Damage to rewards in their own purses: each kind is found under its check."""

import copy
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from eeum.audit.partition import Deviation
from eeum.calendar import SEOUL
from eeum.policy.use_cases import PolicyBook
from tests.audit.damaging import Change, Damage, assert_found, book_with, deviations, ledger_of, nth
from tests.audit.life import Items
from tests.stored_forms import INTO
from tests.use_cases.command_policies import Document, january_2021, layer, purse, world_under

LAST = datetime(2021, 4, 20, 9, 0, tzinfo=SEOUL)
IN_JUNG = {"fact": "merchant_district", "in": ["jung"]}
POINTS, PAYBACK = "points@2021-02", "payback@2021-02"


def _document() -> Document:
    """Ten per cent as points for a month, spendable in one district; five the next month; a lasting bonus; one per cent cashback."""
    document = january_2021(
        purses=[purse("points", expires_after={"months": 1}, spendable_at=IN_JUNG), purse("lasting")],
    )
    layers = [
        layer("points", "cashback", 1_000, into="points"),
        layer("later", "payback", 500),
        layer("cash", "cashback", 100),
        layer("bonus", "top_up_bonus", 200, into="lasting"),
    ]
    return document | {"layers": layers, "limits": []}


@cache
def _policies() -> PolicyBook:
    return book_with(_document())


@cache
def _lived() -> Items:
    """Points are spent, expire, and are taken back: 3,000, of which 1,000 were spent and 2,000 had expired."""
    world = world_under(_document())
    world.now = datetime(2021, 1, 10, 9, 0, tzinfo=SEOUL)
    payer, shop, market = world.member(), world.shop(), world.shop("2208162517", district="jung")
    world.top_up(payer, 100_000)
    paid = world.pay(payer, shop, 40_000).entry
    world.accrue(paid)
    world.now = datetime(2021, 2, 3, 9, 0, tzinfo=SEOUL)
    world.accrue(world.pay(payer, market, 1_000).entry, world.pay(payer, shop, 2_000).entry)
    world.now = datetime(2021, 3, 2, 9, 0, tzinfo=SEOUL)
    assert world.sweeping.wallet(world.wallet(payer.id), world.now)
    world.accrue(world.cancel(paid, 30_000).entry)
    world.accrue(world.cancel(paid).entry)
    return ledger_of(world)


@pytest.fixture
def life() -> Items:
    return copy.deepcopy(_lived())


def _deviations(items: Items) -> list[Deviation]:
    return deviations(items, LAST, _policies())


def _on(start: str, change: Change, place: int = 0) -> Damage:
    return nth(start, change, lambda item: str(item.get("accepted_at")), place)


def _instead(entry: dict[str, Any], name: str) -> None:
    """Replace the first purse of a payment."""
    entry["paid_from"][0][0] = name


DAMAGE: dict[str, tuple[str, Damage]] = {
    "points into cashback": ("cashback_rewards", _on("EARNING#", lambda e: e["rewards"][0].pop(INTO))),
    "points of another month": (
        "cashback_rewards",
        _on("EARNING#", lambda e: e["rewards"][0].__setitem__(INTO, "points@2021-03")),
    ),
    "a bonus in another purse": (
        "reward_into",
        _on("TOP_UP#", lambda e: e["rewards"][0].update(into="points@2021-02")),
    ),
    "points spent after their expiry": (
        "spent_at_another_time",
        _on("PAYMENT#", lambda e: _instead(e, "points@2021-01"), 1),
    ),
    "a payback spent before its month": (
        "spent_at_another_time",
        _on("PAYMENT#", lambda e: _instead(e, "payback@2021-03"), 1),
    ),
    "points spent elsewhere": ("spent_elsewhere", _on("PAYMENT#", lambda e: _instead(e, POINTS), 2)),
    "an expiry before its time": ("expiry", _on("EXPIRY#", lambda e: e.update(accepted_at="2021-02-28T23:59:59.999+09:00"))),
    "a payback that expires": ("expiry", _on("EXPIRY#", lambda e: e["purses"].update({PAYBACK: 1}))),
    "an expiry of another sum": ("expiry", _on("EXPIRY#", lambda e: e.update(amount=1))),
    "more expired points than there were": (
        "taken_back",
        _on("CORRECTION#", lambda e: e["expired"].update({POINTS: 10_000})),
    ),
    "expired points of a purse that nothing is taken from": (
        "taken_back",
        _on("CORRECTION#", lambda e: e.update(expired={"lasting@always": 1})),
    ),
    "an expiry of less than was taken back": (
        "taken_back",
        _on("EXPIRY#", lambda e: e["purses"].update({POINTS: 1})),
    ),
    "spent points without a debt": (
        "cashback_changes",
        _on("CORRECTION#", lambda e: e["cashback"].pop("purse/cashback"), -1),
    ),
    "points that never expire in the wallet": (
        "purse_terms",
        _on("WALLET", lambda e: e["purses"][POINTS].pop("until")),
    ),
    "a payback spendable at once": ("purse_terms", _on("WALLET", lambda e: e["purses"][PAYBACK].pop("until"))),
    "won without an entry": ("balance", _on("WALLET", lambda e: e["purses"]["lasting@always"].update(amount=1))),
}  # fmt: skip


def test_an_undamaged_ledger_with_purses_has_no_deviation(life: Items) -> None:
    assert _deviations(life) == []
    corrections = [item for item in life.values() if item["kind"] == "correction"]
    assert any(item.get("expired") for item in corrections)
    assert any(item["cashback"].get("purse/cashback", 0) < -300 for item in corrections)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_under_its_check(life: Items, damage: str) -> None:
    check, do = DAMAGE[damage]
    do(life)
    assert_found(check, _deviations(life))
