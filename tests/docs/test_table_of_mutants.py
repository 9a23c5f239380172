"""The table in docs/testing.md has every mutant, in order, with its present description and what each judge finds."""

import re
from pathlib import Path

from tests.simulation.judges import ANSWERS, AUDIT, REFERENCE
from tests.simulation.mutants import MUTANTS

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
FIGURE = re.compile(r"\d[\d,]* \(\d+\)")
"""The number of operations, and the seed."""


def _rows() -> list[list[str]]:
    table = PAGE.partition("| safeguard |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()[2:]]


def test_the_table_has_every_mutant_as_it_is() -> None:
    assert [row[:2] for row in _rows()] == [[each.name, each.takes] for each in MUTANTS]


def test_each_judge_has_found_each_mutant_or_the_table_says_why_not() -> None:
    for row, mutant in zip(_rows(), MUTANTS, strict=True):
        if mutant.redundant:
            assert row[2:] == [f"never: {mutant.redundant}", "", ""], mutant.name
            continue
        for judge, cell in zip((REFERENCE, AUDIT, ANSWERS), row[2:], strict=True):
            if judge in mutant.wanted:
                assert FIGURE.fullmatch(cell), f"{mutant.name}, {judge}: put the row that `make mutants` prints here"
            else:
                assert cell == (f"no: {mutant.blind[judge]}" if judge in mutant.blind else ""), (mutant.name, judge)
