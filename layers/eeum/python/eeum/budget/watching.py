"""The watch over budgets: every few minutes it looks at 17 items of the year, and tells what has become worth telling. Each thing once.

An alarm is kept as due before it is told, and as told after it: one that a dying process left due is told by the next run. So it may be
told twice, with the same id, and is never lost.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from eeum.budget.alarms import Alarm, forecast_alarm, level_alarms
from eeum.budget.rules import FiscalYear, fiscal_year_of
from eeum.budget.showing import (
    LINE_KIND,
    POOL_KIND,
    ReportDependencies,
    YearsMoney,
    day_of,
    outlooks,
    spent_by_name,
    year_seen,
)
from eeum.budget.watch_store import WatchStore
from eeum.storage import ConditionsFailed


@dataclass(frozen=True, slots=True)
class Watched:
    """What a run found: `told` alarms by key; the largest share of a line that is spent, in basis points; lines that run out soon."""

    told: tuple[str, ...]
    highest_share: int
    running_out: int


def watch(tell: Callable[[Alarm], None], using: ReportDependencies) -> Watched:
    """Looks at this fiscal year, and at the last one until it is closed; `tell` raises when an alarm did not get through."""
    this_year = fiscal_year_of(using.clock())
    found = [_watch_year(year, tell, using) for year in (this_year - 1, this_year)]
    return Watched(
        told=tuple(key for each in found for key in each.told),
        highest_share=max(each.highest_share for each in found),
        running_out=sum(each.running_out for each in found),
    )


def _watch_year(year: FiscalYear, tell: Callable[[Alarm], None], using: ReportDependencies) -> Watched:
    money = YearsMoney(using.budgets)
    rest = money.of(year).rest
    if rest is None or rest.closed:
        return Watched((), 0, 0)
    of_year = year_seen(money, year, using)
    today = day_of(of_year.now)
    # A second run of a day finds that it was kept.
    with suppress(ConditionsFailed):
        using.watched.add_snapshot(year, today, spent_by_name(of_year))
    seen = list(outlooks(of_year, using.watched))
    alarms = []
    for kind in (LINE_KIND, POOL_KIND):
        alarms += level_alarms(year, kind, [each.account for each in seen if each.kind == kind])
    soon = [forecast_alarm(year, each.kind, each.account, each.forecast, today) for each in seen]
    alarms += [alarm for alarm in soon if alarm is not None]
    told = _tell(using.watched, year, alarms, tell)
    of_lines = [each for each in seen if each.kind == LINE_KIND]
    return Watched(
        told=tuple(told),
        highest_share=max((each.account.share for each in of_lines), default=0),
        running_out=sum(each.forecast.is_soon(today) for each in of_lines),
    )


def _tell(watch_store: WatchStore, year: FiscalYear, alarms: list[Alarm], tell: Callable[[Alarm], None]) -> list[str]:
    known = watch_store.alarms(year)
    waiting = [alarm for alarm, was_told in known.values() if not was_told]
    for alarm in alarms:
        if alarm.key not in known:
            # Another run may be faster; it tells it then.
            with suppress(ConditionsFailed):
                watch_store.claim(alarm)
                waiting.append(alarm)
    for alarm in waiting:
        tell(alarm)
        with suppress(ConditionsFailed):
            watch_store.told(alarm)
    return [alarm.key for alarm in waiting]
