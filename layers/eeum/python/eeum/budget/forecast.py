"""Forecasts the day on which a line or a pool runs out, from daily spending: pure functions, whole won and fractions, no floats.

The first look of each day stores a snapshot of what was spent. The expected day assumes that every day to come spends the mean of the last
28 days, which have each weekday four times. The range assumes the slowest and the fastest seven days in a row among them (with less than a
week of data: the slowest and the fastest day). The forecast does not know the future: a higher rate, a holiday, or a limit that starts
again on the 1st. Four weeks cover most of the differences within a month.
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
"""A line or pool that runs out within this many days is reported."""


class Outlook(StrEnum):
    """The outcome: it `runs_out` on a day, `lasts` until the money lapses, or is `used_up`. `no_data` and `nothing_spent` allow no
    forecast.
    """

    RUNS_OUT = "runs_out"
    LASTS = "lasts"
    USED_UP = "used_up"
    NOTHING_SPENT = "nothing_spent"
    NO_DATA = "no_data"


class Snapshot(NamedTuple):
    """What was spent of a line or pool before the beginning of a day in Seoul, in won."""

    day: date
    spent: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected, earliest and latest day on which a line or pool is used up; None: not before `until`, its last day.

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
    """Forecast from the snapshots and from what is `spent` and `left` now.

    `until` is the last day on which the money can be spent: the end of the fiscal year, or of the pool's window. What was spent `today`
    does not count as a day of data; it is already subtracted from what is left.
    """
    daily = _per_day(snapshots, today)
    days = len(daily)
    if left <= 0:
        return Forecast(Outlook.USED_UP, days, _mean(daily), today, today, today, until)
    if not daily:
        return Forecast(Outlook.NO_DATA, 0, 0, None, None, None, until)
    rate = sum(daily, Fraction(0)) / days
    # At the ends of the row of weeks the mean may lie outside the range.
    weeks = [sum(daily[start : start + WEEK], Fraction(0)) / WEEK for start in range(days - WEEK + 1)] or daily
    if rate <= 0:
        return Forecast(Outlook.NOTHING_SPENT, days, 0, None, None, None, until)
    # What was spent today is part of today's share, so that forecasts at noon and at night agree.
    left += max(spent - _latest(snapshots, today), 0)
    expected, earliest, latest = (
        _day_of(left, each, today, until) for each in (rate, max(rate, *weeks), min(rate, *weeks))
    )
    outlook = Outlook.RUNS_OUT if expected else Outlook.LASTS
    return Forecast(outlook, days, _mean(daily), expected, earliest, latest, until)


def _per_day(snapshots: Sequence[Snapshot], today: date) -> list[Fraction]:
    """The amount spent on each of the last full days. A gap between snapshots is divided evenly over its days."""
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
    """The day on which `left` won, counted from the beginning of today, are used up at `per_day`; None: not before `until`."""
    if per_day <= 0:
        return None
    # With exactly one day's money left, it is used up at the end of today.
    days = -(-left // per_day) - 1
    if days > (until - today).days:
        return None
    return today + timedelta(days=int(days))
