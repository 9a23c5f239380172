"""The fold adds each batch to the pages once, whatever fails, repeats, appends or rebuilds between any two of its calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import pytest

from eeum.balances.fold_store import FoldStore
from eeum.balances.folding import BatchesMissing, Folded
from eeum.balances.items import round_partition
from eeum.balances.rules import PAGES, Holder, by_page, every_page, page_of
from eeum.balances.store import BalanceStore
from eeum.balances.whole import whole
from eeum.errors import Busy
from eeum.journal.accounts import HolderKind
from eeum.merchants.rules import merchant_id_of
from eeum.storage import Contended, Table, Unavailable, Write
from tests.balances.journal import changes_of, entries, reference, without_zeros
from tests.balances.projecting import Died, Projecting, failing
from tests.balances.test_rebuild import dying
from tests.patience import patience_of

WANTED = without_zeros(reference(entries()))
CHANGES = changes_of(entries())
HALF = len(CHANGES) // 2
WRITES = 2 + len(by_page(WANTED))
"""The writes of a complete fold: close the round, store each page, end the round."""
every_write = pytest.mark.parametrize("write", range(1, WRITES + 1))
before_and_after = pytest.mark.parametrize("moment", ["before", "after"])
Fault = Callable[[str, Sequence[Write]], None]


@pytest.fixture
def projecting() -> Projecting:
    return Projecting()


def at_write(projecting: Projecting, number: int, moment: str, act: Callable[[], object]) -> None:
    """Run `act` before or after the write with this number, counted from now."""
    calls = [0]

    def fault(at: str, _: Sequence[Write]) -> None:
        calls[0] += at == moment
        if calls[0] == number:
            projecting.memory.fault = lambda moment, writes: None
            act()

    projecting.memory.fault = fault


def calm(projecting: Projecting) -> None:
    projecting.memory.fault = lambda moment, writes: None


# --- results -----------------------------------------------------------------------------------------------------


def test_batches_are_added_to_the_pages_once(projecting: Projecting) -> None:
    projecting.bring(CHANGES[:HALF])
    projecting.bring(CHANGES[HALF:])
    assert projecting.folded == {}

    assert projecting.fold() == Folded(2, WRITES - 2, projecting.now)

    assert projecting.folded == projecting.balances == WANTED
    assert projecting.fold() == Folded(0, 0, projecting.now)
    assert projecting.folded == WANTED
    projecting.check_shapes()


def test_a_fold_after_missed_hours_adds_everything(projecting: Projecting) -> None:
    for change in CHANGES:
        projecting.bring([change])
        projecting.now += timedelta(hours=5)

    assert projecting.fold().batches == len(projecting.memory.items(Table.BALANCES)) - 2 - (WRITES - 2)
    assert projecting.folded == WANTED


def test_a_page_in_which_nothing_changes_is_not_written(projecting: Projecting) -> None:
    projecting.bring(CHANGES)
    projecting.fold()
    before = projecting.memory.costs.write_units

    projecting.fold()

    assert projecting.memory.costs.write_units == before + 4, "only the writes that close and end the round"


def test_nothing_is_folded_before_anything_was_counted(projecting: Projecting) -> None:
    assert projecting.fold() == Folded(0, 0, None)
    assert projecting.memory.items(Table.BALANCES) == []


def test_counts_of_zero_are_not_stored(projecting: Projecting) -> None:
    shop = Holder(HolderKind.MERCHANT, "shop")
    store = BalanceStore(projecting.storage, patience_of())
    for sequence, won in ((1, 500), (2, -500)):
        store.append("shard", store.fold_state("shard"), sequence, {shop: {"payable": won}}, projecting.now)
        projecting.fold()

    assert projecting.folded == {}


def test_pages_fill_evenly_and_a_large_city_s_page_takes_one_unit() -> None:
    shops = [Holder(HolderKind.MERCHANT, merchant_id_of(f"{number:010}")) for number in range(50_000)]
    sizes = [len(holders) for holders in by_page({shop: {} for shop in shops}).values()]

    assert set(map(page_of, shops)) <= set(every_page())
    assert len(every_page()) == len(set(every_page())) == PAGES + 1
    assert max(sizes) < 3 * sum(sizes) / PAGES


# --- the instant of balances ----------------------------------------------------------------------------------------


def test_balances_have_the_instant_at_which_their_round_was_closed(projecting: Projecting) -> None:
    store = BalanceStore(projecting.storage, patience_of())
    projecting.bring(CHANGES)
    assert store.programme() == ({}, None)
    projecting.fold()
    first = projecting.now
    assert store.programme().as_of == store.merchant("unknown").as_of == first
    projecting.fold()
    assert store.programme().as_of == projecting.now == first + timedelta(minutes=1)


def test_no_instant_is_earlier_than_the_one_before(projecting: Projecting) -> None:
    """Clocks of machines differ, and a clock may be set back."""
    projecting.bring(CHANGES)
    projecting.fold()
    last = projecting.now
    projecting.now -= timedelta(hours=1)

    assert projecting.fold().as_of == last


@every_write
def test_after_an_interrupted_fold_each_page_has_its_own_instant(projecting: Projecting, write: int) -> None:
    projecting.bring(CHANGES[:HALF])
    projecting.fold()
    first = projecting.now
    projecting.bring(CHANGES[HALF:])
    projecting.memory.fault = dying("after", write)
    with suppress(Died):
        projecting.fold()
    calm(projecting)

    by_instant = {first: reference(entries()[:HALF]), projecting.now: reference(entries())}
    store = BalanceStore(projecting.storage, patience_of())
    for holder in WANTED:
        told = store.merchant(holder.name) if holder.kind is HolderKind.MERCHANT else store.programme()
        assert told.as_of
        wanted = without_zeros(by_instant[told.as_of]).get(holder, {})
        assert without_zeros(told.balances).get(holder, {}) == wanted


# --- failures and concurrent writes ----------------------------------------------------------------------------------------------


@before_and_after
@every_write
def test_a_fold_that_dies_at_any_write_is_continued(projecting: Projecting, write: int, moment: str) -> None:
    projecting.bring(CHANGES)
    projecting.memory.fault = dying(moment, write)
    with pytest.raises(Died):
        projecting.fold()
    calm(projecting)
    assert projecting.balances == WANTED, "batches in no page yet count"

    projecting.fold()

    assert projecting.folded == projecting.balances == WANTED
    projecting.check_shapes()


@pytest.mark.parametrize(("error", "moment"), [(Contended, "before"), (Unavailable, "before"), (Unavailable, "after")])
@every_write
def test_a_fold_survives_conflicts_and_lost_answers(
    projecting: Projecting, error: type[Exception], moment: str, write: int
) -> None:
    projecting.bring(CHANGES)
    at_write(projecting, write, moment, lambda: _fail(projecting, error, moment))

    projecting.fold()

    assert projecting.folded == WANTED


def _fail(projecting: Projecting, error: type[Exception], moment: str) -> None:
    projecting.memory.fault = failing(error, moment, times=2)
    raise error


@before_and_after
@every_write
def test_with_two_folds_at_once_each_page_is_written_by_one(projecting: Projecting, write: int, moment: str) -> None:
    projecting.bring(CHANGES)
    twin = Projecting(projecting.memory)
    at_write(projecting, write, moment, twin.fold)

    projecting.fold()

    assert projecting.folded == projecting.balances == WANTED


@before_and_after
@every_write
def test_a_batch_appended_during_a_fold_is_in_this_round_or_the_next(
    projecting: Projecting, write: int, moment: str
) -> None:
    projecting.bring(CHANGES[:HALF])
    at_write(projecting, write, moment, lambda: projecting.bring(CHANGES[HALF:]))
    projecting.fold()
    calm(projecting)
    projecting.bring(CHANGES[HALF:])
    assert projecting.balances == WANTED

    projecting.fold()

    assert projecting.folded == WANTED


@before_and_after
@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_batch_appended_to_a_closed_round_goes_to_the_next(projecting: Projecting, write: int, moment: str) -> None:
    """The round is closed and folded between the consumer's read and its write."""
    twin = Projecting(projecting.memory)
    for number, part in enumerate((CHANGES[:5], CHANGES[5:9], CHANGES[9:]), 1):
        if number == write:
            at_write(projecting, 1, moment, twin.fold)
        projecting.bring(part)

    assert projecting.balances == WANTED
    projecting.fold()
    assert projecting.folded == WANTED


