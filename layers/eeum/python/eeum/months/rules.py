"""Which months must be opened and closed: pure functions over plain values.

The reset changes no wallet: what limits were used is kept by month, so the month turns by itself, whether or not the reset has run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from eeum.calendar import Month, month_of, next_month, start_of_month

CLOSING_BEGINS = timedelta(hours=1)
"""After the end of a month: by then nothing that was accepted in it is still on its way into the ledger."""

EXCEPTIONS_BEGIN = timedelta(days=1)
"""After the end of a month: until then an operator may mend what cannot be posted; from then on the others do not wait for it."""

MOST_EXCEPTED = 100
"""Wallets without which a month is frozen. More of them are no fault of a wallet."""


class MonthStatus(StrEnum):
    """A month that is `closed` is over; one that is `frozen` has all its cashback, and its statements are written."""

    OPEN = "open"
    CLOSED = "closed"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class MonthRecord:
    """A month of the programme; `opened_at` and `closed_at` are when the reset did it, maybe late; `frozen_at` when all was there.

    `excepted` are the wallets that had an entry then that could not be posted: their statements are written once it is.
    """

    month: Month
    status: MonthStatus
    opened_at: datetime
    closed_at: datetime | None = None
    frozen_at: datetime | None = None
    excepted: tuple[str, ...] = ()


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


def month_to_close(closed: Sequence[MonthRecord], now: datetime) -> Month | None:
    """The month whose statements are due: the oldest that is closed and not frozen, from an hour after its end on."""
    due = [record.month for record in closed if start_of_month(next_month(record.month)) + CLOSING_BEGINS <= now]
    return min(due, default=None)


def may_freeze_without(month: Month, wallets: int, now: datetime) -> bool:
    """Whether the month may be frozen although so many wallets have something that cannot be posted."""
    return wallets <= MOST_EXCEPTED and now >= start_of_month(next_month(month)) + EXCEPTIONS_BEGIN


def frozen(record: MonthRecord, now: datetime, excepted: Sequence[str] = ()) -> MonthRecord:
    return replace(record, status=MonthStatus.FROZEN, frozen_at=now, excepted=tuple(sorted(set(excepted))))
