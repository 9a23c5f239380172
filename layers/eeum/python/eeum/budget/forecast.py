"""The day on which a line or a pool runs out, from what was spent per day: pure functions, in whole won and fractions, no floats.

The method: a snapshot is kept of what was spent by the first look of each day. The mean of the last 28 days, which have each day of the
week four times, says on which day the money will have been used up if every day to come is like it. The range is given by the slowest and
the fastest seven days in a row among them (of less than a week: by the slowest and the fastest day). It knows nothing of what is to come:
a higher rate, a holiday, a limit that opens anew on the 1st; where spending leans to a part of the month, four weeks hold most of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

DAYS = 28
WEEK = 7
SOON = timedelta(days=30)
"""Whoever runs out within so many days is reported."""


class Outlook(StrEnum):
    """`runs_out` on a day, `lasts` until the money lapses anyway, is `used_up`; or nothing can be said: `no_data`, `nothing_spent`."""

    RUNS_OUT = "runs_out"
    LASTS = "lasts"
    USED_UP = "used_up"
    NOTHING_SPENT = "nothing_spent"
    NO_DATA = "no_data"


class Snapshot(NamedTuple):
    """What had been spent of something, in won, by the beginning of a day in Seoul."""

    day: date
    spent: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """When something will have been used up: expected, at the earliest, at the latest; None for not before `until`, its last day.

    `per_day` is the mean in won, rounded down, over `days` days of data.
    """

    outlook: Outlook
    days: int
    per_day: int
    runs_out_on: date | None
    earliest: date | None
    latest: date | None
    until: date

    def is_soon(self, today: date) -> bool:
        return self.outlook is Outlook.RUNS_OUT and self.runs_out_on is not None and self.runs_out_on <= today + SOON


def forecast(snapshots: Sequence[Snapshot], spent: int, left: int, today: date, until: date) -> Forecast:
    """`spent` and `left` as they are now; what was spent `today` is not counted as a day, and is gone from what is left.

    `until` is the last day on which it can be spent: of the fiscal year, or of the pool's window.
    """
    daily = _per_day(snapshots, today)
    days = len(daily)
    if left <= 0:
        return Forecast(Outlook.USED_UP, days, _mean(daily), today, today, today, until)
    if not daily:
        return Forecast(Outlook.NO_DATA, 0, 0, None, None, None, until)
    rate = sum(daily, Fraction(0)) / days
    # At the edges of the weeks' row the mean may lie outside of them all.
    weeks = [sum(daily[start : start + WEEK], Fraction(0)) / WEEK for start in range(days - WEEK + 1)] or daily
    if rate <= 0:
        return Forecast(Outlook.NOTHING_SPENT, days, 0, None, None, None, until)
    # What was spent today belongs to today's share, so that looking at noon and at night says the same.
    left += max(spent - _latest(snapshots, today), 0)
    expected, earliest, latest = (
        _day_of(left, each, today, until) for each in (rate, max(rate, *weeks), min(rate, *weeks))
    )
    outlook = Outlook.RUNS_OUT if expected else Outlook.LASTS
    return Forecast(outlook, days, _mean(daily), expected, earliest, latest, until)


def _per_day(snapshots: Sequence[Snapshot], today: date) -> list[Fraction]:
    """What was spent on each of the last days that are over; what was spent over a gap is divided over its days alike."""
    known = sorted(snapshot for snapshot in snapshots if today - timedelta(days=DAYS) <= snapshot.day <= today)
    daily: list[Fraction] = []
    for (start, before), (end, after) in pairwise(known):
        days = (end - start).days
        daily += [Fraction(after - before, days)] * days
    return daily


def _latest(snapshots: Sequence[Snapshot], today: date) -> int:
    return max((snapshot for snapshot in snapshots if snapshot.day <= today), default=Snapshot(today, 0)).spent


def _mean(daily: Sequence[Fraction]) -> int:
    return int(sum(daily, Fraction(0)) // len(daily)) if daily else 0


def _day_of(left: int, per_day: Fraction, today: date, until: date) -> date | None:
    """The day on which `left` won, counted from the beginning of today, are used up at `per_day`; None when not by `until`."""
    if per_day <= 0:
        return None
    # With exactly one day's money left it is used up at the end of today.
    days = -(-left // per_day) - 1
    if days > (until - today).days:
        return None
    return today + timedelta(days=int(days))
