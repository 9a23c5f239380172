"""What operators do with budgets: appropriate, supplement, close; each once under its key, with who, when, why and by which document.

What a request is judged by is read before its own entry: whatever a twin of it stored is then its answer, and never in its way.
"""

from datetime import datetime

from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds, judge_close, judge_line
from eeum.budget.funding import opened
from eeum.budget.money import Rest
from eeum.budget.rules import FiscalYear, Line
from eeum.budget.store import BudgetStore
from eeum.calendar import whole_milliseconds
from eeum.errors import FiscalYearClosed, NotFound
from eeum.months.store import MonthStore
from eeum.once import Answer, Decision, answer_once
from eeum.request import Request


def scope_of(year: FiscalYear) -> str:
    """What stands in place of a wallet in a request that changes a budget: a key is for one fiscal year."""
    return f"budgets/{year}"


def add_line(
    budgets: BudgetStore,
    appropriations: AppropriationStore,
    request: Request,
    line: Line,
    won: int,
    grounds: Grounds,
    now: datetime,
    *,
    running: bool,
) -> Answer[BudgetChange]:
    """Adds a line with its original appropriation. Before the programme is `running` it may apply from the past on.

    Raises:
        Invalid, BudgetLineAppliesTooSoon, BudgetLineTaken: as `judge_line`.
        FiscalYearClosed: nothing is appropriated to that year any more.
        IdempotencyKeyReused, Busy: as every request that moves money.
    """
    change = BudgetChange(
        request.accept(whole_milliseconds(now)), ChangeKind.ORIGINAL, line.fiscal_year, line.id, won, grounds
    )

    def decide(before: tuple[Rest | None, list[Line]]) -> Decision[BudgetChange]:
        rest, others = before
        _refuse_if_closed(rest)
        judge_line(line, others, now, running=running)
        if rest is None:
            opened(budgets, line.fiscal_year)
        revision = rest.revision if rest else 0
        return Decision(change, lambda: appropriations.add_line(line, change, revision))

    def read() -> tuple[BudgetChange | None, tuple[Rest | None, list[Line]]]:
        # The revision is read before the lines that are judged: what is added between the two is found out on storing.
        rest, others = budgets.money(line.fiscal_year).rest, budgets.lines()
        return appropriations.change(line.fiscal_year, request.digest), (rest, others)

    return answer_once(request, budgets.patience, read, decide)


def supplement(
    budgets: BudgetStore,
    appropriations: AppropriationStore,
    request: Request,
    year: FiscalYear,
    line_id: str,
    won: int,
    grounds: Grounds,
    now: datetime,
) -> Answer[BudgetChange]:
    """Adds won to a line, from where they are granted at once.

    Raises:
        NotFound: the year has no such line.
        FiscalYearClosed: nothing is appropriated to that year any more.
        IdempotencyKeyReused, Busy: as every request that moves money.
    """
    line = _line(budgets, year, line_id)
    change = BudgetChange(request.accept(whole_milliseconds(now)), ChangeKind.SUPPLEMENT, year, line.id, won, grounds)

    def decide(rest: Rest | None) -> Decision[BudgetChange]:
        _refuse_if_closed(rest)
        return Decision(change, lambda: appropriations.supplement(change))

    def read() -> tuple[BudgetChange | None, Rest | None]:
        rest = budgets.money(year).rest
        return appropriations.change(year, request.digest), rest

    return answer_once(request, budgets.patience, read, decide)


def close_year(
    budgets: BudgetStore,
    appropriations: AppropriationStore,
    months: MonthStore,
    request: Request,
    year: FiscalYear,
    grounds: Grounds,
    now: datetime,
) -> Answer[BudgetChange]:
    """Closes a fiscal year: what comes back from here on is kept apart from what is left.

    Raises:
        NotFound: nothing was ever budgeted for it.
        FiscalYearNotOver: something may still be accepted or posted in it: December is not frozen.
        FiscalYearClosed: by another request.
        IdempotencyKeyReused, Busy: as every request that moves money.
    """
    change = BudgetChange(request.accept(whole_milliseconds(now)), ChangeKind.CLOSE, year, None, 0, grounds)

    def decide(rest: Rest | None) -> Decision[BudgetChange]:
        newest, _ = months.latest(1)
        judge_close(year, months.month(f"{year}-12"), newest[0] if newest else None, now)
        if rest is None:
            raise NotFound(f"Nothing was budgeted for the fiscal year {year}.")
        _refuse_if_closed(rest)
        return Decision(change, lambda: appropriations.close(change))

    def read() -> tuple[BudgetChange | None, Rest | None]:
        rest = budgets.money(year).rest
        return appropriations.change(year, request.digest), rest

    return answer_once(request, budgets.patience, read, decide)


def _line(budgets: BudgetStore, year: FiscalYear, line_id: str) -> Line:
    for line in budgets.lines():
        if (line.fiscal_year, line.id) == (year, line_id):
            return line
    raise NotFound(f"The fiscal year {year} has no budget line {line_id}.")


def _refuse_if_closed(rest: Rest | None) -> None:
    if rest is not None and rest.closed:
        raise FiscalYearClosed(f"The fiscal year {rest.year} was closed; nothing is appropriated to it any more.")
