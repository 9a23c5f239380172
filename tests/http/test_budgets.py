"""Budgets over HTTP: what operators can appropriate and read, which alarms they get, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import programme_policy.budget_watch
from eeum.budget.funding import Funding
from eeum.budget.rules import Lines
from eeum.budget.store import BudgetStore
from eeum.composition import City
from eeum.errors import Busy
from eeum.policy.rules import PolicyVersion
from eeum.publishing.events import Event
from eeum.unit_of_work import Patience, commit
from tests.budget.books import layer
from tests.http.callers import ACQUIRER, BANK, OPERATOR, OWNER, PAYER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import Answer, InMemoryCity, budget_line, context
from tests.http.requests import KEY
from tests.patience import patience_of

THIS_YEAR = "/budgets/2021"
SOON = "2021-01-05T12:02:00+09:00"
WHY = {"reason": "추경", "document": "제279회 시의회 의결"}


def appropriate(city: InMemoryCity, name: str, year: int = 2021, *, key: str = KEY, **changes: Any) -> Answer:
    body = budget_line(year, name, applies_from=SOON) | changes
    return city.call(OPERATOR, "POST", f"/budgets/{year}/lines", body, key=f"{key}-{name}")


def spend(city: InMemoryCity, won: int, funder: str = "city") -> None:
    """Draw won from the year's line of a funder, as an accrual does."""
    store = BudgetStore(city.storage, patience_of(), "incheon")
    paid = layer("standard", {funder: 100})
    policy: PolicyVersion = next(iter(city._cities.values())).policies().running_at(city.now)
    line = Lines(store.lines()).paying(funder, "standard", city.now)
    assert line is not None
    funding = Funding(store, Lines(store.lines()), 0, city.now)
    while True:
        keys = funding.keys([(policy, city.now)])
        funds = funding.funds(dict(zip(keys, city.storage.read(keys), strict=True)))
        assert funds.draw(policy, paid, won, city.now) == won
        if not funds.missing:
            break
        funding.refill(funds)
    commit(city.storage, patience_of(), *funding.writes(funds))


def test_a_line_is_added_supplemented_and_shown_with_who_when_and_why(city: InMemoryCity) -> None:
    added = appropriate(city, "city", layers=["standard", "benefit"])
    assert (added.status, added.json["change"], added.json["amount"]) == (200, "original", 100_000_000)
    city.now += timedelta(minutes=5)
    more = city.call(
        OPERATOR, "POST", f"{THIS_YEAR}/lines/city/supplements", WHY | {"amount": 20_000_000}, key="a-supplement-of-it"
    )
    assert (more.json["change"], more.json["line"], more.json["made_at"]) == (
        "supplement",
        "city",
        "2021-01-05T12:05:00.000+09:00",
    )
    spend(city, 30_000_000)
    budget = city.call(OPERATOR, "GET", THIS_YEAR).json
    assert budget["lines"] == [
        {
            "id": "city",
            "title": {"ko": "시비", "en": "City"},
            "funder": "city",
            "layers": ["benefit", "standard"],
            "applies_from": "2021-01-05T12:02:00.000+09:00",
            "original": 100_000_000,
            "supplements": [20_000_000],
            "amount": 120_000_000,
            "spent": 30_000_000,
            "left": 90_000_000,
            "share": 2_500,
            "returned": 0,
        }
    ]
    assert budget["funders"] == [
        {"funder": "city", "amount": 120_000_000, "spent": 30_000_000, "unbudgeted": 0, "per_won": 10_000}
    ]
    assert (budget["fiscal_year"], budget["closed"], budget["pools"]) == (2021, False, [])
    changes = city.call(OPERATOR, "GET", f"{THIS_YEAR}/changes").json["changes"]
    assert changes == [added.json, more.json]
    assert [(change["made_by"], change["reason"], change["document"]) for change in changes] == [
        (OPERATOR.subject, "본예산", "제267회 시의회 의결"),
        (OPERATOR.subject, "추경", "제279회 시의회 의결"),
    ]


