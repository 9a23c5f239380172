"""Balances of a wallet at past instants: every balance that it had, and no other."""

from datetime import datetime, timedelta

import pytest

from eeum.calendar import SEOUL, parse_instant
from eeum.errors import Invalid
from eeum.journal.history import balances_at, balances_of_wallet_at, moved_at
from eeum.journal.store import JournalStore
from eeum.storage import Table
from tests.balances.journal import entries, lively
from tests.use_cases.world import World

NOW = datetime(2021, 1, 5, 12, 0, tzinfo=SEOUL)


def test_every_past_balance_is_found_at_its_instant() -> None:
    """Note the wallet's purses after each step; afterwards the journal must give the same."""
    world = World()
    wallet, shop = world.member("payer"), world.shop()
    noted: list[tuple[datetime, dict[str, int]]] = []

    def note() -> None:
        noted.append((world.now, world.balances(wallet)))
        world.now += timedelta(hours=7)

    note()
    world.top_up(wallet, 300_000)
    note()
    paid = world.pay(wallet, shop, 30_000).entry
    note()
    world.accrue(paid)
    note()
    hold = world.pay(wallet, shop, 50_000, hold=True).entry
    note()
    captured = world.capture(hold, 20_000).entry
    note()
    world.void(hold)
    note()
    world.accrue(captured)
    note()
    cancelled = world.cancel(paid, 10_000).entry
    note()
    world.accrue(cancelled)
    note()

    told = [
        balances_of_wallet_at(JournalStore(world.memory), wallet.id, at + timedelta(hours=more), world.now)
        for at, _ in noted
        for more in (0, 6)
    ]
    assert told == [balances for _, balances in noted for _ in range(2)]
    assert {purse for balances in told for purse in balances} == {"charged", "cashback", "held", "refund_pending"}


def test_the_present_balance_is_the_wallet_s() -> None:
    world = lively()
    for name in ("payer", "other"):
        wallet = world.member(name)
        assert balances_of_wallet_at(JournalStore(world.memory), wallet.id, world.now, world.now) == world.balances(
            wallet
        )


def test_accruals_move_money_when_posted_and_other_entries_when_accepted() -> None:
    for item in entries():
        wanted = item["posted_at"] if item["kind"] in ("earning", "correction") else item["accepted_at"]
        assert moved_at(item) == parse_instant(wanted, "at")


def test_an_instant_includes_its_own_movements_but_none_a_millisecond_later() -> None:
    top_up = {
        "kind": "top_up",
        "accepted_at": "2021-01-05T12:00:00.000+09:00",
        "postings": {"bank/lee": -5, "purse/charged": 5},
    }

    assert balances_at([top_up], NOW) == {"charged": 5, "cashback": 0}
    assert balances_at([top_up], NOW - timedelta(milliseconds=1)) == {"charged": 0, "cashback": 0}


def test_entries_that_moved_no_money_are_skipped() -> None:
    world = World()
    wallet = world.member("payer", charged=0, verified=True)
    world.top_up(wallet, 30_000)
    world.pay(wallet, world.shop(), 50_000)
    kinds = {item["kind"] for item in world.memory.items(Table.LEDGER)}
    assert {"wallet", "standing", "payment"} <= kinds

    assert balances_of_wallet_at(JournalStore(world.memory), wallet.id, world.now, world.now)["charged"] == 30_000


def test_a_future_instant_is_refused() -> None:
    world = World()
    wallet = world.member("payer")
    with pytest.raises(Invalid) as refused:
        balances_of_wallet_at(JournalStore(world.memory), wallet.id, world.now + timedelta(milliseconds=1), world.now)
    assert (refused.value.field, refused.value.reason) == ("at", "not_past")
