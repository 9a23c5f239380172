"""Turn the month: the same work for a thousand members as for a million."""

from datetime import datetime, timedelta

from eeum.calendar import Month
from eeum.errors import Invalid, NotFound
from eeum.months.rules import MonthRecord, Turn, turn_month
from eeum.months.store import MonthStore
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience

CLOCKS_APART = timedelta(seconds=5)
"""How far the scheduler's clock may be ahead of the function's."""

MOST_MISSED = 90
"""The most months that a run opens, all in one transaction: more than seven years."""


def reset_month(store: MonthStore, patience: Patience, due_at: datetime, now: datetime) -> Turn:
    """Open the month of `due_at` and close the ones before; a second run does nothing, a late one catches up.

    Raises:
        Invalid: `due_at` is later than `now`, or more months were missed than one run opens.
    """
    if due_at > now + CLOCKS_APART:
        raise Invalid("scheduled_at", "is in the future", "in_the_future")
    attempt = 0
    while True:
        latest, _ = store.latest(count=2)
        turn = turn_month(latest, due_at, now)
        if len(turn.opened) > MOST_MISSED:
            raise Invalid("scheduled_at", f"is more than {MOST_MISSED} months after the last month opened", "too_far")
        if not turn.opened:
            return turn
        try:
            store.turn(turn)
            return turn
        except ConditionsFailed:
            # Another run was faster: read what it stored, so that nothing is done twice.
            attempt += 1
            patience.wait(attempt)


def month_record(store: MonthStore, month: Month) -> MonthRecord:
    """The record of a month. Raises `NotFound` if it was not opened."""
    record = store.month(month)
    if record is None:
        raise NotFound(f"The month {month} was not opened.")
    return record