def test_a_request_that_is_sent_again_appropriates_once(city: InMemoryCity) -> None:
    first, again = appropriate(city, "city"), appropriate(city, "city")
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    city.now += timedelta(days=30)  # The line applies from the past now.
    assert appropriate(city, "city").json == first.json
    assert city.call(OPERATOR, "GET", THIS_YEAR).json["lines"][0]["amount"] == 100_000_000
    path = f"{THIS_YEAR}/lines/city/supplements"
    sent = [city.call(OPERATOR, "POST", path, WHY | {"amount": 5}, key="a-supplement-of-it") for _ in range(3)]
    assert len({answer.body for answer in sent}) == 1
    assert city.call(OPERATOR, "GET", THIS_YEAR).json["lines"][0]["supplements"] == [5]


def test_one_key_supplements_one_line(city: InMemoryCity) -> None:
    for name, funder in (("city", "city"), ("state", "national")):
        assert appropriate(city, name, funder=funder).status == 200
    body = WHY | {"amount": 5}
    assert city.call(OPERATOR, "POST", f"{THIS_YEAR}/lines/city/supplements", body, key=KEY).status == 200
    with unchanged(city):
        other = city.call(OPERATOR, "POST", f"{THIS_YEAR}/lines/state/supplements", body, key=KEY)
    assert_problem(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"id": "city"}, 409, "budget_line_taken"),
        ({"id": "city", "funder": "national"}, 409, "budget_line_taken"),
        ({"id": "other"}, 409, "budget_line_taken"),
        ({"id": "other", "applies_from": "2021-01-05T12:01:59.999+09:00"}, 422, "budget_line_applies_too_soon"),
        ({"id": "other", "applies_from": "2020-12-31T23:59:59+09:00"}, 400, "invalid_request"),
        ({"id": "other", "applies_from": "2022-01-01T00:00:00+09:00"}, 400, "invalid_request"),
        ({"id": "other", "funder": "merchant"}, 400, "invalid_request"),
        ({"id": "other", "funder": "ctiy"}, 400, "invalid_request"),
        ({"id": "Other Line"}, 400, "invalid_request"),
        ({"id": "x" * 25}, 400, "invalid_request"),
        ({"id": "other", "layers": []}, 400, "invalid_request"),
        ({"id": "other", "layers": ["a b"]}, 400, "invalid_request"),
        ({"id": "other", "amount": 0}, 400, "invalid_request"),
        ({"id": "other", "reason": " "}, 400, "invalid_request"),
        ({"id": "other", "document": ""}, 400, "invalid_request"),
    ],
)
def test_an_invalid_line_is_refused_and_changes_nothing(
    city: InMemoryCity, changes: dict[str, Any], status: int, code: str
) -> None:
    appropriate(city, "city")
    with unchanged(city):
        answer = appropriate(city, "other", **changes)
    assert_problem(answer, status, code)


@pytest.mark.parametrize("instant", ["2030-01-01T00:00:00+09:00", "2029-12-31T23:59:59.999+09:00"])
def test_a_refused_line_opens_no_year(city: InMemoryCity, instant: str) -> None:
    with unchanged(city):
        answer = appropriate(city, "city", 2031, applies_from=instant)
    assert_problem(answer, 400, "invalid_request", "outside_of_the_year", "applies_from")


def test_two_lines_name_other_layers_of_one_funder(city: InMemoryCity) -> None:
    assert appropriate(city, "city", layers=["standard"]).status == 200
    assert appropriate(city, "others").status == 200
    with unchanged(city):
        taken = appropriate(city, "third", layers=["benefit", "standard"])
    assert_problem(taken, 409, "budget_line_taken")
    assert "standard" in taken.json["detail"]
    assert "benefit" not in taken.json["detail"]


@pytest.mark.parametrize("year", ["21", "1999", "2021-01", "２０２１", "20211", "abcd"])
def test_an_invalid_year_is_refused(city: InMemoryCity, year: str) -> None:
    for part in ("", "/changes", "/forecast"):
        with unchanged(city):
            answer = city.call(OPERATOR, "GET", f"/budgets/{year}{part}")
        assert_problem(answer, 400, "invalid_request", "invalid_value", "year")


