"""Projecting the journal's stream into balances, exactly once, and reading them."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from eeum.balances.rules import BALANCE, ISSUED, Change, HolderKind, in_order, run_of, summed
from eeum.balances.store import MOST_HOLDERS, BalanceStore
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience


class Rebuilding(Exception):
    """A rebuild is under way, or was broken off: what the stream brings must wait until one has been finished."""


class Projected(NamedTuple):
    """How many records were counted now; how many were before, by this shard or a rebuild; and how many never can be."""

    counted: int
    before: int
    parked: int


def project(
    store: BalanceStore,
    patience: Patience,
    shard: str,
    changes: Iterable[Change],
    park: Callable[[Change], None],
) -> Projected:
    """Counts each change of a stream's shard once, however often and in whatever batches it comes.

    The shard's checkpoint moves in the transaction of the balances that it stands for: a change at or below it was counted. Whoever loses
    a race reads everything again. What cannot be counted is parked before the checkpoint passes it, so that it may be parked twice, and
    is never forgotten. A hundred holders cost one batch read and one transaction.

    Raises:
        Rebuilding: nothing may be counted now; the same changes come again.
        Busy: the time ran out; the same changes go on from where this came to.
    """
    left: Sequence[Change] = in_order(changes)
    total = Projected(0, 0, 0)
    parked: set[int] = set()
    while left:
        run = run_of(left, MOST_HOLDERS)
        counted = _project_run(store, patience, shard, run, park, parked)
        total = Projected(*(one + other for one, other in zip(total, counted, strict=True)))
        left = left[len(run) :]
    return total


def _project_run(
    store: BalanceStore,
    patience: Patience,
    shard: str,
    run: Sequence[Change],
    park: Callable[[Change], None],
    parked: set[int],
) -> Projected:
    holders = sorted({holder for change in run if change.movement for holder in change.movement.amounts})
    attempt = 0
    while True:
        standing = store.standing(shard, holders)
        if standing.projection.rebuilding:
            raise Rebuilding("Balances are being rebuilt from the journal.")
        new = [change for change in run if change.sequence > standing.checkpoint]
        if not new:
            return Projected(0, len(run), 0)
        faulty = [change for change in new if change.movement is None]
        for change in faulty:
            if change.sequence not in parked:
                park(change)
                parked.add(change.sequence)
        cut = standing.projection.cut
        moved = [change.movement for change in new if change.movement and (cut is None or change.movement.at >= cut)]
        try:
            store.project(shard, standing, new[-1].sequence, summed(moved))
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)
            continue
        return Projected(len(moved), len(run) - len(moved) - len(faulty), len(faulty))


class ProgrammeBalances(NamedTuple):
    """What each funder gave in each fiscal year, what each bank brought, and what was issued in all: won, all above zero."""

    funders: list[tuple[str, str, int]]
    banks: list[tuple[str, int]]
    issued: int


def balances_of_programme(store: BalanceStore) -> ProgrammeBalances:
    """Funders by year and name, banks by name, a moment behind the journal."""
    stored = store.programme()
    ordered = sorted(stored.items(), key=lambda found: (found[0].year, found[0].name))
    return ProgrammeBalances(
        funders=[(h.name, h.year, -counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.FUNDER],
        banks=[(h.name, -counts[BALANCE]) for h, counts in ordered if h.kind is HolderKind.BANK],
        issued=sum(counts.get(ISSUED, 0) for counts in stored.values()),
    )
