"""Months in the programme table: one function per access pattern, with its cost."""

from eeum.calendar import Month, parse_instant, text_of
from eeum.months.rules import MonthRecord, MonthStatus, Turn
from eeum.storage import NOT_YET_STORED, Equals, Item, Key, Put, Query, Storage, Table, Write, every_item
from eeum.unit_of_work import Patience, commit

MONTH = "MONTH#"


class MonthStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self._patience = patience
        self._partition = f"PROGRAMME#{programme}"

    def latest(self, count: int, after: str | None = None) -> tuple[list[MonthRecord], str | None]:
        """The newest months, newest first, and the cursor of earlier ones. Half a read unit per 4 KB: one for 12 months."""
        page = self._storage.query(
            Query(Table.PROGRAMME, self._partition, MONTH, newest_first=True, limit=count, after=after)
        )
        return [_month_of(item) for item in page.items], page.cursor

    def month(self, month: Month) -> MonthRecord | None:
        """One month, consistently. 1 read unit."""
        (item,) = self._storage.read([self._key(month)])
        return _month_of(item) if item else None

    def closed(self) -> list[MonthRecord]:
        """Every closed month that is not frozen, the oldest first, consistently. 1 read unit per 4 KB of all months: one for 24."""
        still_closed = (Equals(("status",), MonthStatus.CLOSED.value),)
        months = Query(Table.PROGRAMME, self._partition, MONTH, where=still_closed, consistent=True)
        return [_month_of(item) for item in every_item(self._storage, months)]

    def with_exceptions(self) -> list[MonthRecord]:
        """Every month frozen without some wallets, the oldest first, consistently. 1 read unit per 4 KB of all months."""
        frozen = (Equals(("status",), MonthStatus.FROZEN.value),)
        months = Query(Table.PROGRAMME, self._partition, MONTH, where=frozen, consistent=True)
        return [_month_of(item) for item in every_item(self._storage, months) if item.get("excepted")]

    def freeze(self, record: MonthRecord) -> None:
        """Stores a month as frozen; `ConditionsFailed` unless it is closed. 2 write units."""
        closed = (Equals(("status",), MonthStatus.CLOSED.value),)
        commit(self._storage, self._patience, Put(self._key(record.month), _item(record), closed))

    def turn(self, turn: Turn) -> None:
        """Open and close months together; `ConditionsFailed` if another run did. 2 write units each: 4 if no month was missed."""
        writes: list[Write] = [Put(self._key(record.month), _item(record), NOT_YET_STORED) for record in turn.opened]
        still_open = (Equals(("status",), MonthStatus.OPEN.value),)
        writes += [Put(self._key(record.month), _item(record), still_open) for record in turn.closed]
        commit(self._storage, self._patience, *writes)

    def _key(self, month: Month) -> Key:
        return Key(Table.PROGRAMME, self._partition, f"{MONTH}{month}")


def _item(record: MonthRecord) -> Item:
    return {
        "kind": "month",
        "month": record.month,
        "status": record.status.value,
        "opened_at": text_of(record.opened_at),
        "closed_at": text_of(record.closed_at) if record.closed_at else None,
        "frozen_at": text_of(record.frozen_at) if record.frozen_at else None,
        **({"excepted": list(record.excepted)} if record.excepted else {}),
    }


def _month_of(item: Item) -> MonthRecord:
    return MonthRecord(
        month=item["month"],
        status=MonthStatus(item["status"]),
        opened_at=parse_instant(item["opened_at"], "opened_at"),
        closed_at=parse_instant(item["closed_at"], "closed_at") if item["closed_at"] else None,
        # Months that were stored before freezing existed lack these attributes.
        frozen_at=parse_instant(item["frozen_at"], "frozen_at") if item.get("frozen_at") else None,
        excepted=tuple(item.get("excepted", ())),
    )
