"""The primary rules at their bounds, and inputs that are refused."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from statistics_disclosure.cells import Cell, CellId
from statistics_disclosure.refusals import NotComputed, Refused, TablesDisagree, UnknownCell, WrongStructuralZero
from statistics_disclosure.release import publish
from statistics_disclosure.rules import Rule, above, below, is_sensitive, parameters, rule_of
from tests.disclosure.cities import EXCLUDED, Document, city, computed

RULES = parameters()


def cell(value: int = 1000, members: int = 10, shops: int = 5, largest: int = 500, second: int = 400) -> Cell:
    return Cell(CellId("payments", ()), "won", value, members, shops, largest, second, structural=False)


def test_the_parameters_are_those_that_the_city_announced() -> None:
    assert (RULES.least_members, RULES.least_shops, RULES.p_percent) == (10, 5, 15)


@pytest.mark.parametrize(
    ("each", "rule"),
    [
        (cell(), None),
        (cell(members=9), Rule.MEMBERS),
        (cell(shops=4), Rule.SHOPS),
        # The others have 75, which is 15 % of the largest shop's 500: just enough.
        (cell(value=975), None),
        (cell(value=974), Rule.DOMINANCE),
        (cell(value=0, members=0, shops=0, largest=0, second=0), Rule.ZERO),
        # Everything was cancelled; how many had paid does not matter.
        (cell(value=0, members=20, shops=9, largest=0, second=0), Rule.ZERO),
    ],
)
def test_a_cell_is_sensitive_below_a_bound(each: Cell, rule: Rule | None) -> None:
    assert rule_of(each, RULES) is rule
    assert is_sensitive(each, RULES) is (rule is not None)


def test_a_zero_is_published_only_if_it_is_structural() -> None:
    release = publish(computed(city(1))).release
    for table in release["tables"]:
        for row in table["rows"]:
            if table["sensitive"]:
                assert (row["status"] == "structural_zero") == (EXCLUDED in row["keys"].values())
                assert row["value"] != 0 or row["status"] == "structural_zero"


def test_a_suppressed_value_stays_uncertain_by_fifteen_percent_and_a_zero_by_ten_thousand_won() -> None:
    assert (above(1_000_001, "won", RULES), below(1_000_001, RULES)) == (150_001, 150_001)
    assert (above(0, "won", RULES), below(0, RULES)) == (10_000, 0)
    assert (above(3, "payments", RULES), below(3, RULES)) == (1, 1)


def test_cells_of_the_whole_city_that_count_no_shops_are_published_as_they_are() -> None:
    release = publish(computed(city(0))).release
    (table,) = [each for each in release["tables"] if not each["sensitive"]]
    assert [(row["value"], row["status"]) for row in table["rows"]] == [(7, "published")]


def _stage(document: Document) -> None:
    document["stage"] = "published"


def _total(document: Document) -> None:
    document["tables"][1]["rows"][0]["value"] += 1


def _structural(document: Document) -> None:
    row = next(row for row in document["tables"][1]["rows"] if row["value"])
    row["evidence"]["structural"] = True


def _largest(document: Document) -> None:
    row = next(row for row in document["tables"][1]["rows"] if row["value"])
    row["evidence"]["largest"] = row["value"] + 1


def _figure(document: Document) -> None:
    document["figures"][0]["from_cells"][0]["keys"] = {"year": "1999", "category": "total"}


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (_stage, NotComputed),
        (_total, TablesDisagree),
        (_structural, WrongStructuralZero),
        (_largest, TablesDisagree),
        (_figure, UnknownCell),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(spoil: Callable[[Document], None], refusal: type[Refused]) -> None:
    document = copy.deepcopy(computed(city(2)))
    spoil(document)
    with pytest.raises(refusal):
        publish(document)
