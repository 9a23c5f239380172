"""Fold the batches that the stream's consumer appended into pages of balances, exactly once, despite any interruption."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.balances.fold_store import FoldStore
from eeum.balances.rules import BalancePage, Counts, Holder, Projection, add_to, added, by_page
from eeum.calendar import whole_milliseconds
from eeum.storage import ConditionsFailed, Contended, Unavailable
from eeum.unit_of_work import Patience


class BatchesMissing(Exception):
    """A closed round lacks batches that were appended to it: only a rebuild gives the balances now."""


class Folded(NamedTuple):
    """How many batches were folded into how many pages, and the instant of the balances; None before the first batch."""

    batches: int
    pages: int
    as_of: datetime | None


def fold(store: FoldStore, patience: Patience, now: datetime) -> Folded:
    """Finish what an earlier run left, then close the open round at `now` and add its batches to their pages.

    Nothing is appended to a closed round, and each page records the last round folded into it. So the first run to reach a page adds the
    round to it, and the next run continues after an interruption. While balances are rebuilt, nothing is done. Costs 4 write units, 1 for
    each KB of a page that changes, and the reads of its batches and pages.

    Raises:
        BatchesMissing: balances need a rebuild.
        Busy: the time ran out; the next run continues from here.
        Contended, Unavailable: a read failed; the next run continues from here.
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
                # Never before the last close: the clock may have been set back, or another machine's clock may differ.
                at = whole_milliseconds(now)
                store.close(projection, max(at, projection.as_of) if projection.as_of else at)
                has_closed = True
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)


def _fold_round(store: FoldStore, patience: Patience, projection: Projection, at: datetime) -> int:
    """Fold a round; return how many pages changed. Raises `ConditionsFailed` if a rebuild began in the meantime."""
    assert projection.closing
    number = projection.round - 1
    changes: dict[Holder, dict[str, int]] = {}
    found = 0
    for amounts in store.batches(projection.generation, number):
        add_to(changes, amounts)
        found += 1
    if found != projection.closing.batches:
        raise BatchesMissing(
            f"{projection.closing.batches} batches were appended to round {number}, but {found} are stored"
        )
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
    """Fold a round into one page; return whether this run changed the page."""
    attempt = 0
    while True:
        if page and page.generation > projection.generation:
            raise ConditionsFailed((0,))
        # A rebuild replaces pages of an older generation, so their balances do not count.
        is_of_these = page is not None and page.generation == projection.generation
        if page and is_of_these and page.round >= projection.round - 1:
            return False
        balances = added(page.balances if page and is_of_these else {}, changes)
        try:
            store.replace(name, BalancePage(projection.generation, projection.round - 1, at, balances), page)
            return True
        except (ConditionsFailed, Contended, Unavailable):
            # Whether or not this was stored: the page, read again, says so.
            attempt += 1
            patience.wait(attempt)
            (page,) = store.pages([name])
