"""Changes of a budget: an operator appropriates money or closes a year, with a reason and a document. Plain values, in won."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eeum.budget.rules import FiscalYear, Line, fiscal_year_of
from eeum.calendar import SEOUL, text_of
from eeum.errors import BudgetLineAppliesTooSoon, BudgetLineTaken, FiscalYearNotOver, Invalid
from eeum.months.rules import MonthRecord, MonthStatus
from eeum.request import Acceptance

NOTICE = timedelta(seconds=120)
"""The least time between storing a line and its start: twice the age that cached lines may have."""


class ChangeKind(StrEnum):
    """`original` appropriation (본예산), `supplement` (추경), or the `close` of a fiscal year."""

    ORIGINAL = "original"
    SUPPLEMENT = "supplement"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a budget changes, and the document that says so: a council's decision, or a notice of the ministry."""

    reason: str
    document: str


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """A change, itself never changed: `won` more for the line `line` (None: the whole year), on these grounds.

    Its acceptance has the operator and the time.
    """

    acceptance: Acceptance
    kind: ChangeKind
    fiscal_year: FiscalYear
    line: str | None
    won: int
    grounds: Grounds


def judge_line(line: Line, others: Iterable[Line], now: datetime, *, running: bool) -> None:
    """Check that a line can be added to `others`. Before the programme is `running`, it may apply from the past.

    Raises:
        Invalid: its start is not in its own fiscal year.
        BudgetLineAppliesTooSoon: it applies from the past, or within 120 s.
        BudgetLineTaken: another line of the year has its id, or would pay the same rewards.
    """
    if fiscal_year_of(line.applies_from) != line.fiscal_year:
        raise Invalid("applies_from", f"is not in the fiscal year {line.fiscal_year}", "outside_of_the_year")
    if running and line.applies_from < now + NOTICE:
        raise BudgetLineAppliesTooSoon(
            f"It applies from {text_of(line.applies_from)}; a line must be stored at least {NOTICE.seconds} s before, "
            f"and it is {text_of(now)}."
        )
    for other in others:
        if (other.fiscal_year, other.id) == (line.fiscal_year, line.id):
            raise BudgetLineTaken(f"The fiscal year {line.fiscal_year} has a line {line.id}; supplement that one.")
        if line.pays_the_same_as(other):
            raise BudgetLineTaken(
                f"The line {other.id} of {line.fiscal_year} pays {_what(line, other)} for the funder {line.funder} already."
            )


def _what(line: Line, other: Line) -> str:
    if line.layers is None or other.layers is None:
        return "all layers that no other line names"
    return ", ".join(sorted(line.layers & other.layers))


def judge_close(year: FiscalYear, december: MonthRecord | None, latest: MonthRecord | None, now: datetime) -> None:
    """Raise `FiscalYearNotOver` while a payment may still be accepted or cashback posted in `year`: until its last month is frozen.

    `latest` is the newest month of the programme: while it is before December of the year, that month is still to be opened.
    """
    over = datetime(year + 1, 1, 1, tzinfo=SEOUL)
    if now < over:
        raise FiscalYearNotOver(f"The fiscal year {year} ends at {text_of(over)}, and it is {text_of(now)}.")
    late = december is None and latest is not None and latest.month < f"{year}-12"
    if late or (december is not None and december.status is not MonthStatus.FROZEN):
        raise FiscalYearNotOver(f"The month {year}-12 is not frozen yet: cashback of it may still be posted.")
