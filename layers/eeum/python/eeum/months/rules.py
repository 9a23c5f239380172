"""Which months must be opened and closed: pure functions over plain values.

The reset changes no wallet: what limits were used is kept by month, so the month turns by itself, whether or not the reset has run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eeum.calendar import Month, month_of, next_month


class MonthStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class MonthRecord:
    """A month of the programme; `opened_at` and `closed_at` are when the reset did it, which may be late."""

    month: Month
    status: MonthStatus
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one run of the reset does: months to open, in order, and months to close."""

    opened: tuple[MonthRecord, ...]
    closed: tuple[MonthRecord, ...]


def turn_month(latest: Sequence[MonthRecord], due_at: datetime, now: datetime) -> Turn:
    """Opens the month of `due_at` and every one missed since the last opened, closing all but the newest.

    `latest` are the newest records, newest first; the earlier run of a later month leaves nothing to do. A missed month is opened and
    closed at once, so that the row of months has no gap.
    """
    due = month_of(due_at)
    if latest and latest[0].month >= due:
        return Turn((), ())
    missed = _months_between(latest[0].month, due) if latest else []
    opened = [MonthRecord(month, MonthStatus.CLOSED, now, now) for month in missed]
    closed = [
        MonthRecord(record.month, MonthStatus.CLOSED, record.opened_at, now)
        for record in latest
        if record.status is MonthStatus.OPEN
    ]
    return Turn((*opened, MonthRecord(due, MonthStatus.OPEN, now)), tuple(closed))


def _months_between(last: Month, due: Month) -> list[Month]:
    months = []
    month = next_month(last)
    while month < due:
        months.append(month)
        month = next_month(month)
    return months
