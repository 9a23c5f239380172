"""Budgets in a running city: appropriated by an operator, spent on members' cashback, returned, and watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member, pay
from tests.e2e.waiting import wait_for_cashback

SHOP = "운서 빵집"
WATCH = "BudgetWatchFunctionEveryFiveMinutes"
GROUNDS = {"reason": "추경", "document": "제279회 시의회 의결"}


def spent(operator: Api, year: int) -> dict[str, int]:
    lines = operator.get(f"/budgets/{year}")["lines"]
    assert all(line["amount"] == line["spent"] + line["left"] for line in lines)
    return {line["id"]: line["spent"] for line in lines}


def test_cashback_draws_on_its_funders_lines_and_a_cancellation_returns_it(
    city: City, api: Api, tokens: Tokens, shops: dict[str, str], new_member: Callable[..., Member]
) -> None:
    operator, year = api.as_caller(tokens.operator), city.clock.now().year
    member = new_member(charged=100_000)
    before = spent(operator, year)

    payment = pay(api, tokens, member, shops[SHOP], 50_000)
    wait_for_cashback(member)
    cashback = member.balances()["cashback"]
    after = spent(operator, year)
    assert cashback > 0
    assert sum(after.values()) - sum(before.values()) == cashback
    assert all(after[line] > before[line] for line in ("national", "city"))

    path = f"/wallets/{member.wallet}/payments/{payment['id']}/cancellations"
    api.as_caller(tokens.acquirer).post(path, {"amount": 50_000}, key=str(uuid4()))
    wait_for_cashback(member)
    assert spent(operator, year) == before


def test_a_line_and_its_supplement_are_appropriated_once(api: Api, tokens: Tokens) -> None:
    operator, colleague = api.as_caller(tokens.operator), api.as_caller(tokens.colleague)
    line = GROUNDS | {
        "id": "city",
        "title": {"ko": "시비", "en": "City"},
        "funder": "city",
        "applies_from": "2036-01-01T00:00:00+09:00",
        "amount": 100_000_000,
    }
    added = operator.post("/budgets/2036/lines", line, key="the-line-of-2036")
    assert operator.post("/budgets/2036/lines", line, key="the-line-of-2036") == added

    more: dict[str, Any] = GROUNDS | {"amount": 20_000_000}
    for _ in range(2):
        colleague.post("/budgets/2036/lines/city/supplements", more, key="the-supplement-of-2036")
    (found,) = operator.get("/budgets/2036")["lines"]
    assert (found["original"], found["supplements"], found["left"]) == (100_000_000, [20_000_000], 120_000_000)

    changes = operator.get("/budgets/2036/changes")["changes"]
    assert [(each["change"], each["amount"]) for each in changes] == [
        ("original", 100_000_000),
        ("supplement", 20_000_000),
    ]
    assert changes[0]["made_by"] != changes[1]["made_by"]
    assert {each["document"] for each in changes} == {GROUNDS["document"]}


def test_the_watch_stores_spending_and_the_forecast_states_its_period(city: City, api: Api, tokens: Tokens) -> None:
    now = city.clock.now()
    watched = city.calendar.run(WATCH, now)
    assert watched["highest_share"] < 5_000
    assert city.calendar.run(WATCH, now)["told"] == []

    found = api.as_caller(tokens.operator).get(f"/budgets/{now.year}/forecast")
    assert {each["id"] for each in found["forecasts"]} >= {"national", "city"}
    for each in found["forecasts"]:
        assert (each["outlook"] == "no_data") == (each["days_of_data"] == 0)
        assert each["until"] == f"{now.year}-12-31"
    assert "28 full days" in found["method"]