def test_a_supplement_to_an_unknown_line_is_refused(city: InMemoryCity) -> None:
    for path in (f"{THIS_YEAR}/lines/city/supplements", "/budgets/2022/lines/other/supplements"):
        with unchanged(city):
            answer = city.call(OPERATOR, "POST", path, WHY | {"amount": 5}, key=KEY)
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("caller", [PAYER, OWNER, ACQUIRER, BANK, replace(OPERATOR, groups=()), None])
def test_only_operators_use_budgets(city: InMemoryCity, caller: Any) -> None:
    with unchanged(city):
        seen = city.call(caller, "GET", "/budgets/2022")
        changed = city.call(caller, "POST", "/budgets/2022/lines", budget_line(2022, "other"), key=KEY)
    assert (seen.status, changed.status) == (403, 403)


def test_a_year_is_closed_when_it_is_over_and_then_takes_nothing_more(city: InMemoryCity) -> None:
    with unchanged(city):
        early = city.call(OPERATOR, "POST", "/budgets/2022/closing", WHY, key=KEY)
        nothing = city.call(OPERATOR, "POST", "/budgets/2019/closing", WHY, key=KEY)
    assert_problem(early, 409, "fiscal_year_not_over")
    assert_problem(nothing, 404, "not_found")
    assert city.call(OPERATOR, "POST", "/budgets/2020/closing", WHY, key=KEY).json["change"] == "close"
    assert city.call(OPERATOR, "GET", "/budgets/2020").json["closed"] is True
    with unchanged(city):
        again = city.call(OPERATOR, "POST", "/budgets/2020/closing", WHY, key=f"{KEY}-again")
        more = city.call(OPERATOR, "POST", "/budgets/2020/lines/city/supplements", WHY | {"amount": 5}, key=f"{KEY}-2")
    assert_problem(again, 409, "fiscal_year_closed")
    assert_problem(more, 409, "fiscal_year_closed")


class Bus:
    def __init__(self) -> None:
        self.published: list[tuple[str, Any]] = []
        self.fails = False

    def publish(self, events: Sequence[Event], _patience: Patience) -> None:
        if self.fails:
            raise Busy("the bus is down")
        self.published += [(event.type, dict(event.detail)) for event in events]


def watch(city: InMemoryCity, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the watch, the schedule's function, at the city's time."""
    module = programme_policy.budget_watch
    monkeypatch.setattr(module, "city", City(module.city.settings, city.storage, lambda: city.now))
    monkeypatch.setattr(module, "bus", bus)
    return module.handler({}, context())


def test_the_watch_publishes_levels_and_forecasts(
    city: InMemoryCity, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = Bus()
    appropriate(city, "city")
    city.now += timedelta(minutes=5)
    assert watch(city, bus, monkeypatch) == {"told": [], "highest_share": 0, "running_out": 0}
    (unknown,) = city.call(OPERATOR, "GET", f"{THIS_YEAR}/forecast").json["forecasts"]
    assert (unknown["outlook"], unknown["runs_out_on"], unknown["days_of_data"]) == ("no_data", None, 0)
    spend(city, 52_000_000)
    bus.fails = True
    with pytest.raises(Busy):
        watch(city, bus, monkeypatch)
    bus.fails = False
    capsys.readouterr()
    assert watch(city, bus, monkeypatch) == {
        "told": ["line/city/100000000/5000"],
        "highest_share": 5_200,
        "running_out": 0,
    }
    assert '"BudgetShareSpent":[52' in capsys.readouterr().out
    city.now += timedelta(days=1)
    found = watch(city, bus, monkeypatch)
    assert found == {"told": ["line/city/100000000/runs_out"], "highest_share": 5_200, "running_out": 1}
    ((level, reached), (soon, detail)) = bus.published
    assert (level, reached["line"], reached["level"], reached["left"]) == (
        "BudgetLevelReached",
        "city",
        5_000,
        48_000_000,
    )
    assert (soon, detail["runs_out_on"], detail["per_day"]) == ("BudgetRunsOutSoon", "2021-01-06", 52_000_000)
    forecast = city.call(OPERATOR, "GET", f"{THIS_YEAR}/forecast").json
    assert "28 full days" in forecast["method"]
    assert forecast["forecasts"] == [
        {
            "kind": "line",
            "id": "city",
            "left": 48_000_000,
            "outlook": "runs_out",
            "runs_out_on": "2021-01-06",
            "earliest": "2021-01-06",
            "latest": "2021-01-06",
            "until": "2021-12-31",
            "per_day": 52_000_000,
            "days_of_data": 1,
        }
    ]
