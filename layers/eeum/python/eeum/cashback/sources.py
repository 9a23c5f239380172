"""What postings are made for: payments captured whole, captures of holds, and cancellations, as the ledger's entries say."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from eeum.cashback.items import correction_key, earning_key
from eeum.cashback.rules import captured_of
from eeum.journal.chain import entry_hash
from eeum.journal.kinds import AWAIT_POSTING, KINDS
from eeum.journal.partitions import PARTITION, partition_of
from eeum.payments.progress import Cancellation, Capture
from eeum.payments.rules import Payment
from eeum.storage import Item, Key

Entry = Payment | Capture | Cancellation

READERS: Mapping[str, Callable[[str, Item], Entry]] = {kind.name: kind.reader() for kind in AWAIT_POSTING}
"""How the entries of each kind that calls for a posting are read."""


class Source(NamedTuple):
    """An entry that calls for a posting; `hash` is what the posting's link covers it with, `kind` the name of its kind."""

    entry: Entry
    hash: str
    kind: str

    @property
    def wallet_id(self) -> str:
        return self.entry.acceptance.wallet_id

    @property
    def key(self) -> str:
        """Its place in the ledger. Ids are not enough: two requests of one key, in one millisecond, have the same."""
        return f"{partition_of(self.wallet_id)}/{KINDS[self.kind].prefix}{self.entry.acceptance.digest}"

    @property
    def order(self) -> tuple[str, bool]:
        """In time; what was captured before what is cancelled of it."""
        return self.entry.acceptance.id, isinstance(self.entry, Cancellation)


def source_of(item: Item) -> Source:
    """Reads an entry of the ledger. Raises `ValueError`, `KeyError`, `TypeError` or a `Refusal` for what calls for no posting."""
    kind = KINDS.get(item["kind"])
    if kind is None or not kind.calls_for_posting(item):
        raise ValueError(f"no entry that calls for a posting: {item['kind']}, {item.get('status')}")
    entry = READERS[kind.name](item["pk"].removeprefix(PARTITION), item)
    if entry.postings != item["postings"]:
        raise ValueError("its postings are not those of what it says")
    return Source(entry, entry_hash(item), kind.name)


def claims_of(source: Source) -> list[Key]:
    """Where the postings stand that a source calls for: one for a capture, one for each month that a cancellation reaches into.

    They are posted together: where one of them stands, all do.
    """
    entry = source.entry
    if isinstance(entry, Cancellation):
        return [correction_key(source.wallet_id, month, entry.acceptance.digest) for month in entry.months]
    captured = captured_of(entry)
    return [earning_key(captured.wallet_id, captured.month, captured.digest, captured.capture)]
