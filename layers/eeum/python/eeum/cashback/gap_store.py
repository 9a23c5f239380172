"""Wallets whose accruals are pending or missing, in the ledger table: one function per access pattern, with its cost."""

from collections.abc import Iterator
from typing import NamedTuple

from eeum.calendar import Month, month_of, parse_instant
from eeum.cashback.sources import Source, Unsound, claims_of, sound_source_of
from eeum.errors import Refusal
from eeum.journal.kinds import AWAIT_POSTING, POSTINGS
from eeum.journal.partitions import PARTITION, partition_of
from eeum.segments import Segment
from eeum.storage import BY_OPENING, MOST_READ, Item, Key, Query, Scan, Storage, Table, every_item
from eeum.wallet.rules import Wallet
from eeum.wallet.wallet_items import wallet_of

CLAIMS = tuple(kind.prefix for kind in POSTINGS)

READ_UNITS_OF_KEYS = 1.5
"""What reading the keys of a page takes, up to a hundred of some 110 bytes."""


class UnsoundEntry(NamedTuple):
    """An entry that calls for an accrual and cannot have one, and why. `month` is that of its acceptance, if readable."""

    entry: str
    month: Month | None
    reason: str


class Gaps(NamedTuple):
    """The entries of a wallet without an accrual."""

    sources: list[Source]
    unsound: list[UnsoundEntry]


class GapStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def wallets(self, segment: Segment, after: str | None = None) -> tuple[list[Wallet], str | None]:
        """Up to a hundred wallets of a segment, each consistently, and the cursor of the next page.

        1 read unit for each, and 1.5 for a hundred of their keys in the index. A wallet that was just opened may be missing.
        """
        page = self._storage.scan(
            Scan(Table.LEDGER, segment.number, segment.of, after=after, limit=MOST_READ, index=BY_OPENING)
        )
        keys = [Key(Table.LEDGER, item["pk"], item["sk"]) for item in page.items]
        items = self._storage.read(keys) if keys else []
        return [wallet_of(item["pk"].removeprefix(PARTITION), item) for item in items if item], page.cursor

    def gaps(self, wallet_id: str) -> Gaps:
        """Every capture and cancellation of a wallet without an accrual, consistently.

        1 read unit per 4 KB of all its payments, captures, cancellations, earnings and corrections, in pages of 1 MB.
        """
        claimed = {item["sk"] for prefix in CLAIMS for item in self._all(wallet_id, prefix)}
        gaps = Gaps([], [])
        for item in self._sources(wallet_id):
            try:
                source = sound_source_of(item)
            except Unsound as reason:
                gaps.unsound.append(UnsoundEntry(item["sk"], _month_of(item), str(reason)))
                continue
            if not {key.sk for key in claims_of(source)} <= claimed:
                gaps.sources.append(source)
        return gaps

    def _sources(self, wallet_id: str) -> Iterator[Item]:
        """Entries that call for an accrual. Declined payments and holds do not, and are left out."""
        for kind in AWAIT_POSTING:
            yield from filter(kind.calls_for_accrual, self._all(wallet_id, kind.prefix))

    def _all(self, wallet_id: str, prefix: str) -> Iterator[Item]:
        return every_item(self._storage, Query(Table.LEDGER, partition_of(wallet_id), prefix, consistent=True))


def _month_of(item: Item) -> Month | None:
    try:
        return month_of(parse_instant(item["accepted_at"], "accepted_at"))
    except (KeyError, Refusal, TypeError):
        return None
