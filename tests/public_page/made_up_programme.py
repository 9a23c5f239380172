"""A programme of the real policies of 2020 and 2021, with a made-up budget and made-up daily roots."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from eeum.audit.roots import Root
from eeum.budget.forecast import Forecast, Outlook
from eeum.budget.report import Account, LineReport, YearReport
from eeum.budget.rules import Line
from eeum.budget.showing import LINE_KIND, Outlooked
from eeum.calendar import SEOUL
from public_page.programme import programme_document

POLICIES = Path(__file__).parents[2] / "policies" / "incheon"
NOW = datetime(2020, 12, 21, 3, tzinfo=SEOUL)


def documents() -> list[dict[str, Any]]:
    names = ("incheon-2020-01-01", "incheon-2020-03-01", "incheon-2021-01-01")
    return [json.loads((POLICIES / f"{name}.json").read_text(encoding="utf-8")) for name in names]


def line(name: str, funder: str, title: dict[str, str], amount: int, left: int) -> LineReport:
    budget_line = Line(2020, name, funder, None, datetime(2020, 1, 1, tzinfo=SEOUL), title)
    return LineReport(
        budget_line, Account(name, amount, left, 0), amount // 2, (amount // 4, amount - amount // 2 - amount // 4)
    )


LINES = (
    line(
        "city-cashback", "city", {"ko": "인천e음 캐시백 (시비)", "en": "Cashback, city"}, 147_400_000_000, 3_100_000_000
    ),
    line(
        "national-cashback",
        "national",
        {"ko": "인천e음 캐시백 (국비)", "en": "Cashback, nation"},
        66_200_000_000,
        9_870_654_321,
    ),
)
FORECASTS = (
    Forecast(Outlook.RUNS_OUT, 28, 410_000_000, date(2020, 12, 28), date(2020, 12, 26), None, date(2020, 12, 31)),
    Forecast(Outlook.LASTS, 28, 190_000_000, None, None, None, date(2020, 12, 31)),
)


def roots(count: int = 9) -> list[Root]:
    days = [date(2020, 12, 12 + number) for number in range(count)]
    made = [hashlib.sha256(str(day).encode()).hexdigest() for day in days]
    return [
        Root(
            day.isoformat(),
            f"{day}T00:00:00.000+09:00",
            1_370_000 + place,
            made[place],
            made[place - 1] if place else "",
        )
        for place, day in enumerate(days)
    ]


def programme(now: datetime = NOW) -> dict[str, Any]:
    """The document of a city whose money of one line runs out, and that pays less from next year."""
    report = YearReport(2020, False, LINES, (), ())
    forecasts = [Outlooked(LINE_KIND, each.account, seen) for each, seen in zip(LINES, FORECASTS, strict=True)]
    reasons = {"incheon-2021-01-01": "2021년 국비와 시비의 분담이 바뀝니다."}
    return programme_document(documents(), [], reasons, report, forecasts, roots(), now)
