"""The invariant checker finds each kind of damage, done to the data of an ordinary day."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from eeum.storage import Key, Table
from tests.audit.life import stored
from tests.invariants import check_everything
from tests.stored_forms import WON
from tests.use_cases.world import World

Items = dict[Key, dict[str, Any]]


@pytest.fixture
def day(world: World) -> World:
    """An ordinary day in a world of its own: the damage must not fail the check at the end of the test."""
    own = World()
    payer, shop = own.member(charged=1_000_000, verified=True), own.shop()
    own.top_up(payer, 50_000)
    own.top_up(payer, 1)
    payments = [own.pay(payer, shop, amount).entry for amount in (400_000, 300_000, 10**9)]
    own.accrue(*payments[:2])
    held = own.pay(payer, shop, 50_000, hold=True).entry
    own.accrue(own.capture(held, 20_000).entry)
    own.accrue(own.cancel(payments[0], 100_000).entry)
    own.cancel(payments[1], 1_000)
    own.void(own.pay(payer, shop, 10_000, hold=True).entry)
    check_everything(own.memory)
    return own


def _of(items: Items, start: str) -> dict[str, Any]:
    return next(
        item for key, item in sorted(items.items()) if key.sk.startswith(start) and item.get("status") != "declined"
    )


def _move(items: Items, start: str, to: str) -> None:
    key = next(key for key in sorted(items) if key.sk.startswith(start))
    item = items.pop(key)
    moved = key._replace(sk=to)
    items[moved] = item | {"sk": to}


def _wallet_changed(change: Callable[[dict[str, Any]], Any]) -> Callable[[Items], Any]:
    return lambda items: change(_of(items, "WALLET"))


def _one_fewer(items: Items, start: str) -> None:
    item = _of(items, start)
    del items[next(key for key in items if items[key] is item)]


DAMAGE: dict[str, Callable[[Items], Any]] = {
    "a won that came from nowhere": _wallet_changed(lambda wallet: wallet["purses"]["charged"].update(amount=350_001)),
    "a purse below zero": _wallet_changed(lambda wallet: wallet["purses"].update(grant={"amount": -1})),
    "a payment that was lost": lambda items: _one_fewer(items, "PAYMENT#"),
    "a top-up that was lost": lambda items: _one_fewer(items, "TOP_UP#"),
    "an earning that was lost": lambda items: _one_fewer(items, "EARNING#"),
    "a wallet that was lost": lambda items: _one_fewer(items, "WALLET"),
    "postings that do not balance": lambda items: _of(items, "EARNING#")["postings"].update({"funder/city": -1}),
    "a number twice": lambda items: [
        item.update(number=1) for key, item in items.items() if key.sk.startswith("EARNING#")
    ],
    "an earning of too much": lambda items: _of(items, "EARNING#")["rewards"][0].__setitem__(WON, 1_000_000),
    "a use that is not counted": lambda items: _of(items, "EARNING#").update(used={}),
    "a use that the wallet does not know": _wallet_changed(lambda wallet: wallet.update(usage={})),
    "a use that the wallet made up": _wallet_changed(lambda wallet: wallet["usage"].update({"other@2021-01": 5})),
    "a capture that is not counted": _wallet_changed(lambda wallet: wallet.update(due=1)),
    "an accrual that is not counted": _wallet_changed(lambda wallet: wallet.update(posted=1)),
    "an earning under another month": lambda items: _move(items, "EARNING#", f"EARNING#2021-02#{'0' * 19}#0"),
    "an entry under another key": lambda items: _move(items, "TOP_UP#", f"TOP_UP#{'0' * 19}"),
    "a decline that moved money": lambda items: _of(items, "PAYMENT#").update(
        status="declined", decline="insufficient_funds"
    ),
    "a capture that was lost": lambda items: _one_fewer(items, "CAPTURE#"),
    "a capture of another part": lambda items: _of(items, "CAPTURE#").update(slice=[1, 20_001]),
    "a capture of another hold": lambda items: _of(items, "CAPTURE#").update(hold_hash="another"),
    "a release that was lost": lambda items: _one_fewer(items, "RELEASE#"),
    "a release of more": lambda items: _of(items, "RELEASE#").update(amount=10_001),
    "a cancellation that was lost": lambda items: _one_fewer(items, "CANCELLATION#"),
    "a cancellation of more than was paid": lambda items: _of(items, "CANCELLATION#").update(amount=500_000),
    "a correction that was lost": lambda items: _one_fewer(items, "CORRECTION#"),
    "a correction of too little": lambda items: _of(items, "CORRECTION#")["changes"].pop(),
    "a correction that releases too much": lambda items: _of(items, "CORRECTION#")["released"].append(["charged", 1]),
    "a progress that was lost": lambda items: _one_fewer(items, "PROGRESS#"),
    "a progress that forgot a cancellation": lambda items: [
        item.update(captures=[[400_000, 0, "2021-01"]])
        for item in items.values()
        if item.get("captures") == [[400_000, 100_000, "2021-01"]]
    ],
    "an amount that was changed after it was linked": lambda items: _of(items, "TOP_UP#").update(
        bank_reference="other"
    ),
    "a head that is another": _wallet_changed(lambda wallet: wallet["chain"].update(head="another")),
    "a link that was cut out": lambda items: _of(items, "EARNING#").pop("chain"),
    "a debt without a reason": _wallet_changed(lambda wallet: wallet.update(negative={"payment_id": "", "at": ""})),
    "an approved merchant that no search finds": lambda items: _of(items, "MERCHANT").pop("listed_in"),
    "a version without its name": lambda items: _one_fewer(items, "NAME#"),
    "a programme that never began": lambda items: _one_fewer(items, "BEGINNING"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(day: World, damage: str) -> None:
    items = {key: copy.deepcopy(item) for key, item in day.memory.everything()}
    DAMAGE[damage](items)
    with pytest.raises(AssertionError):
        check_everything(stored(items))


def test_months_with_a_gap_or_two_open_are_found(day: World) -> None:
    from tests.invariants import check_programme

    def month(name: str, status: str) -> dict[str, Any]:
        return {"kind": "month", "month": name, "status": status, "sk": f"MONTH#{name}"}

    others = day.memory.items(Table.PROGRAMME)
    check_programme([*others, month("2020-12", "closed"), month("2021-01", "open")])
    for first, second in (
        (month("2020-11", "closed"), month("2021-01", "open")),
        (month("2020-12", "open"), month("2021-01", "open")),
        (month("2020-12", "closed"), month("2021-01", "closed")),
    ):
        with pytest.raises(AssertionError):
            check_programme([*others, first, second])
