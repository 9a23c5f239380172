"""The table in docs/testing.md has every mutant, in order, with its present description."""

import re
from pathlib import Path

from tests.simulation.mutants import MUTANTS

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
FIGURE = re.compile(r"[\d,]+")


def _rows() -> list[list[str]]:
    table = PAGE.partition("| safeguard |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_table_has_every_mutant_as_it_is() -> None:
    assert [row[:2] for row in _rows()] == [[each.name, each.takes] for each in MUTANTS]


def test_what_is_never_found_says_why_and_all_else_was_found() -> None:
    for row, mutant in zip(_rows(), MUTANTS, strict=True):
        found = row[2]
        if mutant.redundant:
            assert found == f"never: {mutant.redundant}", mutant.name
        else:
            assert FIGURE.fullmatch(found), mutant.name
