"""Shows a fiscal year's budget: what is left, who changed it, and when it will be used up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.forecast import Forecast, Snapshot, forecast
from eeum.budget.money import Money
from eeum.budget.report import Account, YearReport, line_account, pool_account, report_of
from eeum.budget.rules import POOL, FiscalYear, Line, PoolMoney, fiscal_year_of, pool_money, years_drawing
from eeum.budget.store import BudgetStore
from eeum.budget.watch_store import WatchStore
from eeum.calendar import SEOUL, next_month, start_of_month
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import HALF_MONTH, Window, last_month_of, window_name

LAST_OF_THE_FIRST_HALF = 15
LINE_KIND, POOL_KIND = "line", "pool"


class OpenPool(NamedTuple):
    """A pool in its open window, and the window's last day."""

    money: PoolMoney
    last_day: date


class Outlooked(NamedTuple):
    """A line or a pool (`kind`) with its money and its forecast."""

    kind: str
    account: Account
    forecast: Forecast


class YearsMoney:
    """The money of fiscal years, each read once."""

    def __init__(self, store: BudgetStore) -> None:
        self._store = store
        self._read: dict[FiscalYear, Money] = {}

    def of(self, year: FiscalYear) -> Money:
        if year not in self._read:
            self._read[year] = self._store.money(year)
        return self._read[year]

    def drawing_on(self, pool: PoolMoney, now: FiscalYear) -> list[Money]:
        """The money of each year that drew on a pool up to `now`, with the pool's own year last."""
        unallocated = self.of(pool.home).unallocated
        since = unallocated.since.get(pool.name) if unallocated else None
        years = [pool.home] if since is None else years_drawing(since, now, pool.home)
        return [self.of(year) for year in years]


@dataclass(frozen=True, slots=True)
class ReportDependencies:
    """What reports on budgets depend on; `composition` makes it."""

    budgets: BudgetStore
    appropriations: AppropriationStore
    watched: WatchStore
    policies: PolicyBook
    clock: Callable[[], datetime]


class YearSeen(NamedTuple):
    """A fiscal year as read at `now`: its lines, the open pools, and their money."""

    year: FiscalYear
    now: datetime
    lines: list[Line]
    pools: list[OpenPool]
    money: YearsMoney


def year_report(year: FiscalYear, using: ReportDependencies) -> YearReport:
    """Lines, funders and open pools of a year; empty for a year without budgets."""
    _, _, lines, pools, money = year_seen(YearsMoney(using.budgets), year, using)
    drawing = [(pool.money, money.drawing_on(pool.money, year)) for pool in pools]
    return report_of(year, lines, money.of(year), using.appropriations.changes(year), drawing)


def year_forecast(year: FiscalYear, using: ReportDependencies) -> list[Outlooked]:
    """The forecast of each line of a year, and of each pool in its open window."""
    return list(outlooks(year_seen(YearsMoney(using.budgets), year, using), using.watched))


def year_seen(money: YearsMoney, year: FiscalYear, using: ReportDependencies) -> YearSeen:
    """The lines and open pools of a year. `money` is read when needed."""
    now = using.clock()
    pools = open_pools(using.policies, year, now)
    return YearSeen(year, now, lines_of(using.budgets, year), pools, money)


def outlooks(seen: YearSeen, watched: WatchStore) -> Iterator[Outlooked]:
    """The forecast of each line and each open pool, from the snapshots of earlier days."""
    year, now, lines, pools, money = seen
    snapshots = watched.snapshots(year) if lines or pools else {}
    today = day_of(now)
    for line in lines:
        account = line_account(line.id, money.of(year))
        yield _outlooked(LINE_KIND, account, snapshots.get(line.id, []), today, date(year, 12, 31))
    for pool in pools:
        account = pool_account(pool.money, money.drawing_on(pool.money, year))
        yield _outlooked(POOL_KIND, account, snapshots.get(pool.money.name, []), today, pool.last_day)


def _outlooked(kind: str, account: Account, snapshots: Sequence[Snapshot], today: date, until: date) -> Outlooked:
    seen = forecast(snapshots, account.spent, account.left, min(today, until), until)
    return Outlooked(kind, account, seen)


def lines_of(store: BudgetStore, year: FiscalYear) -> list[Line]:
    return [line for line in store.lines() if line.fiscal_year == year]


def open_pools(policies: PolicyBook, year: FiscalYear, now: datetime) -> list[OpenPool]:
    """The pools of the policy in force whose windows are open now; none for another year than the present one."""
    policy = policies.in_force_at(now)
    if policy is None or fiscal_year_of(now) != year:
        return []
    return [
        OpenPool(pool_money(policy, pool.id, now), last_day_of(pool.window, now))
        for pool in policy.pools.values()
        if pool.window.is_open(now)
    ]


def last_day_of(window: Window, at: datetime) -> date:
    """The last day in Seoul of the window that contains `at`."""
    if window.until is not None:
        return day_of(window.until - timedelta(microseconds=1))
    name = window_name(window, at)
    month = last_month_of(name)
    if window.kind == HALF_MONTH and name.endswith("-1"):
        return date(int(month[:4]), int(month[5:7]), LAST_OF_THE_FIRST_HALF)
    return day_of(start_of_month(next_month(month)) - timedelta(microseconds=1))


def day_of(instant: datetime) -> date:
    return instant.astimezone(SEOUL).date()


def spent_by_name(seen: YearSeen) -> dict[str, int]:
    """What is spent of each line and each open pool, in won, as a snapshot stores it."""
    year, _, lines, pools, money = seen
    spent = {line.id: line_account(line.id, money.of(year)).spent for line in lines}
    for pool in pools:
        account = pool_account(pool.money, money.drawing_on(pool.money, year))
        spent[f"{POOL}{account.name}"] = account.spent
    return spent
