"""Rebuild the balances from the journal, exactly, while payments continue."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from eeum.balances.items import UnreadableEntry, movement_of
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import (
    BalancePage,
    Counts,
    Holder,
    Projection,
    add_to,
    all_counts,
    by_page,
    every_page,
    without_nothing,
)
from eeum.balances.whole import whole
from eeum.calendar import whole_milliseconds
from eeum.journal.kinds import KINDS
from eeum.storage import ConditionsFailed, Contended, Unavailable
from eeum.unit_of_work import Patience


@dataclass
class Found:
    """Balances counted in a part of the journal, and the entries that cannot be counted: partition, sort key and reason."""

    balances: dict[Holder, dict[str, int]] = field(default_factory=dict)
    entries: int = 0
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Rebuilt:
    """The `cut` between the counted entries and those left to the stream, and the balances that were wrong before."""

    cut: datetime
    found: Found
    balances: int
    differing: Mapping[Holder, tuple[Counts, Counts]]


Passes = Callable[[Callable[[int], Found]], Iterable[Found]]
"""Runs a function for the number of each segment of the ledger, in parallel or one after the other."""


class Begun(NamedTuple):
    """The projection during the rebuild, and every balance before it."""

    projection: Projection
    before: Mapping[Holder, Counts]


def begin_rebuild(store: RebuildStore) -> Begun:
    """Stop counting the stream and folding. Batches that are in no page yet stay: the rebuild counts their entries in the journal.

    Costs 4,100 read units and 2 write units. Raises `ConditionsFailed` if another rebuild began in the meantime.
    """
    stored = store.projection()
    before = stored or Projection()
    balances = whole(store, before)
    # Rounds belong to a generation, so no earlier batch is in a new round.
    begun = Projection(before.generation + 1, before.cut, rebuilding=True, as_of=before.as_of)
    store.change_projection(begun, stored)
    return Begun(begun, balances)


def rebuild(
    store: RebuildStore, patience: Patience, begun: Begun, cut: datetime, passes: Passes, segments: int = 1
) -> Rebuilt:
    """Store the balances of all entries that moved money before `cut`; the stream counts the entries from there on.

    Before the call, the caller must stop the stream's consumer, and wait until all entries before `cut` are stored. A fold that still runs
    does no harm: its pages belong to an earlier generation. After an interruption, start again with `begin_rebuild`. Costs a scan of the
    ledger, a read unit for each page, and a write unit for each KB of pages that have a balance.

    Raises `ConditionsFailed` if another rebuild began in the meantime.
    """
    cut = whole_milliseconds(cut)
    found = Found()
    for part in passes(lambda segment: _counted(store, segment, segments, cut)):
        add_to(found.balances, part.balances)
        found.entries += part.entries
        found.unreadable += part.unreadable
    balances = without_nothing(found.balances)
    _store_pages(store, patience, begun.projection, cut, balances)
    store.change_projection(begun.projection._replace(cut=cut, rebuilding=False, as_of=cut), begun.projection)
    differing = {
        holder: (all_counts(holder, begun.before.get(holder, {})), all_counts(holder, balances.get(holder, {})))
        for holder in sorted({*balances, *begun.before})
        if begun.before.get(holder, {}) != balances.get(holder, {})
    }
    return Rebuilt(cut, found, len(balances), differing)


def _store_pages(
    store: RebuildStore, patience: Patience, begun: Projection, cut: datetime, balances: Mapping[Holder, Counts]
) -> None:
    """Store every page that has a balance or had one."""
    wanted = by_page(balances)
    for name, stored in store.every_page(every_page()):
        if name in wanted or stored:
            page = BalancePage(begun.generation, 0, cut, wanted.get(name, {}))
            _store_page(store, patience, name, page, stored)


def _store_page(
    store: RebuildStore, patience: Patience, name: str, page: BalancePage, stored: BalancePage | None
) -> None:
    attempt = 0
    while stored != page:
        try:
            store.replace(name, page, is_new=stored is None)
            return
        except (ConditionsFailed, Contended, Unavailable):
            attempt += 1
            patience.wait(attempt)
            (stored,) = store.pages([name])
            if stored and stored.generation > page.generation:
                raise ConditionsFailed((0,)) from None


def _counted(store: RebuildStore, segment: int, segments: int, cut: datetime) -> Found:
    found = Found()
    for item in store.ledger(segment, segments):
        if item.get("kind") not in KINDS:
            continue
        try:
            movement = movement_of(item)
        except UnreadableEntry as reason:
            found.unreadable.append((item["pk"], item["sk"], str(reason)))
            continue
        if movement.at < cut:
            found.entries += 1
            add_to(found.balances, movement.amounts)
    return found
