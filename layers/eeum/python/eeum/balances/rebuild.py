"""Rebuilding the balances from the journal, exactly, also where payments go on meanwhile."""

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
    """What a pass over a part of the journal comes to, with the keys of the entries that cannot be counted, and why."""

    balances: dict[Holder, dict[str, int]] = field(default_factory=dict)
    entries: int = 0
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Rebuilt:
    """The `cut` that separates what was counted from what the stream brings, and the balances that were other than they should be."""

    cut: datetime
    found: Found
    balances: int
    differing: Mapping[Holder, tuple[Counts, Counts]]


Passes = Callable[[Callable[[int], Found]], Iterable[Found]]
"""How the segments of the ledger are gone through: calls what it is given with each segment's number, side by side or in turn."""


class Begun(NamedTuple):
    """The projection while it is being rebuilt, and every balance as it was before."""

    projection: Projection
    before: Mapping[Holder, Counts]


def begin_rebuild(store: RebuildStore) -> Begun:
    """From now on nothing from the stream is counted, and nothing is folded. What was appended and is in no page yet is left where it is:
    the rebuild counts it in the journal.

    Costs 4,100 read units and 2 write units. Raises `ConditionsFailed` when another rebuild began meanwhile.
    """
    stored = store.projection()
    before = stored or Projection()
    balances = whole(store, before)
    # Rounds are those of a generation: no batch of before is in any of the new.
    begun = Projection(before.generation + 1, before.cut, rebuilding=True, as_of=before.as_of)
    store.change_projection(begun, stored)
    return Begun(begun, balances)


def rebuild(
    store: RebuildStore, patience: Patience, begun: Begun, cut: datetime, passes: Passes, segments: int = 1
) -> Rebuilt:
    """Stores the balances that the journal gives for everything that moved before `cut`, and lets the stream count from there on.

    The caller has made sure that nothing from the stream is being counted, and that whatever moved before `cut` is stored. A fold that
    still runs spoils nothing: its pages are of a generation before. Broken off at any point, the same is done anew from `begin_rebuild`.
    Costs a scan of the ledger, a read unit for each page, and a write unit for each KB of those that have any balance.

    Raises `ConditionsFailed` when another rebuild began meanwhile.
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
    """Every page that has a balance, and every one that there was."""
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
