"""Reads items and sources of accruals from records of the ledger's stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.cashback.sources import Source, Unsound, sound_source_of
from eeum.journal.kinds import KINDS
from eeum.storage import Item
from eeum.wallet.events import PUBLISHED as OF_WALLETS

Record = Mapping[str, Any]


@dataclass
class Records:
    """Records with their sources, records without one, with the reason, and every sound item, to be published."""

    sources: list[Source]
    unsound: list[tuple[Record, str]]
    items: list[tuple[Record, Item]]
    _of: dict[str, Record]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Records":
        read = cls([], [], [], {})
        for record in records:
            try:
                item = item_of_record(record)
                source = None if is_only_published(item) else sound_source_of(item)
            except Unsound as reason:
                read.unsound.append((record, str(reason)))
                continue
            read.items.append((record, item))
            if source is not None:
                read.sources.append(source)
                read._of[source.key] = record
        return read

    def of_source(self, source: Source) -> Record:
        return self._of[source.key]


def item_of_record(record: Record) -> Item:
    """The item of a record. Raises `Unsound`, with the reason, for a record without one."""
    try:
        return plain_item(record["dynamodb"]["NewImage"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unsound(f"{type(error).__name__}: {error}") from error


def is_only_published(item: Item) -> bool:
    """Whether an item is of a known kind and calls for no accrual. An item of an unknown kind is dead-lettered."""
    # A damaged item may have any type here, and one record must not fail its batch.
    name = str(item.get("kind"))
    kind = KINDS.get(name)
    return name in OF_WALLETS or (kind is not None and not kind.calls_for_accrual(item))
