"""The projection in memory: each entry is counted once, despite repeated records, failures and concurrent writes."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import Change, Holder, Movement, Projection
from eeum.balances.store import MOST_HOLDERS, BalanceStore
from eeum.balances.use_cases import KEPT, Projected, Rebuilding, balances_of_programme
from eeum.errors import Busy
from eeum.journal.accounts import HolderKind
from eeum.storage import Contended, Table, Unavailable, Write
from tests.balances.journal import Balances, changes_of, entries, reference, without_zeros
from tests.balances.projecting import Died, Projecting, failing
from tests.balances.test_rules import NOON
from tests.patience import patience_of


@pytest.fixture
def projecting() -> Projecting:
    return Projecting()


WANTED = without_zeros(reference(entries()))


def test_the_journal_s_entries_are_counted(projecting: Projecting) -> None:
    changes = changes_of(entries())

    assert projecting.bring(changes) == Projected(len(changes), 0, 0)

    assert projecting.balances == WANTED
    projecting.check_shapes()


def test_the_whole_stream_again_changes_nothing(projecting: Projecting) -> None:
    changes = changes_of(entries())
    projecting.bring(changes)
    stored = projecting.memory.items(Table.BALANCES)

    for batch in (changes, changes[3:9], changes[:1], [*changes, *changes], changes[::-1]):
        assert projecting.bring(batch).counted == 0

    assert projecting.memory.items(Table.BALANCES) == stored


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_of_any_size_give_the_same_balances(projecting: Projecting, size: int) -> None:
    changes = changes_of(entries())
    for start in range(0, len(changes), size):
        projecting.bring(changes[start : start + size])

    assert projecting.balances == WANTED
    projecting.check_shapes()


def test_a_batch_with_records_that_were_counted_counts_the_others(projecting: Projecting) -> None:
    changes = changes_of(entries())
    projecting.bring(changes[:6])

    assert projecting.bring(changes[2:]) == Projected(len(changes) - 6, 4, 0)

    assert projecting.balances == WANTED


def test_each_shard_has_a_checkpoint_of_its_own(projecting: Projecting) -> None:
    """Sequence numbers of one shard mean nothing in another."""
    changes = changes_of(entries())
    projecting.bring(changes[8:], "shard-2")
    projecting.bring(changes[:8], "shard-1")
    projecting.bring(changes[:8], "shard-1")

    assert projecting.balances == WANTED


def test_more_holders_than_a_batch_has_room_for_are_counted_in_several(projecting: Projecting) -> None:
    most = 2 * MOST_HOLDERS + 5
    many = [_paid(number, f"shop-{number}") for number in range(1, most + 1)]

    assert projecting.bring(many).counted == most

    assert projecting.memory.costs.calls.count("transact") == 3
    assert projecting.memory.costs.calls.count("read") == 3
    assert len(projecting.balances) == most
    # Only new changes: a batch that died after its second transaction continues with its third.
    assert projecting.bring([*many, _paid(most + 1, "shop-1")]).counted == 1


def test_a_batch_is_one_item_that_the_table_deletes_after_a_while(projecting: Projecting) -> None:
    projecting.bring([_paid(number, f"shop-{number}") for number in range(1, 41)])

    (batch,) = [item for item in projecting.memory.items(Table.BALANCES) if item["kind"] == "batch"]
    assert len(batch["payable"]) == 40
    assert batch["expires_at"] == int((projecting.now + KEPT).timestamp())


def test_amounts_of_zero_move_only_the_checkpoint(projecting: Projecting) -> None:
    projecting.bring([_paid(1, "shop"), _paid(2, "shop", -1_000)])

    assert [item["kind"] for item in projecting.memory.items(Table.BALANCES)] == ["checkpoint"]
    assert projecting.bring([_paid(1, "shop")]).counted == 0


def _paid(sequence: int, merchant: str, won: int = 1_000) -> Change:
    return Change(sequence, Movement(NOON, {Holder(HolderKind.MERCHANT, merchant): {"payable": won}}))


@pytest.mark.parametrize("died", ["before", "after"])
@pytest.mark.parametrize("transaction", [1, 2, 3])
def test_a_death_before_or_after_any_transaction_loses_and_doubles_nothing(
    projecting: Projecting, died: str, transaction: int
) -> None:
    shops = 2 * MOST_HOLDERS + 40
    many = [_paid(number, f"shop-{number % shops}") for number in range(1, 2 * shops)]
    calls = [0]

    def fault(moment: str, _: Sequence[Write]) -> None:
        calls[0] += moment == died
        if calls[0] == transaction:
            calls[0] += 1
            raise Died

    projecting.memory.fault = fault
    with pytest.raises(Died):
        projecting.bring(many)
    projecting.bring(many)

    found = projecting.balances
    assert sum(counts["payable"] for counts in found.values()) == 1_000 * len(many)
    assert found[Holder(HolderKind.MERCHANT, "shop-1")] == {"payable": 2_000}


@pytest.mark.parametrize(("error", "moment"), [(Contended, "before"), (Unavailable, "before"), (Unavailable, "after")])
def test_a_projection_survives_conflicts_and_lost_answers(
    projecting: Projecting, error: type[Exception], moment: str
) -> None:
    projecting.memory.fault = failing(error, moment, times=3)

    projecting.bring(changes_of(entries()))

    assert projecting.balances == WANTED


def test_two_consumers_of_one_shard_at_once_count_nothing_twice(projecting: Projecting) -> None:
    """An invocation that was given up may still run: the later one finds its checkpoint moved, and reads everything again."""
    changes = changes_of(entries())
    twin = Projecting(projecting.memory)

    def meanwhile(moment: str, _: Sequence[Write]) -> None:
        projecting.memory.fault = lambda moment, writes: None
        twin.bring(changes[:7])

    projecting.memory.fault = meanwhile

    assert projecting.bring(changes) == Projected(len(changes) - 7, 7, 0)
    assert projecting.balances == WANTED


def test_the_first_batches_of_two_shards_at_once_are_both_kept(projecting: Projecting) -> None:
    twin = Projecting(projecting.memory)

    def meanwhile(moment: str, _: Sequence[Write]) -> None:
        projecting.memory.fault = lambda moment, writes: None
        twin.bring([_paid(1, "shop", 300)], "shard-2")

    projecting.memory.fault = meanwhile
    projecting.bring([_paid(1, "shop", 5)], "shard-1")

    assert projecting.balances == {Holder(HolderKind.MERCHANT, "shop"): {"payable": 305}}


def test_a_projection_without_time_left_raises_and_its_counts_stay(projecting: Projecting) -> None:
    projecting.memory.fault = failing(Contended, "before", times=10**6)
    projecting.seconds = 1.0
    with pytest.raises(Busy):
        projecting.bring(changes_of(entries()))
    projecting.memory.fault = lambda moment, writes: None

    projecting.bring(changes_of(entries()))

    assert projecting.balances == WANTED


def test_a_change_that_cannot_be_counted_is_dead_lettered_and_the_others_are_counted(projecting: Projecting) -> None:
    changes = changes_of(entries())
    faulty = Change(changes[4].sequence + 1, None, "its postings do not balance")

    assert projecting.bring([*changes[:5], faulty, *changes[5:]]) == Projected(len(changes), 0, 1)

    assert projecting.dead_lettered == [faulty]
    assert projecting.balances == WANTED
    assert projecting.bring([*changes, faulty]).dead_lettered == 0, "it is below the checkpoint"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_change_is_dead_lettered_before_the_checkpoint_passes_it(projecting: Projecting, moment: str) -> None:
    faulty = Change(3, None, "unreadable")
    projecting.memory.fault = failing(Died, moment)
    with pytest.raises(Died):
        projecting.bring([_paid(1, "shop"), faulty])

    assert projecting.dead_lettered == [faulty]


def test_a_lost_race_dead_letters_nothing_twice(projecting: Projecting) -> None:
    twin = Projecting(projecting.memory)

    def meanwhile(moment: str, _: Sequence[Write]) -> None:
        projecting.memory.fault = lambda moment, writes: None
        twin.bring([_paid(1, "shop")])

    projecting.memory.fault = meanwhile
    projecting.bring([_paid(1, "shop"), Change(2, None, "unreadable")])

    assert len(projecting.dead_lettered) == 1


def test_without_changes_nothing_is_read_or_written(projecting: Projecting) -> None:
    assert projecting.bring([]) == Projected(0, 0, 0)
    assert projecting.memory.costs.calls == []


def test_nothing_is_counted_while_balances_are_rebuilt(projecting: Projecting) -> None:
    rebuilding = RebuildStore(projecting.storage, patience_of())
    rebuilding.change_projection(Projection(1, None, rebuilding=True), None)

    with pytest.raises(Rebuilding):
        projecting.bring(changes_of(entries()))

    assert projecting.balances == {}


def test_nothing_is_appended_to_a_generation_other_than_the_one_read(projecting: Projecting) -> None:
    """A rebuild begins while an earlier invocation still runs, whose reads are out of date."""
    projecting.bring([_paid(1, "shop")])
    store = RebuildStore(projecting.storage, patience_of())

    def meanwhile(moment: str, _: Sequence[Write]) -> None:
        projecting.memory.fault = lambda moment, writes: None
        store.change_projection(Projection(1, rebuilding=True), store.projection())

    projecting.memory.fault = meanwhile
    with pytest.raises(Rebuilding):
        projecting.bring([_paid(2, "shop")])

    assert BalanceStore(projecting.storage, patience_of()).fold_state("shard-1").checkpoint == 1


def test_the_programme_s_balances_are_shown_above_zero(projecting: Projecting) -> None:
    projecting.bring(changes_of(entries()))
    projecting.fold()

    told = balances_of_programme(BalanceStore(projecting.storage, patience_of()))

    assert told.issued == 1_300_000
    assert told.banks == [("another", 100_000), ("lee", 1_200_000)]
    wanted = [(h.name, h.year, -counts["balance"]) for h, counts in WANTED.items() if h.kind is HolderKind.FUNDER]
    assert told.funders == sorted(wanted, key=lambda each: (each[1], each[0]))
    assert all(won > 0 for _, _, won in told.funders)
    assert told.as_of == projecting.now


# --- any delivery by a stream ------------------------------------------------------------------------------

SHARDS = ("shard-1", "shard-2")
paid = st.builds(
    lambda merchant, won, funder: Movement(
        NOON,
        {
            Holder(HolderKind.MERCHANT, merchant): {"payable": won},
            Holder(HolderKind.FUNDER, funder, "2021"): {"balance": -won},
        },
    ),
    st.sampled_from(["one", "two", "three"]),
    st.integers(1, 1_000),
    st.sampled_from(["city", "national"]),
)
faults = st.sampled_from([None, None, (Died, "before"), (Died, "after"), (Contended, "before"), (Unavailable, "after")])
deliveries = st.lists(
    st.tuples(st.sampled_from(SHARDS), st.integers(0, 8), st.integers(1, 6), st.randoms(), faults), max_size=25
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(paid, max_size=12), st.lists(paid, max_size=12), deliveries)
def test_any_delivery_gives_the_same_balances(
    first: list[Movement], second: list[Movement], delivered: list[object]
) -> None:
    """A stream may deliver shards in parallel, batches of any size from any earlier place, and records twice or out of order.

    The process may die and the database may fail before or after any transaction. In the end everything was delivered.
    """
    streams = {
        shard: [Change(number, movement) for number, movement in enumerate(movements, 1)]
        for shard, movements in zip(SHARDS, (first, second), strict=True)
    }
    projecting = Projecting()
    reached = dict.fromkeys(SHARDS, 0)
    for shard, back, size, random, fault in delivered:  # type: ignore[misc]
        start = max(0, reached[shard] - back)
        batch = streams[shard][start : start + size]
        sent = [*batch, *random.choices(batch, k=2)] if batch else []
        random.shuffle(sent)
        projecting.memory.fault = failing(*fault) if fault else lambda moment, writes: None
        try:
            projecting.bring(sent, shard)
        except Died:
            continue  # so the stream does not continue
        reached[shard] = max(reached[shard], start + len(batch))
    projecting.memory.fault = lambda moment, writes: None
    for shard in SHARDS:
        projecting.bring(streams[shard][reached[shard] :], shard)

    wanted: Balances = {}
    for movement in [*first, *second]:
        for holder, counts in movement.amounts.items():
            for counted, won in counts.items():
                wanted.setdefault(holder, {}).setdefault(counted, 0)
                wanted[holder][counted] += won
    assert projecting.balances == wanted
