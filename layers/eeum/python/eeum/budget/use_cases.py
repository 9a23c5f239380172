"""The use cases of operators with budgets: appropriate, supplement, close. Each runs once under its key, with grounds and a document.

A use case reads the state that it decides on before it looks for the request's entry. If the same request was stored meanwhile, that
entry is the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds, judge_close, judge_line
from eeum.budget.funding import opened
from eeum.budget.money import Unallocated
from eeum.budget.rules import FiscalYear, Line
from eeum.budget.store import BudgetStore
from eeum.calendar import whole_milliseconds
from eeum.errors import FiscalYearClosed, NotFound
from eeum.months.store import MonthStore
from eeum.once import Answer, Decision, answer_once
from eeum.request import Request


def scope_of(year: FiscalYear) -> str:
    """The scope of a request's key, in place of a wallet: one fiscal year."""
    return f"budgets/{year}"


@dataclass(frozen=True, slots=True)
class BudgetDependencies:
    """What the administration of budgets depends on.

    Before the programme `is_running`, a line may apply from the past.
    """

    budgets: BudgetStore
    appropriations: AppropriationStore
    months: MonthStore
    clock: Callable[[], datetime]
    is_running: Callable[[], bool]


class AddLine(NamedTuple):
    """Add a line with its original appropriation, in won."""

    request: Request
    line: Line
    amount: int
    grounds: Grounds


class Supplement(NamedTuple):
    """Add `amount` won to a line of a year."""

    request: Request
    year: FiscalYear
    line_id: str
    amount: int
    grounds: Grounds


class CloseYear(NamedTuple):
    """Close a fiscal year."""

    request: Request
    year: FiscalYear
    grounds: Grounds


def add_line(command: AddLine, using: BudgetDependencies) -> Answer[BudgetChange]:
    """Add a line with its original appropriation.

    Raises:
        Invalid, BudgetLineAppliesTooSoon, BudgetLineTaken: see `judge_line`.
        FiscalYearClosed: nothing can be appropriated to the year any more.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, line, amount, grounds = command
    now = using.clock()
    accepted = request.accept(whole_milliseconds(now))
    change = BudgetChange(accepted, ChangeKind.ORIGINAL, line.fiscal_year, line.id, amount, grounds)

    def decide(before: tuple[Unallocated | None, list[Line]]) -> Decision[BudgetChange]:
        unallocated, others = before
        _refuse_if_closed(unallocated)
        judge_line(line, others, now, running=using.is_running())
        if unallocated is None:
            opened(using.budgets, line.fiscal_year)
        revision = unallocated.revision if unallocated else 0
        return Decision(change, lambda: using.appropriations.add_line(line, change, revision))

    def read() -> tuple[BudgetChange | None, tuple[Unallocated | None, list[Line]]]:
        # The revision is read first, so that storing fails if a line is added after the lines are read.
        unallocated, others = using.budgets.money(line.fiscal_year).unallocated, using.budgets.lines()
        return using.appropriations.change(line.fiscal_year, request.digest), (unallocated, others)

    return answer_once(request, using.budgets.patience, read, decide)


def supplement(command: Supplement, using: BudgetDependencies) -> Answer[BudgetChange]:
    """Add money to a line; it can be drawn at once.

    Raises:
        NotFound: the year has no such line.
        FiscalYearClosed: nothing can be appropriated to the year any more.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, year, line_id, amount, grounds = command
    line = _line(using.budgets, year, line_id)
    accepted = request.accept(whole_milliseconds(using.clock()))
    change = BudgetChange(accepted, ChangeKind.SUPPLEMENT, year, line.id, amount, grounds)

    def decide(unallocated: Unallocated | None) -> Decision[BudgetChange]:
        _refuse_if_closed(unallocated)
        return Decision(change, lambda: using.appropriations.supplement(change))

    return answer_once(request, using.budgets.patience, lambda: _read(using, year, request), decide)


def close_year(command: CloseYear, using: BudgetDependencies) -> Answer[BudgetChange]:
    """Close a fiscal year: what is given back later is kept apart from what is left.

    Raises:
        NotFound: the year has no budget.
        FiscalYearNotOver: a payment may still be accepted or cashback posted in it, since its December is not frozen.
        FiscalYearClosed: another request closed it.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, year, grounds = command
    now = using.clock()
    change = BudgetChange(request.accept(whole_milliseconds(now)), ChangeKind.CLOSE, year, None, 0, grounds)

    def decide(unallocated: Unallocated | None) -> Decision[BudgetChange]:
        newest, _ = using.months.latest(1)
        judge_close(year, using.months.month(f"{year}-12"), newest[0] if newest else None, now)
        if unallocated is None:
            raise NotFound(f"Nothing was budgeted for the fiscal year {year}.")
        _refuse_if_closed(unallocated)
        return Decision(change, lambda: using.appropriations.close(change))

    return answer_once(request, using.budgets.patience, lambda: _read(using, year, request), decide)


def _read(
    using: BudgetDependencies, year: FiscalYear, request: Request
) -> tuple[BudgetChange | None, Unallocated | None]:
    """The change that this request made already, and the year's unallocated balance, which is read first."""
    unallocated = using.budgets.money(year).unallocated
    return using.appropriations.change(year, request.digest), unallocated


def _line(budgets: BudgetStore, year: FiscalYear, line_id: str) -> Line:
    for line in budgets.lines():
        if (line.fiscal_year, line.id) == (year, line_id):
            return line
    raise NotFound(f"The fiscal year {year} has no budget line {line_id}.")


def _refuse_if_closed(unallocated: Unallocated | None) -> None:
    if unallocated is not None and unallocated.closed:
        raise FiscalYearClosed(
            f"The fiscal year {unallocated.year} was closed; nothing is appropriated to it any more."
        )
