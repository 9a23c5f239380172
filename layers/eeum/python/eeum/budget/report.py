"""The report of a fiscal year's budget: amount, spent and left of each line and pool. Pure functions; won and basis points."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eeum.budget.appropriations import BudgetChange, ChangeKind
from eeum.budget.money import Money
from eeum.budget.rules import POOL, RETURNED, UNBUDGETED, FiscalYear, Line, PoolMoney
from eeum.money import BASIS_POINTS_OF_THE_WHOLE


@dataclass(frozen=True, slots=True)
class Account:
    """The money of a line or of a pool's window: `amount` in all, `left` to draw. `returned` was given back after the year's close.

    `spent` is what was drawn minus what was given back before the close, so amount = spent + left at every moment.
    """

    name: str
    amount: int
    left: int
    returned: int

    @property
    def spent(self) -> int:
        return self.amount - self.left

    @property
    def share(self) -> int:
        """The spent share of the amount in basis points, rounded down. An empty pool counts as fully spent."""
        if self.amount == 0:
            return BASIS_POINTS_OF_THE_WHOLE
        return self.spent * BASIS_POINTS_OF_THE_WHOLE // self.amount


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line with its money. `original` and `supplements` are its appropriations, oldest first."""

    line: Line
    account: Account
    original: int
    supplements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunderReport:
    """What a funder budgeted and spent in a year. `unbudgeted` is what none of its lines paid.

    `per_won` is its part of each won that rewards cost all funders, in basis points, rounded down.
    """

    funder: str
    amount: int
    spent: int
    unbudgeted: int
    per_won: int


@dataclass(frozen=True, slots=True)
class YearReport:
    """A fiscal year: its lines, its funders, and the pools whose windows are open now."""

    year: FiscalYear
    closed: bool
    lines: tuple[LineReport, ...]
    funders: tuple[FunderReport, ...]
    pools: tuple[Account, ...]


def report_of(
    year: FiscalYear,
    lines: Iterable[Line],
    money: Money,
    changes: Iterable[BudgetChange],
    pools: Iterable[tuple[PoolMoney, Iterable[Money]]],
) -> YearReport:
    """The report of a year. `money` is the year's, `changes` are all of its changes.

    Each pool comes with the money of each year that draws on it, with the pool's own year last.
    """
    made = tuple(changes)
    reports = tuple(_line_report(line, money, made) for line in lines)
    return YearReport(
        year=year,
        closed=money.unallocated.closed if money.unallocated else False,
        lines=reports,
        funders=_funders(reports, money),
        pools=tuple(pool_account(pool, list(years)) for pool, years in pools),
    )


def line_account(line_id: str, money: Money) -> Account:
    amount = money.unallocated.amounts.get(line_id, 0) if money.unallocated else 0
    return Account(line_id, amount, money.left(line_id), money.in_shards(f"{RETURNED}{line_id}"))


def pool_account(pool: PoolMoney, years: list[Money]) -> Account:
    """The account of a pool. A pool without any draw yet is whole."""
    home = years[-1].unallocated
    if home is None or pool.name not in home.amounts:
        return Account(pool.name.removeprefix(POOL), pool.amount, pool.amount, 0)
    left = home.won[pool.name] + sum(money.in_shards(pool.name) for money in years)
    raised = max(pool.amount - home.amounts[pool.name], 0)
    return Account(pool.name.removeprefix(POOL), home.amounts[pool.name] + raised, left + raised, 0)


def _line_report(line: Line, money: Money, changes: tuple[BudgetChange, ...]) -> LineReport:
    own = [change for change in changes if change.line == line.id]
    return LineReport(
        line=line,
        account=line_account(line.id, money),
        original=sum(change.won for change in own if change.kind is ChangeKind.ORIGINAL),
        supplements=tuple(change.won for change in own if change.kind is ChangeKind.SUPPLEMENT),
    )


def _funders(reports: tuple[LineReport, ...], money: Money) -> tuple[FunderReport, ...]:
    amounts: dict[str, int] = {}
    spent: dict[str, int] = {}
    for report in reports:
        funder = report.line.funder
        amounts[funder] = amounts.get(funder, 0) + report.account.amount
        spent[funder] = spent.get(funder, 0) + report.account.spent
    unbudgeted = _unbudgeted(money)
    funders = sorted({*amounts, *unbudgeted})
    total = sum(spent.values()) + sum(unbudgeted.values())
    return tuple(
        FunderReport(
            funder=funder,
            amount=amounts.get(funder, 0),
            spent=spent.get(funder, 0),
            unbudgeted=unbudgeted.get(funder, 0),
            per_won=(spent.get(funder, 0) + unbudgeted.get(funder, 0)) * BASIS_POINTS_OF_THE_WHOLE // total
            if total > 0
            else 0,
        )
        for funder in funders
    )


def _unbudgeted(money: Money) -> Mapping[str, int]:
    names = {name for part in money.shards for name in part.won if name.startswith(UNBUDGETED)}
    return {name.removeprefix(UNBUDGETED): money.in_shards(name) for name in names}
