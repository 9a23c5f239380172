"""The watch over budgets: every few minutes it looks at 17 items of the year, and tells what has become worth telling. Each thing once.

An alarm is kept as due before it is told, and as told after it: one that a dying process left due is told by the next run. So it may be
told twice, with the same id, and is never lost.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from eeum.budget.alarms import Alarm, forecast_alarm, level_alarms
from eeum.budget.rules import FiscalYear, fiscal_year_of
from eeum.budget.showing import LINE_KIND, POOL_KIND, YearsMoney, day_of, lines_of, open_pools, outlooks, spent_by_name
from eeum.budget.store import BudgetStore
from eeum.budget.watch_store import WatchStore
from eeum.policy.use_cases import PolicyBook
from eeum.storage import ConditionsFailed


@dataclass(frozen=True, slots=True)
class Watched:
    """What a run found: `told` alarms by key; the largest share of a line that is spent, in basis points; lines that run out soon."""

    told: tuple[str, ...]
    highest_share: int
    running_out: int


def watch(
    store: BudgetStore,
    watch_store: WatchStore,
    policies: PolicyBook,
    tell: Callable[[Alarm], None],
    now: datetime,
) -> Watched:
    """Looks at this fiscal year, and at the last one until it is closed; `tell` raises when an alarm did not get through."""
    found = [
        _watch_year(store, watch_store, policies, tell, year, now)
        for year in (fiscal_year_of(now) - 1, fiscal_year_of(now))
    ]
    return Watched(
        told=tuple(key for each in found for key in each.told),
        highest_share=max(each.highest_share for each in found),
        running_out=sum(each.running_out for each in found),
    )


def _watch_year(
    store: BudgetStore,
    watch_store: WatchStore,
    policies: PolicyBook,
    tell: Callable[[Alarm], None],
    year: FiscalYear,
    now: datetime,
) -> Watched:
    money = YearsMoney(store)
    rest = money.of(year).rest
    if rest is None or rest.closed:
        return Watched((), 0, 0)
    lines, pools, today = lines_of(store, year), open_pools(policies, year, now), day_of(now)
    # A second run of a day finds that it was kept.
    with suppress(ConditionsFailed):
        watch_store.add_snapshot(year, today, spent_by_name(lines, pools, money, year))
    seen = list(outlooks(lines, pools, money, watch_store, year, now))
    alarms = []
    for kind in (LINE_KIND, POOL_KIND):
        alarms += level_alarms(year, kind, [each.account for each in seen if each.kind == kind])
    soon = [forecast_alarm(year, each.kind, each.account, each.forecast, today) for each in seen]
    alarms += [alarm for alarm in soon if alarm is not None]
    told = _tell(watch_store, year, alarms, tell)
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
