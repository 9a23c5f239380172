"""Projecting the journal's stream, exactly once, and reading the balances that it comes to."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from eeum.balances.rules import Change, in_order, run_of, summed
from eeum.balances.store import MOST_HOLDERS, BalanceStore
from eeum.journal.accounts import BALANCE, ISSUED, HolderKind
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience


class Rebuilding(Exception):
    """A rebuild is under way, or was broken off: what the stream brings must wait until one has been finished."""


class Projected(NamedTuple):
    """How many records were counted now; how many were before, by this shard or a rebuild; and how many never can be."""

    counted: int
    before: int
    parked: int


KEPT = timedelta(days=30)
"""How long a batch is kept: the hourly fold may stand still for so long before balances need a rebuild."""


class Projecting(NamedTuple):
    """What a batch of the stream is projected with. `now` is the table's own time, by which it deletes batches.

    `park` keeps what cannot be counted where somebody can look at it.
    """

    store: BalanceStore
    patience: Patience
    now: datetime
    park: Callable[[Change], None]


def project(projecting: Projecting, shard: str, changes: Iterable[Change]) -> Projected:
    """Counts each change of a stream's shard once, however often and in whatever batches it comes.

    The shard's checkpoint moves in the transaction that appends what changes: a change at or below it was counted. Whoever loses a race
    reads everything again. What cannot be counted is parked before the checkpoint passes it, so that it may be parked twice, and is never
    forgotten. A thousand holders cost one batch read and one transaction.

    Raises:
        Rebuilding: nothing may be counted now; the same changes come again.
        Busy: the time ran out; the same changes go on from where this came to.
    """
    left: Sequence[Change] = in_order(changes)
    total = Projected(0, 0, 0)
    parked: set[int] = set()
    while left:
        run = run_of(left, MOST_HOLDERS)
        counted = _project_run(projecting, shard, run, parked)
        total = Projected(*(one + other for one, other in zip(total, counted, strict=True)))
        left = left[len(run) :]
    return total


def _project_run(projecting: Projecting, shard: str, run: Sequence[Change], parked: set[int]) -> Projected:
    store = projecting.store
    attempt = 0
    while True:
        standing = store.standing(shard)
        if standing.projection.rebuilding:
            raise Rebuilding("Balances are being rebuilt from the journal.")
        new = [change for change in run if change.sequence > standing.checkpoint]
        if not new:
            return Projected(0, len(run), 0)
        faulty = [change for change in new if change.movement is None]
        for change in faulty:
            if change.sequence not in parked:
                projecting.park(change)
                parked.add(change.sequence)
        cut = standing.projection.cut
        moved = [change.movement for change in new if change.movement and (cut is None or change.movement.at >= cut)]
        try:
            store.append(shard, standing, new[-1].sequence, summed(moved), projecting.now + KEPT)
        except ConditionsFailed:
            attempt += 1
            projecting.patience.wait(attempt)
            continue
        return Projected(len(moved), len(run) - len(moved) - len(faulty), len(faulty))


class ProgrammeBalances(NamedTuple):
    """What each funder gave in each fiscal year, what each bank brought, what was issued in all, and what expired in the purses of each
    name, less what of that was taken back: won, all above zero.

    `as_of` is the instant that they are of; None before the first fold.
    """

    funders: list[tuple[str, str, int]]
    banks: list[tuple[str, int]]
    issued: int
    expired: list[tuple[str, int]]
    as_of: datetime | None


def balances_of_programme(store: BalanceStore) -> ProgrammeBalances:
    """Funders by year and name, banks by name, as the last fold left them."""
    stored, as_of = store.programme()
    ordered = sorted(stored.items(), key=lambda found: (found[0].year, found[0].name))
    return ProgrammeBalances(
        funders=[(h.name, h.year, -counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.FUNDER],
        banks=[(h.name, -counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.BANK],
        issued=sum(counts.get(ISSUED, 0) for counts in stored.values()),
        expired=[(h.name, counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.PURSES],
        as_of=as_of,
    )
