"""Budgets as the API receives and returns them."""

import re
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from eeum.aws.http import Body, Line, Won
from eeum.bodies import AnswerBody
from eeum.budget.appropriations import BudgetChange, Grounds
from eeum.budget.forecast import DAYS, Forecast
from eeum.budget.report import Account, FunderReport, LineReport, YearReport
from eeum.budget.rules import MERCHANT, FiscalYear
from eeum.budget.rules import Line as BudgetLine
from eeum.budget.showing import Outlooked
from eeum.calendar import FIRST_YEAR, LAST_YEAR, YEAR_PATTERN, text_of, whole_milliseconds
from eeum.errors import Invalid
from eeum.policy.document_models import FunderName
from eeum.policy.document_values import Instant, Name

_NAME = r"^[a-z0-9]+([_-][a-z0-9]+)*$"
_YEAR = re.compile(YEAR_PATTERN)
LineId = Annotated[str, Field(pattern=_NAME, max_length=24, description="Names the line within its fiscal year.")]
"""The id is short, since 16 budget shards store it."""

METHOD = (
    f"Mean of the last {DAYS} full days; the range by the slowest and the fastest seven consecutive days among them "
    "(of less than a week: the slowest and the fastest day). Future days are assumed to be like these."
)


METHOD_KO = (
    f"지난 {DAYS}일의 평균으로 계산합니다. 범위는 그중 연속한 7일(1주일 미만이면 하루) 가운데 가장 느린 기간과 가장 빠른 기간입니다. "
    "앞으로의 하루하루를 이와 같다고 봅니다."
)


def fiscal_year(text: str) -> FiscalYear:
    """The fiscal year. Raises `Invalid` unless `text` is a year such as 2022, from `FIRST_YEAR` to `LAST_YEAR`."""
    if not _YEAR.fullmatch(text):
        raise Invalid("year", f"must be a fiscal year such as 2022, from {FIRST_YEAR} to {LAST_YEAR}")
    return int(text)


class BudgetGroundsRequest(Body):
    """Why a budget changes, and the document that orders it."""

    reason: Line = Field(max_length=200, description="Why, for later readers.")
    document: Line = Field(
        max_length=100, description="The document that orders it: a decision of the council, a notice of the ministry."
    )

    def grounds(self) -> Grounds:
        return Grounds(self.reason, self.document)


class BudgetSupplementRequest(BudgetGroundsRequest):
    """A supplementary appropriation (추경): won added to a line."""

    amount: Won


class BudgetTitleRequest(Body):
    """The line's name in Korean and English."""

    ko: Line = Field(max_length=60)
    en: Line = Field(max_length=60)


class BudgetLineRequest(BudgetGroundsRequest):
    """A budget line with its original appropriation (본예산).

    It pays its funder's part of its layers; without layers, of all layers that no other line of this funder has.
    """

    id: LineId
    title: BudgetTitleRequest
    funder: FunderName = Field(
        description="The funder as policies name it; not `merchant`, since merchants' own money has no budget."
    )
    layers: list[Name] | None = Field(
        default=None,
        min_length=1,
        max_length=20,
        description="Ids of layers; by default all layers without another line of this funder.",
    )
    applies_from: Instant = Field(
        description="The first instant of acceptance that it pays for: at least 120 s from now."
    )
    amount: Won

    @model_validator(mode="after")
    def _can_be_budgeted(self) -> Self:
        if self.funder == MERCHANT:
            raise ValueError("merchants' own money has no budget")
        return self

    def line(self, year: FiscalYear) -> BudgetLine:
        return BudgetLine(
            fiscal_year=year,
            id=self.id,
            funder=self.funder,
            layers=frozenset(self.layers) if self.layers is not None else None,
            applies_from=whole_milliseconds(self.applies_from),
            title=self.title.model_dump(),
        )


class BudgetChangeBody(AnswerBody):
    """A change of a budget: an `original` appropriation, a `supplement`, or the `close` of the year; its operator, time and reason."""

    id: str
    change: str
    fiscal_year: int
    line: str | None
    amount: int
    reason: str
    document: str
    made_by: str
    made_at: str


class BudgetChangesBody(AnswerBody):
    """Changes of a fiscal year's budget, the oldest first, and the cursor of those that follow."""

    changes: list[BudgetChangeBody]
    cursor: str | None


