"""The whole ledger and all projected balances, as the audit reads it: one function per access pattern, with its cost. It writes nothing."""

from eeum.balances.items import counts_of, holder_of
from eeum.balances.rules import BALANCE, PAYABLE, REWARD, HolderKind
from eeum.balances.store import projection_of
from eeum.storage import Item, Page, Query, Scan, Storage, Table


class AuditStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def page(self, segment: int, segments: int, after: str | None) -> Page:
        """Items of a segment, consistently, each wallet's together. 1 read unit per 4 KB, at most 1 MB."""
        return self._storage.scan(Scan(Table.LEDGER, segment, segments, after=after))

    def partition(self, partition: str) -> list[Item]:
        """Everything of one wallet, consistently. 1 read unit per 4 KB, in pages of 1 MB."""
        items: list[Item] = []
        cursor: str | None = None
        while True:
            page = self._storage.query(Query(Table.LEDGER, partition, after=cursor, consistent=True))
            items += page.items
            cursor = page.cursor
            if cursor is None:
                return items

    def balances(self) -> dict[str, int] | None:
        """Every projected balance in won, by account as in the journal, funders with their fiscal year: `funder/city@2021`.

        None while they are being rebuilt. Consistently: 1 read unit per 4 KB, about 25 balances.
        """
        found: dict[str, int] = {}
        cursor: str | None = None
        while True:
            page = self._storage.scan(Scan(Table.BALANCES, after=cursor))
            for item in page.items:
                if item["kind"] == "projection" and projection_of(item).rebuilding:
                    return None
                found |= _accounts_of(item)
            cursor = page.cursor
            if cursor is None:
                return found


def _accounts_of(item: Item) -> dict[str, int]:
    holder = holder_of(item)
    if holder is None:
        return {}
    counts = counts_of(item, holder)
    match holder.kind:
        case HolderKind.MERCHANT:
            return {
                f"merchant_payable/{holder.name}": counts[PAYABLE],
                f"merchant_reward/{holder.name}": counts[REWARD],
            }
        case HolderKind.FUNDER:
            return {f"funder/{holder.name}@{holder.year}": counts[BALANCE]}
        case HolderKind.BANK:
            return {f"bank/{holder.name}": counts[BALANCE]}
