"""Rebuilding the balances from the journal, exactly, also where payments go on meanwhile."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from eeum.balances.items import ENTRIES, UnreadableEntry, movement_of
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import COUNTED, Counts, Holder, Projection, add_to
from eeum.balances.store import MOST_ITEMS


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


def begin_rebuild(store: RebuildStore) -> Projection:
    """From now on nothing from the stream is counted. Raises `ConditionsFailed` when another rebuild began at the same time."""
    before = store.projection()
    begun = replace(before, generation=before.generation + 1, rebuilding=True)
    store.change_projection(begun, before)
    return begun


def rebuild(store: RebuildStore, begun: Projection, cut: datetime, passes: Passes, segments: int = 1) -> Rebuilt:
    """Stores the balances that the journal gives for everything that moved before `cut`, and lets the stream count from there on.

    The caller has made sure that nothing from the stream is being counted, and that whatever moved before `cut` is stored. Broken off at
    any point, the same is done anew from `begin_rebuild`. Costs a scan of the ledger and of the balances, and 2 write units a balance.

    Raises `ConditionsFailed` when another rebuild began meanwhile.
    """
    found = Found()
    for part in passes(lambda segment: _counted(store, segment, segments, cut)):
        add_to(found.balances, part.balances)
        found.entries += part.entries
        found.unreadable += part.unreadable
    stored = dict(store.all_balances())
    wanted = {holder: _all_counts(holder, found.balances.get(holder, {})) for holder in {*found.balances, *stored}}
    ordered = sorted(wanted)
    for start in range(0, len(ordered), MOST_ITEMS):
        together = {holder: wanted[holder] for holder in ordered[start : start + MOST_ITEMS]}
        store.replace(together, frozenset(stored), begun.generation)
    store.change_projection(replace(begun, cut=cut, rebuilding=False), begun)
    differing = {
        holder: (before, wanted[holder])
        for holder in ordered
        if (before := _all_counts(holder, stored.get(holder, {}))) != wanted[holder]
    }
    return Rebuilt(cut, found, len(wanted), differing)


def _counted(store: RebuildStore, segment: int, segments: int, cut: datetime) -> Found:
    found = Found()
    for item in store.ledger(segment, segments):
        if item.get("kind") not in ENTRIES:
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


def _all_counts(holder: Holder, counts: Counts) -> dict[str, int]:
    return {counted: counts.get(counted, 0) for counted in COUNTED[holder.kind]}
