"""Pages and batches of the projection, as read: one function per access pattern, with its cost in units for 4 KB read."""

from collections.abc import Iterator, Sequence

from eeum.balances.items import PROJECTION, amounts_in, page_in, page_key, projection_in, round_partition
from eeum.balances.rules import BalancePage, Holder, Projection
from eeum.storage import Query, Storage, Table, every_item

MOST_PAGES = 100
"""How many pages one batch read may name."""


class PageStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def projection(self) -> Projection | None:
        """The state of the projection, consistently; None before the first batch or rebuild. 1 read unit."""
        (item,) = self._storage.read([PROJECTION])
        return projection_in(item) if item else None

    def pages(self, names: Sequence[str]) -> list[BalancePage | None]:
        """The pages of these names, at most 100, consistently; None for one that was never stored. 1 read unit each."""
        return [page_in(item) for item in self._storage.read([page_key(name) for name in names])]

    def batches(self, generation: int, number: int) -> Iterator[dict[Holder, dict[str, int]]]:
        """The amounts of each batch of a round, consistently. 1 read unit per 4 KB: about 90 holders."""
        query = Query(Table.BALANCES, round_partition(generation, number), consistent=True)
        yield from map(amounts_in, every_item(self._storage, query))

    def every_page(self, names: Sequence[str]) -> Iterator[tuple[str, BalancePage | None]]:
        """Any number of pages by name, a hundred in a round trip. 1 read unit each."""
        for start in range(0, len(names), MOST_PAGES):
            together = names[start : start + MOST_PAGES]
            yield from zip(together, self.pages(together), strict=True)