class BudgetMoneyBody(AnswerBody):
    """`amount` is the total; `amount` = `spent` + `left`. `share` is the spent part, in basis points, rounded down."""

    amount: int
    spent: int
    left: int
    share: int


class BudgetLineBody(BudgetMoneyBody):
    """A line with its original appropriation and its supplements. `returned` came back after the close of the year."""

    id: str
    title: dict[str, str]
    funder: str
    layers: list[str] | None
    applies_from: str
    original: int
    supplements: list[int]
    returned: int


class BudgetPoolBody(BudgetMoneyBody):
    """A citywide pool in the current window."""

    id: str
    window: str


class BudgetFunderBody(AnswerBody):
    """A funder's money and its cost of rewards: from its lines, and without a line (`unbudgeted`, since the year's first line applied).

    `per_won` is its part of each won that rewards cost all funders but merchants, in basis points, rounded down.
    """

    funder: str
    amount: int
    spent: int
    unbudgeted: int
    per_won: int


class BudgetBody(AnswerBody):
    """A fiscal year's budget. Its budget shards are read one after the other, so that a concurrent payment may count or not."""

    fiscal_year: int
    closed: bool
    lines: list[BudgetLineBody]
    funders: list[BudgetFunderBody]
    pools: list[BudgetPoolBody]


class BudgetForecastBody(AnswerBody):
    """When a line or a pool (`kind`) runs out.

    `outlook` is `runs_out` (on `runs_out_on`, at the `earliest` and `latest`), `lasts` (to `until` and beyond), `used_up`,
    `nothing_spent`, or `no_data` (without one full day). A day is null if it is later than `until`, when the money lapses.
    """

    kind: str
    id: str
    left: int
    outlook: str
    runs_out_on: str | None
    earliest: str | None
    latest: str | None
    until: str
    per_day: int
    days_of_data: int


class BudgetForecastsBody(AnswerBody):
    """The forecast of each line and open pool, its instant, and its method."""

    fiscal_year: int
    as_of: str
    method: str
    method_ko: str
    forecasts: list[BudgetForecastBody]


def change_body(change: BudgetChange) -> BudgetChangeBody:
    return BudgetChangeBody(
        id=change.acceptance.id,
        change=change.kind.value,
        fiscal_year=change.fiscal_year,
        line=change.line,
        amount=change.won,
        reason=change.grounds.reason,
        document=change.grounds.document,
        made_by=change.acceptance.caller,
        made_at=text_of(change.acceptance.accepted_at),
    )


def budget_body(found: YearReport) -> BudgetBody:
    return BudgetBody(
        fiscal_year=found.year,
        closed=found.closed,
        lines=[_line_body(each) for each in found.lines],
        funders=[_funder_body(each) for each in found.funders],
        pools=[_pool_body(each) for each in found.pools],
    )


def forecast_body(each: Outlooked) -> BudgetForecastBody:
    seen: Forecast = each.forecast
    return BudgetForecastBody(
        kind=each.kind,
        id=each.account.name,
        left=each.account.left,
        outlook=seen.outlook.value,
        runs_out_on=seen.runs_out_on.isoformat() if seen.runs_out_on else None,
        earliest=seen.earliest.isoformat() if seen.earliest else None,
        latest=seen.latest.isoformat() if seen.latest else None,
        until=seen.until.isoformat(),
        per_day=seen.per_day,
        days_of_data=seen.days,
    )


def _money(account: Account) -> dict[str, Any]:
    return {"amount": account.amount, "spent": account.spent, "left": account.left, "share": account.share}


def _line_body(each: LineReport) -> BudgetLineBody:
    line = each.line
    return BudgetLineBody(
        id=line.id,
        title=dict(line.title),
        funder=line.funder,
        layers=sorted(line.layers) if line.layers is not None else None,
        applies_from=text_of(line.applies_from),
        original=each.original,
        supplements=list(each.supplements),
        returned=each.account.returned,
        **_money(each.account),
    )


def _funder_body(each: FunderReport) -> BudgetFunderBody:
    return BudgetFunderBody(
        funder=each.funder, amount=each.amount, spent=each.spent, unbudgeted=each.unbudgeted, per_won=each.per_won
    )


def _pool_body(account: Account) -> BudgetPoolBody:
    pool, _, window = account.name.partition("@")
    return BudgetPoolBody(id=pool, window=window, **_money(account))
