"""What a rebuild of the balances reads and writes: one function per access pattern, with its cost. Only who runs a city may scan.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Iterator, Mapping

from eeum.balances.items import balance_item, balance_key, counts_of, holder_of
from eeum.balances.rules import Counts, Holder, Projection
from eeum.balances.store import PROJECTION, projection_of
from eeum.calendar import text_of
from eeum.storage import (
    NOT_YET_STORED,
    AtMost,
    Condition,
    Contended,
    Equals,
    Item,
    Page,
    Put,
    Scan,
    Storage,
    Table,
    Unavailable,
)
from eeum.unit_of_work import Patience, commit


class RebuildStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def projection(self) -> Projection:
        """The state of the projection, consistently. 1 read unit."""
        (item,) = self._storage.read([PROJECTION])
        return projection_of(item)

    def change_projection(self, after: Projection, before: Projection) -> None:
        """Stores the state of the projection; `ConditionsFailed` when another rebuild changed it since. 2 write units."""
        unchanged = (Equals(("generation",), before.generation), Equals(("rebuilding",), before.rebuilding))
        conditions = unchanged if before.generation else NOT_YET_STORED
        commit(self._storage, self._patience, Put(PROJECTION, _projection_item(after), conditions))

    def all_balances(self, segment: int = 0, segments: int = 1) -> Iterator[tuple[Holder, dict[str, int]]]:
        """Every balance of a segment of the table, for whoever may scan, consistently. 1 read unit per 4 KB."""
        for item in self._all(Table.BALANCES, segment, segments):
            holder = holder_of(item)
            if holder:
                yield holder, counts_of(item, holder)

    def ledger(self, segment: int, segments: int) -> Iterator[Item]:
        """Every item of a segment of the ledger, for whoever may scan, consistently. 1 read unit per 4 KB."""
        yield from self._all(Table.LEDGER, segment, segments)

    def replace(self, balances: Mapping[Holder, Counts], stored: frozenset[Holder], generation: int) -> None:
        """Stores what a rebuild found, at most 100 balances together; `stored` has those that there are. 2 write units each.

        `ConditionsFailed` when a later rebuild was faster, or a balance appeared since.
        """
        not_later: tuple[Condition, ...] = (AtMost(("generation",), generation),)
        puts = [
            Put(
                balance_key(holder),
                balance_item(holder, counts, generation),
                not_later if holder in stored else NOT_YET_STORED,
            )
            for holder, counts in balances.items()
        ]
        commit(self._storage, self._patience, *puts)

    def _all(self, table: Table, segment: int, segments: int) -> Iterator[Item]:
        cursor: str | None = None
        while True:
            page = self._page(Scan(table, segment, segments, after=cursor))
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    def _page(self, scan: Scan) -> Page:
        """A page, asked for again where the table is throttled. Raises `Busy`."""
        attempt = 0
        while True:
            try:
                return self._storage.scan(scan)
            except (Contended, Unavailable):
                attempt += 1
                self._patience.wait(attempt)


def _projection_item(projection: Projection) -> Item:
    return {
        "kind": "projection",
        "generation": projection.generation,
        "cut": text_of(projection.cut) if projection.cut else None,
        "rebuilding": projection.rebuilding,
    }
