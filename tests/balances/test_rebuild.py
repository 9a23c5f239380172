"""A rebuild from the journal gives the stream's balances, whatever was stored before, and the stream continues after it."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eeum.balances.fold_store import FoldStore
from eeum.balances.rebuild import Found, Rebuilt, begin_rebuild, rebuild
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import BalancePage, Holder, Projection, page_of
from eeum.balances.use_cases import Rebuilding
from eeum.journal.accounts import HolderKind
from eeum.journal.history import moved_at
from eeum.storage import ConditionsFailed, Contended, Key, Put, Table, Unavailable
from tests.balances.journal import changes_of, entries, reference, without_zeros
from tests.balances.projecting import Died, Projecting, failing
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of

WANTED = without_zeros(reference(entries()))
LAST = max(moved_at(item) for item in entries())
AFTER_ALL = LAST + timedelta(seconds=1)
WRITES = 2 + len({page_of(holder) for holder in WANTED})
"""The writes of a rebuild: its beginning, each page, and its end."""


def city(items: Iterable[dict[str, Any]] = ()) -> Projecting:
    """A projection over a ledger with these entries, and with items that are not entries."""
    memory = InMemoryStorage()
    other = [
        {"pk": "WALLET#1", "sk": "WALLET", "kind": "wallet"},
        {"pk": "WALLET#1", "sk": "PROGRESS#1", "kind": "progress"},
    ]
    for number, item in enumerate([*other, *items]):
        memory.transact([Put(Key(Table.LEDGER, item["pk"], item["sk"]), item)], f"entry-{number}")
    return Projecting(memory)


def dying(moment: str, write: int) -> Callable[[str, object], None]:
    """The process dies before or after the write with this number, counted from one."""
    calls = [0]

    def fault(at: str, _: object) -> None:
        calls[0] += at == moment
        if calls[0] == write:
            calls[0] += 1
            raise Died

    return fault


def in_turn(segments: int) -> Callable[[Callable[[int], Found]], Iterable[Found]]:
    return lambda count: map(count, range(segments))


def rebuilt(projecting: Projecting, cut: Any = AFTER_ALL, segments: int = 1) -> Rebuilt:
    store = RebuildStore(projecting.storage, patience_of())
    return rebuild(store, patience_of(), begin_rebuild(store), cut, in_turn(segments), segments)


@pytest.mark.parametrize("segments", [1, 4])
def test_a_rebuild_gives_what_the_stream_gave(segments: int) -> None:
    projecting = city(entries())
    projecting.bring(changes_of(entries()))
    before = projecting.balances

    done = rebuilt(projecting, segments=segments)

    assert projecting.balances == before == WANTED
    assert done.found.entries == len(entries())
    assert not done.differing
    projecting.check_shapes()


def test_without_any_balances_it_gives_the_same() -> None:
    projecting = city(entries())

    done = rebuilt(projecting)

    assert projecting.balances == WANTED
    assert set(done.differing) == set(WANTED)


def test_a_second_rebuild_changes_nothing() -> None:
    projecting = city(entries())
    rebuilt(projecting)

    assert not rebuilt(projecting).differing
    assert projecting.balances == WANTED


def test_wrong_balances_are_reported_and_corrected() -> None:
    projecting = city(entries())
    projecting.bring(changes_of(entries()))
    projecting.fold()
    store = FoldStore(projecting.storage, patience_of())
    holder = next(holder for holder in WANTED if holder.kind is HolderKind.MERCHANT)
    (page,) = store.pages([page_of(holder)])
    assert page
    store.replace(page_of(holder), page._replace(balances={**page.balances, holder: {"payable": 77}}), page)
    never = Holder(HolderKind.MERCHANT, "a merchant without payments")
    store.replace(page_of(never), BalancePage(0, 1, page.as_of, {never: {"payable": 5}}), None)

    done = rebuilt(projecting)

    assert set(done.differing) == {holder, never}
    assert done.differing[holder][0]["payable"] == 77
    assert done.differing[never] == ({"payable": 5, "reward": 0}, {"payable": 0, "reward": 0})
    assert projecting.balances == WANTED
    # It is not returned during another rebuild either, while earlier pages still count.
    begin_rebuild(RebuildStore(projecting.storage, patience_of()))
    assert projecting.folded == WANTED


def test_batches_without_a_fold_are_not_reported_as_wrong() -> None:
    projecting = city(entries())
    projecting.bring(changes_of(entries())[:7])
    projecting.fold()
    projecting.bring(changes_of(entries())[7:])

    assert not rebuilt(projecting).differing


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(entries())), st.integers(0, len(entries())), st.integers(0, 6), st.booleans())
def test_the_stream_continues_from_the_cut(counted: int, moment: int, back: int, is_late: bool) -> None:
    """Wherever the stream and the cut are: either the rebuild or the stream counts each entry, and only one of them.

    This holds if the stream delivers records again, and whether or not the entries after the cut are stored yet.
    """
    instants = sorted(moved_at(item) for item in entries())
    cut = instants[moment] if moment < len(instants) else AFTER_ALL
    # What was counted before had moved when the source was switched off; the cut is later.
    assume(all(moved_at(item) < cut for item in entries()[:counted]))
    before_the_cut = [item for item in entries() if moved_at(item) < cut]
    projecting = city(before_the_cut if is_late else entries())
    changes = changes_of(entries())
    projecting.bring(changes[:counted])

    done = rebuilt(projecting, cut)

    assert done.found.entries == len(before_the_cut)
    assert projecting.balances == without_zeros(reference(before_the_cut))
    projecting.bring(changes[max(0, counted - back) :])
    assert projecting.balances == WANTED


def test_the_stream_skips_entries_that_the_rebuild_counts() -> None:
    projecting = city(entries())
    rebuilt(projecting)

    outcome = projecting.bring(changes_of(entries()))

    assert (outcome.counted, outcome.before) == (0, len(entries()))
    assert projecting.balances == WANTED


def test_the_stream_counts_an_entry_at_the_cut() -> None:
    items = [item for item in entries() if moved_at(item) <= LAST]
    projecting = city(items)

    rebuilt(projecting, cut=LAST)
    projecting.bring(changes_of(items))

    assert projecting.balances == WANTED


def test_the_stream_counts_nothing_during_a_rebuild_and_everything_after_it() -> None:
    projecting = city(entries())
    store = RebuildStore(projecting.storage, patience_of())
    begun = begin_rebuild(store)
    with pytest.raises(Rebuilding):
        projecting.bring(changes_of(entries()))
    first = min(moved_at(item) for item in entries())

    rebuild(store, patience_of(), begun, first, in_turn(1))
    projecting.bring(changes_of(entries()))

    assert projecting.balances == WANTED


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_an_interrupted_rebuild_is_started_again(moment: str, write: int) -> None:
    projecting = city(entries())
    projecting.bring(changes_of(entries())[:5])
    projecting.fold()
    before = projecting.folded
    projecting.bring(changes_of(entries())[5:8])
    projecting.memory.fault = dying(moment, write)
    with pytest.raises(Died):
        rebuilt(projecting)
    projecting.memory.fault = failing(Died, "never")
    if projecting.projection.rebuilding:
        projecting.fold()
        assert set(before) <= set(projecting.folded), "until the rebuild ends the earlier pages count"

    done = rebuilt(projecting)

    assert done.found.entries == len(entries())
    assert projecting.balances == projecting.folded == WANTED
    projecting.fold()
    assert projecting.folded == WANTED
    assert projecting.projection.cut == AFTER_ALL


def test_of_two_rebuilds_at_once_the_earlier_stops() -> None:
    projecting = city(entries())
    store = RebuildStore(projecting.storage, patience_of())
    earlier = begin_rebuild(store)
    later = begin_rebuild(store)

    rebuild(store, patience_of(), later, AFTER_ALL, in_turn(1))
    with pytest.raises(ConditionsFailed):
        rebuild(store, patience_of(), earlier, AFTER_ALL, in_turn(1))

    assert projecting.balances == WANTED
    assert store.projection() == Projection(2, AFTER_ALL, as_of=AFTER_ALL)


def test_entries_that_cannot_be_counted_are_reported() -> None:
    spoilt = {**entries()[0], "sk": "TOP_UP#spoilt", "postings": {"purse/charged": 5}}
    projecting = city([*entries(), spoilt])

    done = rebuilt(projecting)

    assert [(pk, sk) for pk, sk, _ in done.found.unreadable] == [(spoilt["pk"], "TOP_UP#spoilt")]
    assert projecting.balances == WANTED


@pytest.mark.parametrize(("error", "moment"), [(Contended, "before"), (Unavailable, "before"), (Unavailable, "after")])
def test_a_rebuild_survives_conflicts_and_lost_answers(error: type[Exception], moment: str) -> None:
    projecting = city(entries())
    projecting.bring(changes_of(entries())[:5])
    projecting.memory.fault = failing(error, moment, times=5)

    rebuilt(projecting)

    assert projecting.folded == WANTED


def test_of_two_rebuilds_that_mix_pages_the_earlier_stops_before_its_end() -> None:
    projecting = city(entries())
    store = RebuildStore(projecting.storage, patience_of())
    earlier = begin_rebuild(store)

    def meanwhile(_: str, __: object) -> None:
        projecting.memory.fault = lambda moment, writes: None
        rebuild(store, patience_of(), begin_rebuild(store), AFTER_ALL, in_turn(1))

    projecting.memory.fault = meanwhile
    with pytest.raises(ConditionsFailed):
        rebuild(store, patience_of(), earlier, AFTER_ALL, in_turn(1))

    assert projecting.folded == WANTED
