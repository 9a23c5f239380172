"""Over random cities: what an outsider, or a shop that is alone in a cell, can compute from what is published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from statistics_disclosure.release import publish
from tests.disclosure.cities import EXCLUDED, City, Document, Payment, city, codes_of, computed
from tests.disclosure.outsider import Name, Outsider, name_of, sums_of, values_of

SEEDS = range(6)
P = 0.15
LEAST = {"payments": 10_000, "payment_counts": 1}
NEARLY = 1e-3


def protected(name: Name, value: int, most: float, least: float) -> bool:
    up = max(P * value, LEAST[name[0]]) * (1 - NEARLY)
    return most >= value + up and least <= value - P * value * (1 - NEARLY)


def evidence_of(document: Document) -> dict[Name, Mapping[str, Any]]:
    return {
        name_of(table, row["keys"]): row["evidence"]
        for table in document["tables"]
        if table["sensitive"]
        for row in table["rows"]
    }


def shops_of(town: City, document: Document) -> dict[Name, set[str]]:
    """The shops of each cell."""
    return {
        name_of(table, row["keys"]): {
            payment.shop
            for payment in town.payments
            if all(row["keys"][each["id"]] in codes_of(payment, each) for each in table["dimensions"])
        }
        for table in document["tables"]
        if table["sensitive"]
        for row in table["rows"]
    }


@pytest.fixture(scope="module", params=SEEDS)
def released(request: pytest.FixtureRequest) -> tuple[City, Document, Document]:
    town = city(request.param)
    document = computed(town)
    return town, document, publish(document).release


def test_no_suppressed_value_can_be_computed_from_the_release(released: tuple[City, Document, Document]) -> None:
    _, document, release = released
    true = values_of(document)
    outsider = Outsider([release])
    for _, name in outsider.unknown():
        least, most = outsider.interval(0, name)
        assert protected(name, true[name] or 0, most, least), (name, true[name], least, most)


def test_every_published_cell_has_its_members_and_shops_and_hides_the_largest(
    released: tuple[City, Document, Document],
) -> None:
    _, document, release = released
    evidence, true = evidence_of(document), values_of(document)
    published = {name for name, value in values_of(release).items() if value is not None}
    assert all(values_of(release)[name] == true[name] for name in published)
    for name in published:
        each = evidence[name]
        if not each.get("structural"):
            assert each["members"] >= 10
            assert each["shops"] >= 5
            assert (true[name] or 0) - each["largest"] - each["second"] >= P * each["largest"]


def test_no_suppressed_value_is_left_anywhere_in_the_release(released: tuple[City, Document, Document]) -> None:
    _, _, release = released
    for table in release["tables"]:
        for row in table["rows"]:
            assert row["status"] in ("published", "suppressed", "structural_zero")
            assert (row["value"] is None) == (row["status"] == "suppressed")
    assert "evidence" not in json.dumps(release)
    hidden = {name for name, value in values_of(release).items() if value is None}
    by_id = {table["id"]: table for table in release["tables"]}
    for figure in release["figures"]:
        cells = {name_of(by_id[each["table"]], each["keys"]) for each in figure["from_cells"]}
        assert (figure["status"] == "suppressed") == bool(cells & hidden) == (figure["value"] is None)
        assert (figure["ratio"] is None) == (figure["value"] is None)


def test_a_shop_that_is_alone_in_a_cell_learns_no_sensitive_value_of_others(
    released: tuple[City, Document, Document],
) -> None:
    town, document, release = released
    true, evidence, shops = values_of(document), evidence_of(document), shops_of(town, document)
    outsider = Outsider([release])
    unknown = [name for _, name in outsider.unknown() if name[0] == "payments"]
    alone = [name for name in unknown if evidence[name]["shops"] == 1]
    within: dict[Name, set[Name]] = {name: {name} for name in true}
    for _ in range(4):
        for whole, parts in sums_of(document):
            within[whole] |= set().union(*(within[part] for part in parts))
    few = [name for name in unknown if evidence[name]["members"] < 10]
    random = Random(1)
    for insider in random.sample(alone, min(4, len(alone))):
        others = [name for name in few if not shops[insider] <= shops[name] and name not in within[insider]]
        for name in random.sample(others, min(12, len(others))):
            least, most = outsider.interval(0, name, {insider: true[insider] or 0})
            assert protected(name, true[name] or 0, most, least), (insider, name, true[name], least, most)


def test_a_city_of_one_shop_publishes_that_all_is_suppressed() -> None:
    """In the first month of a year, each cell of the year equals one of the month; the shop that is alone in both is one shop."""
    paid = (Payment("2020-11", "a", "food", "kiosk", "kim", "20s", 10_000),)
    town = City(paid, ("2020-11",), ("a", "b"), ("food", EXCLUDED), (("a",), ("b",)), "2020-11-30")
    cells = [row for table in publish(computed(town)).release["tables"] if table["sensitive"] for row in table["rows"]]
    assert {row["status"] for row in cells} == {"suppressed", "structural_zero"}
    assert not any(row["value"] for row in cells)


def test_without_secondary_suppression_totals_reveal_what_is_suppressed() -> None:
    """The outsider of these tests notices a release that suppresses the sensitive cells alone."""
    revealed = 0
    for seed in SEEDS:
        document = computed(city(seed))
        evidence = evidence_of(document)
        naive = json.loads(json.dumps(document))
        for table in naive["tables"]:
            for row in table["rows"]:
                each = evidence.get(name_of(table, row["keys"]))
                if each and not each.get("structural") and (each["members"] < 10 or each["shops"] < 5):
                    row["value"] = None
        outsider, true = Outsider([naive]), values_of(document)
        revealed += sum(
            not protected(name, true[name] or 0, *reversed(outsider.interval(0, name)))
            for _, name in outsider.unknown()
        )
    assert revealed > len(SEEDS)


def test_the_order_of_rows_and_tables_does_not_matter(released: tuple[City, Document, Document]) -> None:
    _, document, release = released
    shuffled = json.loads(json.dumps(document))
    random = Random(7)
    random.shuffle(shuffled["tables"])
    for table in shuffled["tables"]:
        random.shuffle(table["rows"])
        random.shuffle(table["dimensions"])
    assert values_of(publish(shuffled).release) == values_of(release)


def test_much_is_published_of_a_city_of_some_size() -> None:
    """Suppression has a price: here at most as many cells are suppressed for others as are sensitive."""
    document = computed(city(0))
    few = [
        name
        for name, each in evidence_of(document).items()
        if not each.get("structural") and (each["members"] < 10 or each["shops"] < 5)
    ]
    hidden = [name for name, value in values_of(publish(document).release).items() if value is None]
    assert 0 < len(few) <= len(hidden) <= 2 * len(few)
