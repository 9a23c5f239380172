"""Which months to open and close: pure functions over plain values.

The reset changes no wallet. Limit usage is kept by month, so the limits start again with the month, whether or not the reset has run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from eeum.calendar import Month, month_of, next_month, start_of_month

CLOSING_BEGINS = timedelta(hours=1)
"""How long after a month's end its statements may be due: nothing accepted in it is still being stored then."""

EXCEPTIONS_BEGIN = timedelta(days=1)
"""How long after a month's end operators may correct entries that have no accrual; then the other wallets wait no longer."""

MOST_EXCEPTED = 100
"""The most wallets that a month may be frozen without. If there are more, the cause is not in the wallets."""


class MonthStatus(StrEnum):
    """The status of a month: a `closed` one is over; a `frozen` one has all its cashback and statements."""

    OPEN = "open"
    CLOSED = "closed"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class MonthRecord:
    """A month of the programme. `opened_at` and `closed_at` are when the reset ran, which may be late; `frozen_at` is when it was complete.

    `excepted` wallets had an entry without an accrual when it froze: their statements are written once the accrual exists.
    """

    month: Month
    status: MonthStatus
    opened_at: datetime
    closed_at: datetime | None = None
    frozen_at: datetime | None = None
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one run of the reset does: the months to open, in order, and the months to close."""

    opened: tuple[MonthRecord, ...]
    closed: tuple[MonthRecord, ...]


def turn_month(latest: Sequence[MonthRecord], due_at: datetime, now: datetime) -> Turn:
    """Open the month of `due_at` and every missed month before it, and close all but the newest.

    `latest` are the newest records, newest first. If a later month is open already, nothing is left to do. A missed month is opened and
    closed at once, so that the sequence of months has no gap.
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


def month_to_close(closed: Sequence[MonthRecord], now: datetime) -> Month | None:
    """The month whose statements are due: the oldest closed month that is not frozen, an hour after its end at the earliest."""
    due = [record.month for record in closed if start_of_month(next_month(record.month)) + CLOSING_BEGINS <= now]
    return min(due, default=None)


def may_freeze_without(month: Month, wallets: int, now: datetime) -> bool:
    """Whether the month may be frozen without this many wallets that have an entry without an accrual."""
    return wallets <= MOST_EXCEPTED and now >= start_of_month(next_month(month)) + EXCEPTIONS_BEGIN


def frozen(record: MonthRecord, now: datetime, excepted: Sequence[str] = ()) -> MonthRecord:
    return replace(record, status=MonthStatus.FROZEN, frozen_at=now, excepted=tuple(sorted(set(excepted))))
