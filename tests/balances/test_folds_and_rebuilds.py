"""Folds and rebuilds at the same time and in any order: two runs over the same journal give the same balances."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eeum.balances.fold_store import FoldStore
from eeum.balances.folding import Folded
from eeum.balances.items import PROJECTION
from eeum.balances.rebuild import begin_rebuild, rebuild
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import BalancePage, Holder, Projection, page_of
from eeum.balances.store import BalanceStore
from eeum.balances.use_cases import Rebuilding
from eeum.journal.accounts import HolderKind
from eeum.journal.history import moved_at
from eeum.storage import Contended, SetTo, Table, Unavailable, Update
from tests.balances.journal import entries
from tests.balances.projecting import Died, Projecting
from tests.balances.test_folding import CHANGES, HALF, WANTED, WRITES, at_write, before_and_after, calm, every_write
from tests.balances.test_rebuild import AFTER_ALL, city, dying, in_turn
from tests.patience import patience_of


@pytest.fixture
def projecting() -> Projecting:
    return Projecting()


def rebuilt(projecting: Projecting, cut: datetime = AFTER_ALL) -> None:
    store = RebuildStore(projecting.storage, patience_of())
    rebuild(store, patience_of(), begin_rebuild(store), cut, in_turn(1))


# --- rebuilds during a fold, and folds during a rebuild
# ---------------------------------------------------------------------------------------------------


@before_and_after
@every_write
def test_a_rebuild_between_any_two_writes_of_a_fold_is_correct(write: int, moment: str) -> None:
    """The fold belongs to an earlier generation: its later writes count nowhere."""
    projecting = city(entries())
    projecting.bring(CHANGES[:HALF])
    at_write(projecting, write, moment, lambda: rebuilt(projecting))

    projecting.fold()
    calm(projecting)

    if projecting.projection.generation == 0:
        rebuilt(projecting)
    assert projecting.folded == projecting.balances == WANTED
    projecting.bring(CHANGES)
    projecting.fold()
    assert projecting.folded == WANTED
    projecting.check_shapes()


@before_and_after
@every_write
def test_a_fold_between_any_two_writes_of_a_rebuild_does_no_harm(write: int, moment: str) -> None:
    projecting = city(entries())
    projecting.bring(CHANGES[:HALF])
    projecting.fold()
    projecting.bring(CHANGES[HALF:])
    twin = Projecting(projecting.memory)
    at_write(projecting, write, moment, twin.fold)

    rebuilt(projecting)

    assert projecting.folded == projecting.balances == WANTED


@before_and_after
@every_write
def test_a_rebuild_after_an_interrupted_fold_is_correct(write: int, moment: str) -> None:
    projecting = city(entries())
    projecting.bring(CHANGES)
    projecting.memory.fault = dying(moment, write)
    with pytest.raises(Died):
        projecting.fold()
    calm(projecting)
    store = RebuildStore(projecting.storage, patience_of())
    begun = begin_rebuild(store)
    assert begun.before == WANTED
    projecting.fold()
    with pytest.raises(Rebuilding):
        projecting.bring(CHANGES)

    done = rebuild(store, patience_of(), begun, AFTER_ALL, in_turn(1))

    assert not done.differing
    assert projecting.folded == WANTED


def test_a_page_of_an_earlier_fold_does_not_count_after_a_rebuild(projecting: Projecting) -> None:
    shop = Holder(HolderKind.MERCHANT, "shop")
    store = FoldStore(projecting.storage, patience_of())
    rebuilding = RebuildStore(projecting.storage, patience_of())
    rebuilding.change_projection(Projection(1, as_of=projecting.now), None)
    store.replace(page_of(shop), BalancePage(0, 9, projecting.now, {shop: {"payable": 777}}), None)
    reading = BalanceStore(projecting.storage, patience_of())
    assert reading.merchant("shop").balances[shop]["payable"] == 0

    reading.append("shard", reading.fold_state("shard"), 1, {shop: {"payable": 5}}, projecting.now)
    projecting.fold()

    assert reading.merchant("shop").balances[shop]["payable"] == 5


def test_batches_of_an_older_generation_are_not_folded(projecting: Projecting) -> None:
    projecting.bring(CHANGES)
    begun = Projection(1, rebuilding=True)
    rebuilding = RebuildStore(projecting.storage, patience_of())
    rebuilding.change_projection(begun, projecting.projection)
    rebuilding.change_projection(begun._replace(rebuilding=False), begun)

    assert projecting.fold() == Folded(0, 0, projecting.now)
    assert projecting.folded == projecting.balances == {}


def test_nothing_is_folded_during_a_rebuild(projecting: Projecting) -> None:
    projecting.bring(CHANGES)
    projecting.fold()
    projecting.memory.transact([Update(PROJECTION, (SetTo(("rebuilding",), True),))], "a rebuild")
    before = projecting.memory.items(Table.BALANCES)

    assert projecting.fold().batches == 0

    assert projecting.memory.items(Table.BALANCES) == before


# --- any order of everything ----------------------------------------------------------------------------------------------

faults = st.sampled_from(
    [
        None,
        None,
        (Died, "before"),
        (Died, "after"),
        (Contended, "before"),
        (Unavailable, "before"),
        (Unavailable, "after"),
    ]
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["bring", "bring", "fold", "fold", "rebuild"]),
        st.integers(0, 6),
        st.integers(1, 5),
        faults,
        st.integers(1, WRITES),
        st.sampled_from([None, "fold", "bring"]),
    ),
    max_size=14,
)


class Ordeal:
    """A projection whose stream is delivered, whose batches are folded and whose balances are rebuilt, in any order."""

    def __init__(self) -> None:
        self.projecting = city(entries())
        self.reached = 0

    def do(self, act: str, back: int, size: int) -> None:
        if act == "fold":
            self.projecting.fold()
        elif act == "bring":
            start = max(0, self.reached - back)
            try:
                self.projecting.bring(CHANGES[start : start + size])
            except Rebuilding:
                return
            self.reached = max(self.reached, start + size)
        else:
            # A rebuild's cut comes after all that the stream delivered before, as its caller ensures.
            brought = [moved_at(item) for item in entries()[: self.reached]]
            cut = max(brought, default=moved_at(entries()[0])) + timedelta(milliseconds=1)
            rebuilt(self.projecting, cut)

    def interrupted(self, fault: tuple[type[Exception], str] | None, number: int, other: str | None) -> None:
        if fault:
            error, moment = fault
            at_write(self.projecting, number, moment, lambda: _raise(error))
        elif other:
            at_write(self.projecting, number, "before", lambda: self.do(other, 2, 3))


def _raise(error: type[Exception]) -> None:
    raise error


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=80)
@given(steps)
def test_any_two_runs_over_the_same_journal_give_the_same_balances(
    steps: list[tuple[str, int, int, tuple[type[Exception], str] | None, int, str | None]],
) -> None:
    ordeal = Ordeal()
    for act, back, size, fault, number, other in steps:
        # A rebuild switches the stream's source off, so no delivery runs at the same time.
        ordeal.interrupted(fault, number, "fold" if other and act == "rebuild" else other)
        with suppress(Died):
            ordeal.do(act, back, size)
        calm(ordeal.projecting)
    if ordeal.projecting.projection.rebuilding:
        ordeal.do("rebuild", 0, 0)
    ordeal.do("bring", 0, len(CHANGES))
    assert ordeal.projecting.balances == WANTED

    ordeal.projecting.fold()

    assert ordeal.projecting.folded == ordeal.projecting.balances == WANTED
    ordeal.projecting.check_shapes()
