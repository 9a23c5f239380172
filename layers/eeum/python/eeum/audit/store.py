"""The ledger and the projected balances as the audit reads them: one function per access pattern, with its cost. It writes nothing."""

from collections.abc import Iterator, Sequence

from eeum.balances.page_store import PageStore
from eeum.balances.rules import Counts, Holder
from eeum.balances.whole import whole
from eeum.journal.accounts import BALANCE, PAYABLE, REWARD, HolderKind
from eeum.storage import Item, Key, Page, Query, Scan, Storage, Table, every_item

MOST_AT_ONCE = 100
"""How many items one read may name."""


class AuditStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def page(self, segment: int, segments: int, after: str | None) -> Page:
        """Items of a segment, consistently, those of one wallet together. 1 read unit per 4 KB, at most 1 MB."""
        return self._storage.scan(Scan(Table.LEDGER, segment, segments, after=after))

    def partition(self, partition: str) -> list[Item]:
        """All items of one wallet, consistently. 1 read unit per 4 KB, in pages of 1 MB."""
        return list(every_item(self._storage, Query(Table.LEDGER, partition, consistent=True)))

    def items(self, keys: Sequence[Key]) -> list[Item | None]:
        """Items by their keys, consistently: the claims of a wallet's top-ups, or the top-ups of claims. 1 read unit each."""
        found: list[Item | None] = []
        for start in range(0, len(keys), MOST_AT_ONCE):
            found += self._storage.read(keys[start : start + MOST_AT_ONCE])
        return found

    def balances(self) -> dict[str, int] | None:
        """Every projected balance in won, by account as in the journal, funders with their fiscal year: `funder/city@2021`.

        Includes batches that no fold has added yet. None while a rebuild runs. Consistently: 1 read unit for each of some four thousand
        pages, and 1 for each 4 KB of batches.
        """
        store = PageStore(self._storage)
        projection = store.projection()
        if projection is None:
            return {}
        found = whole(store, projection)
        after = store.projection()
        # A rebuild that began in the meantime has mixed its own pages with these.
        if projection.rebuilding or after is None or after.generation != projection.generation:
            return None
        return dict(account for holder, counts in found.items() for account in _accounts_of(holder, counts))


def _accounts_of(holder: Holder, counts: Counts) -> Iterator[tuple[str, int]]:
    match holder.kind:
        case HolderKind.MERCHANT:
            yield f"merchant_payable/{holder.name}", counts.get(PAYABLE, 0)
            yield f"merchant_reward/{holder.name}", counts.get(REWARD, 0)
        case HolderKind.FUNDER:
            yield f"funder/{holder.name}@{holder.year}", counts.get(BALANCE, 0)
        case HolderKind.BANK:
            yield f"bank/{holder.name}", counts.get(BALANCE, 0)
        case HolderKind.PURSES:
            yield f"expired/{holder.name}", counts.get(BALANCE, 0)
