"""Alarms of a budget: a level was reached, or the money runs out soon. Each is published once per amount. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from eeum.budget.forecast import Forecast
from eeum.budget.report import Account
from eeum.budget.rules import FiscalYear
from eeum.ids import natural_id

LEVELS = (5_000, 8_000, 9_000, 9_500, 10_000)
"""The spent shares of a line or a pool, in basis points, at which an alarm is published."""

LEVEL_REACHED = "BudgetLevelReached"
RUNS_OUT_SOON = "BudgetRunsOutSoon"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm, published once for its `key`: the line or pool, its amount, and the level. A supplement changes the amount, so the alarm
    can recur.

    `detail` is the event's detail. The event's `id` follows from the key, so that a receiver recognises a repeated event.
    """

    year: FiscalYear
    key: str
    kind: str
    detail: Mapping[str, Any]


def level_alarms(year: FiscalYear, kind: str, accounts: Iterable[Account]) -> list[Alarm]:
    """One alarm for each level that an account has reached. `kind` is `line` or `pool`."""
    alarms = []
    for account in accounts:
        for level in LEVELS:
            if account.share >= level:
                key = f"{kind}/{account.name}/{account.amount}/{level}"
                detail = _detail(year, kind, account, key) | {"level": level, "share": account.share}
                alarms.append(Alarm(year, key, LEVEL_REACHED, detail))
    return alarms


def forecast_alarm(year: FiscalYear, kind: str, account: Account, seen: Forecast, today: date) -> Alarm | None:
    """An alarm if the account will be used up within 30 days; else None."""
    if not seen.is_soon(today):
        return None
    key = f"{kind}/{account.name}/{account.amount}/runs_out"
    days = {
        name: day.isoformat() if day else None
        for name, day in (
            ("runs_out_on", seen.runs_out_on),
            ("earliest", seen.earliest),
            ("latest", seen.latest),
        )
    }
    detail = _detail(year, kind, account, key) | days | {"per_day": seen.per_day, "days_of_data": seen.days}
    return Alarm(year, key, RUNS_OUT_SOON, detail)


def _detail(year: FiscalYear, kind: str, account: Account, key: str) -> dict[str, Any]:
    return {
        "id": natural_id("budget_alarm", str(year), key),
        "fiscal_year": year,
        kind: account.name,
        "amount": account.amount,
        "spent": account.spent,
        "left": account.left,
    }
