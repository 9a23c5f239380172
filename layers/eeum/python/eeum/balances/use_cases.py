"""Project the journal's stream, exactly once, and read the resulting balances."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from eeum.balances.rules import Change, in_order, run_of, summed
from eeum.balances.store import MOST_HOLDERS, BalanceStore
from eeum.journal.accounts import BALANCE, ISSUED, HolderKind
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience


class Rebuilding(Exception):
    """A rebuild runs or was interrupted: the stream waits until one has finished."""


class Projected(NamedTuple):
    """How many records were counted now, how many this shard or a rebuild had counted before, and how many never can be."""

    counted: int
    before: int
    dead_lettered: int


KEPT = timedelta(days=30)
"""How long a batch is kept. If the hourly fold fails for longer, balances need a rebuild."""


class Projecting(NamedTuple):
    """The parts that `project` works with. `now` is the time of the table, which deletes expired batches.

    `dead_letter` keeps a change that cannot be counted, with its reason, for an operator.
    """

    store: BalanceStore
    patience: Patience
    now: datetime
    dead_letter: Callable[[Change], None]


def project(projecting: Projecting, shard: str, changes: Iterable[Change]) -> Projected:
    """Count each change of a stream's shard once, however often and in whatever batches it is delivered.

    The shard's checkpoint moves in the transaction that appends the amounts, so a change at or below it was counted. After a lost race,
    everything is read again. A change that cannot be counted is dead-lettered before the checkpoint passes it: perhaps twice, but never
    lost. A thousand holders cost one batch read and one transaction.

    Raises:
        Rebuilding: nothing may be counted now; the stream delivers the same changes again.
        Busy: the time ran out; the same changes continue from the checkpoint.
    """
    left: Sequence[Change] = in_order(changes)
    total = Projected(0, 0, 0)
    dead_lettered: set[int] = set()
    while left:
        run = run_of(left, MOST_HOLDERS)
        counted = _project_run(projecting, shard, run, dead_lettered)
        total = Projected(*(one + other for one, other in zip(total, counted, strict=True)))
        left = left[len(run) :]
    return total


def _project_run(projecting: Projecting, shard: str, run: Sequence[Change], dead_lettered: set[int]) -> Projected:
    store = projecting.store
    attempt = 0
    while True:
        fold_state = store.fold_state(shard)
        if fold_state.projection.rebuilding:
            raise Rebuilding("Balances are being rebuilt from the journal.")
        new = [change for change in run if change.sequence > fold_state.checkpoint]
        if not new:
            return Projected(0, len(run), 0)
        faulty = [change for change in new if change.movement is None]
        for change in faulty:
            if change.sequence not in dead_lettered:
                projecting.dead_letter(change)
                dead_lettered.add(change.sequence)
        cut = fold_state.projection.cut
        moved = [change.movement for change in new if change.movement and (cut is None or change.movement.at >= cut)]
        try:
            store.append(shard, fold_state, new[-1].sequence, summed(moved), projecting.now + KEPT)
        except ConditionsFailed:
            attempt += 1
            projecting.patience.wait(attempt)
            continue
        return Projected(len(moved), len(run) - len(moved) - len(faulty), len(faulty))


class ProgrammeBalances(NamedTuple):
    """Won per funder and fiscal year, per bank, issued in total, and expired by name of purse, less what was taken back; all above zero.

    `as_of` is the instant of these balances; None before the first fold.
    """

    funders: list[tuple[str, str, int]]
    banks: list[tuple[str, int]]
    issued: int
    expired: list[tuple[str, int]]
    as_of: datetime | None


def balances_of_programme(store: BalanceStore) -> ProgrammeBalances:
    """The programme's balances as of the last fold: funders by year and name, banks by name."""
    stored, as_of = store.programme()
    ordered = sorted(stored.items(), key=lambda found: (found[0].year, found[0].name))
    return ProgrammeBalances(
        funders=[(h.name, h.year, -counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.FUNDER],
        banks=[(h.name, -counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.BANK],
        issued=sum(counts.get(ISSUED, 0) for counts in stored.values()),
        expired=[(h.name, counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.PURSES],
        as_of=as_of,
    )
