"""Routes of budgets, for operators: what is appropriated, spent and left, its changes, and when it runs out."""

import os
from dataclasses import replace

from eeum.aws.http import Api, Cursor, IdempotencyKey, Limit, Response, answered, lambda_handler
from eeum.budget.rules import FiscalYear
from eeum.budget.showing import year_forecast, year_report
from eeum.budget.use_cases import AddLine, CloseYear, Supplement, add_line, close_year, scope_of, supplement
from eeum.calendar import text_of
from eeum.composition import City
from eeum.request import Request
from programme_policy.budget_bodies import (
    METHOD,
    METHOD_KO,
    BudgetBody,
    BudgetChangeBody,
    BudgetChangesBody,
    BudgetForecastsBody,
    BudgetGroundsRequest,
    BudgetLineRequest,
    BudgetSupplementRequest,
    budget_body,
    change_body,
    fiscal_year,
    forecast_body,
)

PAGE = 100

api = Api()
city = City.of(os.environ)


@api.get("/budgets/<year>", summary="A fiscal year's budget: appropriated, spent and left", tags=["budgets"])
def budget(year: str) -> Response[BudgetBody]:
    """Shows each budget line, funder and pool of a fiscal year with what was appropriated, is spent and is left."""
    api.caller().operator()
    return answered(budget_body(year_report(fiscal_year(year), city.report_dependencies(api.lambda_context))))


@api.get("/budgets/<year>/changes", summary="Who changed a fiscal year's budget, when, and why", tags=["budgets"])
def budget_changes(year: str, limit: Limit = PAGE, cursor: Cursor = None) -> Response[BudgetChangesBody]:
    """Lists every appropriation, supplement and the close of a fiscal year, with its author, reason and document, the oldest first."""
    api.caller().operator()
    page, following = city.appropriations(api.lambda_context).page_of_changes(fiscal_year(year), limit, cursor)
    return answered(BudgetChangesBody(changes=[change_body(change) for change in page], cursor=following))


@api.get("/budgets/<year>/forecast", summary="When lines and pools run out", tags=["budgets"])
def budget_forecast(year: str) -> Response[BudgetForecastsBody]:
    """Forecasts when each line and open pool will be used up, from the spending of recent days."""
    api.caller().operator()
    wanted, now = fiscal_year(year), city.clock()
    seen = year_forecast(wanted, replace(city.report_dependencies(api.lambda_context), clock=lambda: now))
    forecasts = [forecast_body(each) for each in seen]
    return answered(
        BudgetForecastsBody(
            fiscal_year=wanted, as_of=text_of(now), method=METHOD, method_ko=METHOD_KO, forecasts=forecasts
        )
    )


@api.post("/budgets/<year>/lines", summary="Add a budget line with its money", tags=["budgets"])
def appropriate(year: str, body: BudgetLineRequest, idempotency_key: IdempotencyKey = "") -> Response[BudgetChangeBody]:
    """Adds a budget line with its original appropriation (본예산) to a fiscal year, once for each Idempotency-Key."""
    wanted = fiscal_year(year)
    request = _request(wanted, idempotency_key, body.model_dump(mode="json"))
    command = AddLine(request, body.line(wanted), body.amount, body.grounds())
    answer = add_line(command, city.budget_dependencies(api.lambda_context))
    return answered(change_body(answer.entry), answer.replayed)


@api.post("/budgets/<year>/lines/<line>/supplements", summary="Add money to a budget line", tags=["budgets"])
def appropriate_more(
    year: str, line: str, body: BudgetSupplementRequest, idempotency_key: IdempotencyKey = ""
) -> Response[BudgetChangeBody]:
    """Adds won to a budget line (추경), once for each Idempotency-Key."""
    wanted = fiscal_year(year)
    request = _request(wanted, idempotency_key, body.model_dump(mode="json") | {"line": line})
    command = Supplement(request, wanted, line, body.amount, body.grounds())
    answer = supplement(command, city.budget_dependencies(api.lambda_context))
    return answered(change_body(answer.entry), answer.replayed)


@api.post("/budgets/<year>/closing", summary="Close a fiscal year", tags=["budgets"])
def close(year: str, body: BudgetGroundsRequest, idempotency_key: IdempotencyKey = "") -> Response[BudgetChangeBody]:
    """Closes a fiscal year once its December is frozen. Nothing can be appropriated to it afterwards."""
    wanted = fiscal_year(year)
    request = _request(wanted, idempotency_key, body.model_dump(mode="json") | {"close": wanted})
    answer = close_year(CloseYear(request, wanted, body.grounds()), city.budget_dependencies(api.lambda_context))
    return answered(change_body(answer.entry), answer.replayed)


def _request(year: FiscalYear, idempotency_key: str, body: dict[str, object]) -> Request:
    return Request.of(api.caller().operator(), scope_of(year), idempotency_key, body)


handler = lambda_handler(api, lambda: city)
