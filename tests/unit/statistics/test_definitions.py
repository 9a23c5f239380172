"""Definitions as data: what is refused, and that the recorded meanings are those of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eeum.statistics.definitions import MEANING, checked, meaning_hash
from eeum.statistics.inputs import COLUMNS, read_input
from eeum.statistics.refusals import DefinitionChanged, DefinitionUnusable, InputUnusable, InputWithoutSource

FOLDER = Path(__file__).parents[3] / "functions" / "city_statistics"
DEFINITIONS = json.loads((FOLDER / "definitions.json").read_text())["definitions"]
RECORDED = json.loads((FOLDER / "recorded_definitions.json").read_text())


def test_the_recorded_meanings_are_those_of_the_definitions() -> None:
    found = checked(DEFINITIONS, RECORDED)
    assert {name: each["meaning_hash"] for name, each in found.items()} == RECORDED
    inputs = {"cities", "appropriations", "targets", "benefit_plus"}
    assert {each["sql"] for each in DEFINITIONS} <= inputs | {path.stem for path in (FOLDER / "sql").glob("*.sql")}


@pytest.mark.parametrize("field", [name for name in MEANING if name != "denominator"])
def test_a_definition_that_means_something_else_under_its_id(field: str) -> None:
    changed = [{**DEFINITIONS[2], field: "something else"}, *DEFINITIONS[:2], *DEFINITIONS[3:]]
    with pytest.raises(DefinitionChanged, match=f"The definition {DEFINITIONS[2]['id']} means something else"):
        checked(changed, RECORDED)


def test_a_name_may_change() -> None:
    assert checked([{**DEFINITIONS[0], "name_en": "People"}, *DEFINITIONS[1:]], RECORDED)


@pytest.mark.parametrize(
    ("definitions", "match"),
    [
        ([*DEFINITIONS, DEFINITIONS[0]], "Two definitions"),
        (DEFINITIONS[1:], "is recorded, but no longer defined"),
        ([*DEFINITIONS, {**DEFINITIONS[0], "id": "other"}], "meaning of other is not recorded"),
        ([{**DEFINITIONS[0], "formula_ko": ""}, *DEFINITIONS[1:]], "has no formula_ko"),
    ],
)
def test_definitions_that_cannot_be_used(definitions: list[dict[str, Any]], match: str) -> None:
    with pytest.raises(DefinitionUnusable, match=match):
        checked(definitions, RECORDED)


def test_the_hash_covers_the_denominator() -> None:
    assert meaning_hash(DEFINITIONS[0]) != meaning_hash({**DEFINITIONS[0], "denominator": {"input": "population"}})


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_the_citys_input_tables_have_sources(name: str) -> None:
    read = read_input(name, (FOLDER / "inputs" / "incheon" / f"{name}.csv").read_text())
    assert read.rows
    assert read.source.source
    assert read.source.date


POPULATION = "month,population,source,date\n2020-10,2943069,행정안전부,2020-11-03\n"


@pytest.mark.parametrize(
    ("content", "error", "match"),
    [
        (POPULATION.replace(",source", ",from_where"), InputWithoutSource, "no column source"),
        (POPULATION.replace(",date\n", ",day\n"), InputWithoutSource, "no column date"),
        (POPULATION.replace("행정안전부", " "), InputWithoutSource, "line 2: source is empty"),
        (POPULATION.replace("2020-11-03", ""), InputWithoutSource, "line 2: date is empty"),
        (POPULATION.replace("2020-11-03", "November"), InputUnusable, "date is 'November'"),
        (POPULATION.replace("2943069", "2.9"), InputUnusable, "population is '2.9'"),
        (POPULATION.replace("2020-10", "2020-13"), InputUnusable, "month is '2020-13'"),
        (POPULATION.replace("population,", "people,", 1), InputUnusable, "no column population"),
        (POPULATION.replace("2020-10,", ","), InputUnusable, "month is empty"),
    ],
)
def test_an_input_table_that_cannot_be_used(content: str, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        read_input("population", content)


def test_an_input_table_from_a_spreadsheet() -> None:
    assert read_input("population", "\ufeff" + POPULATION).rows[0]["month"] == "2020-10"
