"""The computed examples of docs/budgets.md equal the product's, and its names are current."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from eeum.budget.alarms import LEVEL_REACHED, LEVELS, RUNS_OUT_SOON
from eeum.budget.rules import SHARDS, BudgetShard, Funds, Line, Lines
from tests.budget.books import layer, policy

PAGE = (Path(__file__).parents[2] / "docs" / "budgets.md").read_text()
AT = datetime(2022, 7, 1, tzinfo=UTC)
SHARES = {"national": 40, "city": 20, "district": 15}
REWARD = 2_499


def rows() -> list[tuple[int, ...]]:
    _, _, table = PAGE.partition("| left to the city | granted | national | city | district |\n|---|---|---|---|---|\n")
    lines = table.partition("\n\n")[0].splitlines()
    assert lines
    return [tuple(int(cell) for cell in line.strip("|").split("|")) for line in lines]


def funds(left_to_the_city: int) -> Funds:
    """A year with a line for each funder; the city's line has only this amount."""
    lines = Lines(
        Line(2022, funder, funder, None, datetime(2021, 12, 31, 15, tzinfo=UTC), {"ko": funder, "en": funder})
        for funder in SHARES
    )
    won = {"national": 10**9, "city": left_to_the_city, "district": 10**9}
    return Funds(lines, {2022: BudgetShard(2022, 0, won, closed=False)}, {(2022, "city"): ()})


@pytest.mark.parametrize(("left", "granted", "parts"), [(row[0], row[1], row[2:]) for row in rows()])
def test_what_a_line_leaves_is_granted_as_the_page_says(left: int, granted: int, parts: tuple[int, ...]) -> None:
    paid = layer("base", SHARES)
    found = funds(left)

    assert found.draw(policy([paid]), paid, REWARD, AT) == granted
    assert tuple(-found.changes[2022].get(funder, 0) for funder in SHARES) == parts
    assert sum(parts) == granted


def test_what_it_names_is_there() -> None:
    assert "16 *budget shards*" in PAGE
    assert SHARDS == 16
    assert LEVEL_REACHED in PAGE
    assert RUNS_OUT_SOON in PAGE
    levels = ", ".join(str(level // 100) for level in LEVELS[:-1])
    assert f"{levels} and {LEVELS[-1] // 100} %" in PAGE
