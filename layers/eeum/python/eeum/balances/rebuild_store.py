"""What a rebuild of the balances reads and writes: one function per access pattern, with its cost. Only operators may scan.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Iterator

from eeum.balances.items import PROJECTION, page_item, page_key, projection_item
from eeum.balances.page_store import PageStore
from eeum.balances.rules import BalancePage, Projection
from eeum.storage import (
    NOT_YET_STORED,
    AtMost,
    Condition,
    Contended,
    Equals,
    Item,
    Page,
    ProjectionStorage,
    Put,
    Scan,
    Table,
    Unavailable,
)
from eeum.unit_of_work import Patience, commit


class RebuildStore(PageStore):
    def __init__(self, storage: ProjectionStorage, patience: Patience) -> None:
        super().__init__(storage)
        self._alone = storage
        self._patience = patience

    def change_projection(self, after: Projection, before: Projection | None) -> None:
        """Store the projection's state; `ConditionsFailed` if another rebuild changed it since. 2 write units."""
        conditions: tuple[Condition, ...] = NOT_YET_STORED
        if before:
            conditions = (
                Equals(("generation",), before.generation),
                Equals(("rebuilding",), before.rebuilding),
            )
        commit(self._storage, self._patience, Put(PROJECTION, projection_item(after), conditions))

    def ledger(self, segment: int, segments: int) -> Iterator[Item]:
        """Every item of a segment of the ledger, consistently; the caller needs the right to scan. 1 read unit per 4 KB."""
        cursor: str | None = None
        while True:
            page = self._page(Scan(Table.LEDGER, segment, segments, after=cursor))
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    def replace(self, name: str, page: BalancePage, *, is_new: bool) -> None:
        """Store a page that a rebuild computed; it replaces a page of its own generation or an earlier one. 1 write unit a KB.

        Raises `ConditionsFailed` if a later rebuild stored the page, or if it `is_new` but exists. After `Contended` and `Unavailable`,
        the page may or may not be stored.
        """
        conditions = NOT_YET_STORED if is_new else (AtMost(("generation",), page.generation),)
        self._alone.put(Put(page_key(name), page_item(page), conditions))

    def _page(self, scan: Scan) -> Page:
        """One page, requested again if the table is throttled. Raises `Busy`."""
        attempt = 0
        while True:
            try:
                return self._storage.scan(scan)
            except (Contended, Unavailable):
                attempt += 1
                self._patience.wait(attempt)
