"""Damage to the debts between purses: each kind is found under its check."""

import copy
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from eeum.audit.partition import Deviation
from eeum.calendar import SEOUL
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Key
from tests.audit.damaging import Change, Damage, assert_found, book_with, deviations, ledger_of, nth
from tests.audit.life import Items
from tests.use_cases.command_policies import Document, january_2021, layer, purse, world_under

LAST = datetime(2021, 1, 20, 9, 0, tzinfo=SEOUL)
POINTS = "points@2021-02"


def _document() -> Document:
    document = january_2021(purses=[purse("points", expires_after={"months": 1})])
    return document | {"layers": [layer("points", "cashback", 1_000, into="points")], "limits": []}


@cache
def _policies() -> PolicyBook:
    return book_with(_document())


@cache
def _lived(*, undone: bool) -> Items:
    """Points are earned, paid, held and owed; their purchase is undone in two parts, completely or except for 3,000 won."""
    world = world_under(_document())
    payer, shop = world.member(), world.shop()
    world.top_up(payer, 200_000)
    paid = world.pay(payer, shop, 100_000).entry
    world.accrue(paid)
    spent = world.pay(payer, shop, 6_000).entry
    held = world.pay(payer, shop, 4_000, hold=True).entry
    world.accrue(spent)
    world.accrue(world.cancel(paid).entry)
    world.void(held)
    world.accrue(world.cancel(spent, 3_000).entry)
    if undone:
        world.accrue(world.cancel(spent).entry)
    return ledger_of(world)


def _deviations(items: Items) -> list[Deviation]:
    return deviations(items, LAST, _policies())


def _on(start: str, change: Change, place: int = 0) -> Damage:
    return nth(start, change, lambda item: item.get("number", 0), place)


def _back_to_points(items: Items) -> None:
    """As before purses owed each other: undone money comes back as points, and the wallet agrees with its entries."""
    correction, wallet = items[_key(items, 2)], next(item for key, item in items.items() if key.sk == "WALLET")
    correction["released"] = [[POINTS, 3_000]]
    correction["postings"] = {"purse/refund_pending": -3_000, f"purse/{POINTS}": 3_000}
    correction.pop("repaid")
    wallet["purses"]["charged"]["amount"] -= 3_000
    wallet["purses"][POINTS]["amount"] += 3_000
    wallet["debts"] = {POINTS: {"charged": 3_000}}


def _key(items: Items, place: int) -> Key:
    corrections = [key for key in items if key.sk.startswith("CORRECTION#")]
    return sorted(corrections, key=lambda key: items[key]["number"])[place]


DAMAGE: dict[str, tuple[str, Callable[[Items], Any]]] = {
    "a debt missing in the wallet": ("debts", _on("WALLET", lambda e: e.pop("debts"))),
    "a debt of another amount": ("debts", _on("WALLET", lambda e: e["debts"][POINTS].update(charged=2_999))),
    "a debt to another purse": ("debts", _on("WALLET", lambda e: e.update(debts={POINTS: {"cashback": 3_000}}))),
    "a debt without an entry": ("debts", _on("WALLET", lambda e: e["debts"].update(cashback={"charged": 1}))),
    "spent points that are too low": ("debt_of_spent", _on("CORRECTION#", lambda e: e["spent"].update({POINTS: 9_999}))),
    "spent points of another purse": (
        "debt_of_spent",
        _on("CORRECTION#", lambda e: e["spent"].update({"points@2021-03": 1})),
    ),
    "a recovery from another purse": (
        "recovered_from",
        _on("CORRECTION#", lambda e: e.update(recovered_from={"cashback": 10_000})),
    ),
    "a recovery from no purse": ("recovered_from", _on("CORRECTION#", lambda e: e.pop("recovered_from"))),
    "a refund without repayments": ("repaid", _on("CORRECTION#", lambda e: e.pop("repaid"), 1)),
    "a refund that repays another purse": (
        "repaid",
        _on("CORRECTION#", lambda e: e["repaid"][0].__setitem__(1, "cashback"), 1),
    ),
    "a refund paid to the points": (
        "refund",
        _on("CORRECTION#", lambda e: e.update(released=[[POINTS, 3_000]]), 1),
    ),
    "a release without repayments": ("repaid", _on("RELEASE#", lambda e: e.update(repaid=[], returned=[[POINTS, 4_000]]))),
    "a release paid to the points": ("release_amount", _on("RELEASE#", lambda e: e.update(returned=[[POINTS, 4_000]]))),
}  # fmt: skip


@pytest.mark.parametrize("undone", [True, False])
def test_an_undamaged_ledger_with_debts_has_no_deviation(undone: bool) -> None:
    items = _lived(undone=undone)
    assert _deviations(items) == []
    (wallet,) = [item for key, item in items.items() if key.sk == "WALLET"]
    assert wallet.get("debts", {}) == ({} if undone else {POINTS: {"charged": 3_000}})


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_under_its_check(damage: str) -> None:
    name, do = DAMAGE[damage]
    items = copy.deepcopy(_lived(undone=False))
    do(items)
    assert_found(name, _deviations(items))


def test_after_everything_was_undone_a_wallet_must_hold_what_was_loaded() -> None:
    """The check works alone: everything else agrees."""
    items = copy.deepcopy(_lived(undone=True))
    _back_to_points(items)
    found = {each.check: each.detail for each in _deviations(items)}
    assert "balance" not in found
    assert found["undone_not_restored"].startswith("everything was undone, but ")
    assert {"repaid", "undone_not_restored"} <= found.keys()
