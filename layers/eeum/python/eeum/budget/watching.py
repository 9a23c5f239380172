"""The watch over budgets: every few minutes it reads the year's 17 items and publishes new alarms, each once.

An alarm is stored as due before it is published, and as published afterwards. If the process stops in between, the next run publishes it.
So an alarm may be published twice, with the same id, and is never lost.
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
    """The result of a run: `published` alarms by key, the largest spent share of a line in basis points, and lines that run out soon."""

    published: tuple[str, ...]
    highest_share: int
    running_out: int


def watch(publish: Callable[[Alarm], None], using: ReportDependencies) -> Watched:
    """Watch this fiscal year, and the last one until it is closed. `publish` publishes an alarm and raises when that failed."""
    this_year = fiscal_year_of(using.clock())
    found = [_watch_year(year, publish, using) for year in (this_year - 1, this_year)]
    return Watched(
        published=tuple(key for each in found for key in each.published),
        highest_share=max(each.highest_share for each in found),
        running_out=sum(each.running_out for each in found),
    )


def _watch_year(year: FiscalYear, publish: Callable[[Alarm], None], using: ReportDependencies) -> Watched:
    money = YearsMoney(using.budgets)
    unallocated = money.of(year).unallocated
    if unallocated is None or unallocated.closed:
        return Watched((), 0, 0)
    of_year = year_seen(money, year, using)
    today = day_of(of_year.now)
    # An earlier run of the day has stored the snapshot.
    with suppress(ConditionsFailed):
        using.watched.add_snapshot(year, today, spent_by_name(of_year))
    seen = list(outlooks(of_year, using.watched))
    alarms = []
    for kind in (LINE_KIND, POOL_KIND):
        alarms += level_alarms(year, kind, [each.account for each in seen if each.kind == kind])
    soon = [forecast_alarm(year, each.kind, each.account, each.forecast, today) for each in seen]
    alarms += [alarm for alarm in soon if alarm is not None]
    published = _publish(using.watched, year, alarms, publish)
    of_lines = [each for each in seen if each.kind == LINE_KIND]
    return Watched(
        published=tuple(published),
        highest_share=max((each.account.share for each in of_lines), default=0),
        running_out=sum(each.forecast.is_soon(today) for each in of_lines),
    )


def _publish(
    watch_store: WatchStore, year: FiscalYear, alarms: list[Alarm], publish: Callable[[Alarm], None]
) -> list[str]:
    known = watch_store.alarms(year)
    waiting = [alarm for alarm, was_published in known.values() if not was_published]
    for alarm in alarms:
        if alarm.key not in known:
            # Another run was faster and publishes the alarm.
            with suppress(ConditionsFailed):
                watch_store.claim(alarm)
                waiting.append(alarm)
    for alarm in waiting:
        publish(alarm)
        with suppress(ConditionsFailed):
            watch_store.published(alarm)
    return [alarm.key for alarm in waiting]
