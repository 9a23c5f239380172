"""Purses of rewards: accruals open, fill and draw on them, and a sweep removes what has expired."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.cashback.plan import PostingEntry, WalletPlan
from eeum.cashback.store import CashbackStore
from eeum.journal.store import JournalStore
from eeum.storage import ConditionsFailed, Storage, Write
from eeum.wallet.expiry import Expiry
from eeum.wallet.expiry_store import ExpiryStore
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Negative, Purse, Wallet
from eeum.wallet.store import WalletStore
from tests.contract.cases import case
from tests.contract.cases.commands import another_funding, funding_of, granted
from tests.contract.cases.earnings import correction
from tests.contract.cases.funded_postings import drawn_elsewhere, returned
from tests.contract.examples import NOON, earning, payment, stored_wallet
from tests.contract.plans import plan_of
from tests.patience import patience_of

POINTS, OTHERS = "points@2021-02", "others@always"


def _read(storage: Storage, wallet_id: str) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert found is not None
    return found


def moving(opened: Wallet, moves: Mapping[str, int], *kinds: str, **said: Any) -> WalletPlan:
    """A plan with the moves that a case names, instead of those that follow from its entries."""
    needed = {purse_id: -won for purse_id, won in moves.items() if won < 0 and purse_id != "cashback"}
    earned = earning(payment(opened.id), 1)
    entries: dict[str, PostingEntry] = {"earning": earned, "correction": correction(earned, len(kinds), 500)}
    return plan_of(opened, *(entries[kind] for kind in kinds), moved=moves, needs_in_purses=needed, **said)


def _moves() -> Iterator[dict[str, int]]:
    """Moves into and out of a purse that exists, into a new one, and into cashback, in every combination."""
    for there, opened, cash in itertools.product((None, 5, -5), (None, 7), (None, 3)):
        moves = {POINTS: there, OTHERS: opened, "cashback": cash}
        yield {each: won for each, won in moves.items() if won is not None}


ENTRIES = {
    "an_earning": ("earning",),
    "a_correction": ("correction",),
    "an_earning_and_its_correction": ("earning", "correction"),
}
FUNDED: Mapping[str, Callable[[Storage], Sequence[Write]]] = {
    "nothing": lambda _: (),
    "its_own_shard": lambda storage: (own := another_funding(storage)).writes(granted(storage, own, 100)),
    "what_it_returns": lambda storage: returned(storage, another_funding(storage), 100),
    "other_shards": lambda storage: [
        *returned(storage, another_funding(storage), 100),
        *drawn_elsewhere(storage, 100),
    ],
}


def _moves_rewards(storage: Storage, kinds: Sequence[str], funded: Callable[[Storage], Sequence[Write]]) -> None:
    # The shard has money, so that a part can be returned.
    granted(storage, funding_of(storage, 10_000_000), 100)
    store = CashbackStore(storage)
    everything = itertools.product(_moves(), (True, False), (None, Negative("payment", NOON)))
    for number, (moves, rests, negative) in enumerate(everything):
        points = purse_named(POINTS)._replace(amount=10)
        opened = stored_wallet(storage, f"member {number}", cashback=50, rewards=[points])
        plan = moving(opened, moves, *kinds, needs_same_cashback=rests, negative=negative)
        store.accrue([plan], patience_of(), funded(storage))
        after = _read(storage, opened.id)
        assert after.purse(POINTS) == points._replace(amount=10 + moves.get(POINTS, 0))
        new = purse_named(OTHERS)._replace(amount=7) if OTHERS in moves else None
        assert after.purse(OTHERS) == new
        assert after.balance("cashback") == 50 + moves.get("cashback", 0)


def _case_of(entries: str, funding: str) -> None:
    def moves_rewards(storage: Storage) -> None:
        _moves_rewards(storage, ENTRIES[entries], FUNDED[funding])

    moves_rewards.__name__ = f"{entries}_funded_by_{funding}_moves_rewards_into_purses_and_out_of_them"
    case(moves_rewards)


# Separate cases: moto copies every table per transaction, so one long case costs the square of its length in time and memory.
for _entries, _funding in itertools.product(ENTRIES, FUNDED):
    _case_of(_entries, _funding)


@case
def rewards_that_were_spent_meanwhile_are_not_taken_back_from_their_purse(storage: Storage) -> None:
    opened = stored_wallet(storage, rewards=[purse_named(POINTS)._replace(amount=10)])
    with pytest.raises(ConditionsFailed):
        CashbackStore(storage).accrue([moving(opened, {POINTS: -11}, "earning")], patience_of())
    CashbackStore(storage).accrue([moving(opened, {POINTS: -10}, "earning")], patience_of())
    assert _read(storage, opened.id).balance(POINTS) == 0


@case
def a_sweep_removes_expired_rewards_with_a_link_and_old_purses(storage: Storage) -> None:
    store = ExpiryStore(storage, patience_of())
    opened = stored_wallet(
        storage, rewards=[purse_named(POINTS)._replace(amount=10), purse_named("points@2021-01")._replace(amount=3)]
    )
    march = datetime(2021, 3, 1, tzinfo=SEOUL)
    old = opened.purse("points@2021-01")
    assert old is not None
    first = Expiry(opened.id, march, {POINTS: 10, old.id: 3})
    store.sweep(opened, first, [old])
    swept = _read(storage, opened.id)
    assert swept.chain.length == 1
    assert {each.id: each.amount for each in swept.purses if "@" in each.id} == {POINTS: 0}
    entry = next(each for each in JournalStore(storage).entries(opened.id) if each["kind"] == "expiry")
    assert entry["postings"] == {f"purse/{POINTS}": -10, f"purse/{old.id}": -3, "expired/points": 13}
    assert CashbackStore(storage).expired(opened.id, [POINTS, OTHERS]) == {POINTS: 10, OTHERS: 0}
    with pytest.raises(ConditionsFailed):
        store.sweep(opened, first, [])
    store.sweep(swept, None, [purse_named(POINTS)])
    assert _read(storage, opened.id).purse(POINTS) is None
    for number, (past, leaves) in enumerate(((True, True), (False, True))):
        other = stored_wallet(storage, f"other {number}", rewards=[purse_named(POINTS)._replace(amount=10)])
        gone = [Purse(POINTS, 10)] if past else []
        store.sweep(other, Expiry(other.id, march, {POINTS: 10}) if leaves else None, gone)
        assert _read(storage, other.id).balance(POINTS) == 0


@case
def a_purse_that_was_credited_meanwhile_is_not_swept(storage: Storage) -> None:
    store = ExpiryStore(storage, patience_of())
    points = purse_named(POINTS)
    opened = stored_wallet(storage, rewards=[points])
    for expiry, past in (
        (Expiry(opened.id, NOON + timedelta(1), {POINTS: 1}), []),
        (None, [points._replace(amount=1)]),
    ):
        with pytest.raises(ConditionsFailed):
            store.sweep(opened, expiry, past)
    assert _read(storage, opened.id) == opened
