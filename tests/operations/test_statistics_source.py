"""The input tables that a running city has itself: appropriations with their supplements, and Benefit+ shops by day."""

from __future__ import annotations

from typing import Any

from eeum.statistics.inputs import read_input
from eeum.storage import Table
from operations.statistics_source import appropriations, benefit_plus
from tests.use_cases.command_policies import appropriate
from tests.use_cases.world import NUMBERS, World


def items(world: World, table: Table) -> list[dict[str, Any]]:
    return list(world.memory.items(table))


def change(day: str, kind: str, won: int, line: str = "city-all-2021") -> dict[str, Any]:
    return {
        "kind": "budget_change", "change": kind, "fiscal_year": 2021, "line": line, "won": won, "document": "의결",
        "accepted_at": f"{day}T00:00:00.000+09:00",
    }  # fmt: skip


def test_appropriations_and_supplements() -> None:
    world = World()
    appropriate(world, 1_000_000)
    appropriate(world, 500_000, funder="national")
    stored = items(world, Table.BUDGETS)
    stored += [
        change("2021-03-02", "supplement", 10),
        change("2021-03-02", "supplement", 20, "national-all-2021"),
        change("2021-07-05", "supplement", 30),
        change("2022-01-05", "close", 0),
    ]
    read = read_input("appropriations", appropriations(stored))
    assert [(row["year"], row["funder"], row["supplement"], row["won"]) for row in read.rows] == [
        ("2021", "city", "0", "1000000"),
        ("2021", "national", "0", "500000"),
        ("2021", "city", "1", "10"),
        ("2021", "national", "1", "20"),
        ("2021", "city", "2", "30"),
    ]
    assert {row["source"] for row in read.rows} == {"제267회 시의회 의결", "의결"}
    assert read.rows[-1]["date"] == "2021-07-05"


def test_benefit_plus_shops_by_the_day_on_which_they_accept_payments() -> None:
    world = World()
    world.shop(NUMBERS[0], flags=frozenset({"benefit_plus"}))
    world.shop(NUMBERS[1])
    world.now = world.now.replace(day=20)
    world.shop(NUMBERS[2], flags=frozenset({"benefit_plus", "good_price"}))
    read = read_input("benefit_plus", benefit_plus(items(world, Table.MERCHANTS)))
    assert [(row["day"], row["shops"]) for row in read.rows] == [("2021-01-04", "1"), ("2021-01-19", "2")]


def test_a_city_without_any() -> None:
    assert read_input("appropriations", appropriations([])).rows == ()
    assert read_input("benefit_plus", benefit_plus([])).rows == ()