@before_and_after
@every_write
def test_all_balances_are_exact_during_a_fold(write: int, moment: str) -> None:
    """Between the reads of batches and of pages, a fold continues, ends, or begins."""

    class Interrupted(FoldStore):
        def every_page(self, names: Sequence[str]) -> object:  # type: ignore[override]
            twin.memory.fault = lambda moment, writes: None
            twin.fold()
            return super().every_page(names)

    projecting = Projecting()
    twin = Projecting(projecting.memory)
    projecting.bring(CHANGES)
    projecting.memory.fault = dying(moment, write)
    with pytest.raises(Died):
        projecting.fold()
    calm(projecting)

    found = whole(Interrupted(projecting.storage, patience_of()), projecting.projection)

    assert found == WANTED


def test_a_missing_batch_is_an_error(projecting: Projecting) -> None:
    """This happens if no fold succeeds for longer than batches are kept."""
    projecting.bring(CHANGES[:HALF])
    projecting.bring(CHANGES[HALF:])
    memory = projecting.memory
    partition = round_partition(0, 1)
    lost = memory._sorted[Table.BALANCES, partition].pop()
    assert lost

    with pytest.raises(BatchesMissing, match="2 batches were appended to round 1, but 1 are stored"):
        projecting.fold()

    assert projecting.folded == {}


def test_a_fold_without_time_left_raises_and_the_next_continues(projecting: Projecting) -> None:
    projecting.bring(CHANGES)
    projecting.seconds = 1.0
    at_write(projecting, 3, "before", lambda: _fail_for_ever(projecting))
    with pytest.raises(Busy):
        projecting.fold()
    calm(projecting)

    projecting.fold()

    assert projecting.folded == WANTED


def _fail_for_ever(projecting: Projecting) -> None:
    projecting.memory.fault = failing(Contended, "before", times=10**6)
    raise Contended
