"""Folding what the stream's consumer has appended into pages of balances, exactly once, however often it is broken off."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.balances.fold_store import FoldStore
from eeum.balances.rules import BalancePage, Counts, Holder, Projection, add_to, added, by_page
from eeum.calendar import whole_milliseconds
from eeum.storage import ConditionsFailed, Contended, Unavailable
from eeum.unit_of_work import Patience


class BatchesMissing(Exception):
    """A closed round has other batches than were appended to it: only a rebuild gives the balances now."""


class Folded(NamedTuple):
    """How many batches were folded into how many pages now, and what instant the balances are of; None before the first batch."""

    batches: int
    pages: int
    as_of: datetime | None


def fold(store: FoldStore, patience: Patience, now: datetime) -> Folded:
    """Closes the open round at `now` and adds its batches to their pages; what an earlier run left is done before that.

    Nothing can be appended to a closed round, and each page says up to which round it is folded. So whoever comes first adds a round to a
    page, and whatever breaks off is gone on with by the next. While balances are rebuilt, nothing is done. Costs 4 write units, 1 for
    each KB of a page that changes, and reads every batch and page that it needs.

    Raises:
        BatchesMissing: balances need a rebuild.
        Busy: the time ran out; the next run goes on from where this came to.
        Contended, Unavailable: the same, for want of an answer to a read.
    """
    batches = pages = attempt = 0
    has_closed = False
    while True:
        projection = store.projection()
        if projection is None or projection.rebuilding or (has_closed and not projection.closing):
            return Folded(batches, pages, projection.as_of if projection else None)
        try:
            if projection.closing:
                batches += projection.closing.batches
                pages += _fold_round(store, patience, projection, projection.closing.at)
                store.end(projection, projection.closing.at)
            else:
                # Never before the last: a clock may have been set back, or be another machine's.
                at = whole_milliseconds(now)
                store.close(projection, max(at, projection.as_of) if projection.as_of else at)
                has_closed = True
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)


def _fold_round(store: FoldStore, patience: Patience, projection: Projection, at: datetime) -> int:
    """How many pages were changed. Raises `ConditionsFailed` when a rebuild began meanwhile."""
    assert projection.closing
    number = projection.round - 1
    changes: dict[Holder, dict[str, int]] = {}
    found = 0
    for amounts in store.batches(projection.generation, number):
        add_to(changes, amounts)
        found += 1
    if found != projection.closing.batches:
        raise BatchesMissing(f"{projection.closing.batches} batches were appended to round {number}, {found} are there")
    changed = by_page(changes)
    folded = 0
    for name, page in store.every_page(sorted(changed)):
        folded += _fold_page(store, patience, projection, at, name, page, changed[name])
    return folded


def _fold_page(
    store: FoldStore,
    patience: Patience,
    projection: Projection,
    at: datetime,
    name: str,
    page: BalancePage | None,
    changes: Mapping[Holder, Counts],
) -> bool:
    """Whether it was this run that changed the page."""
    attempt = 0
    while True:
        if page and page.generation > projection.generation:
            raise ConditionsFailed((0,))
        # A page of an older generation is of balances that were rebuilt without it.
        is_of_these = page is not None and page.generation == projection.generation
        if page and is_of_these and page.round >= projection.round - 1:
            return False
        balances = added(page.balances if page and is_of_these else {}, changes)
        try:
            store.replace(name, BalancePage(projection.generation, projection.round - 1, at, balances), page)
            return True
        except (ConditionsFailed, Contended, Unavailable):
            # Stored or not: the page itself says so.
            attempt += 1
            patience.wait(attempt)
            (page,) = store.pages([name])
