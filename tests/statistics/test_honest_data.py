"""A generated city nearly matches published sums, and its statistics follow from its journal alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.city import figures
from simulator.generated.__main__ import policies_of, write_inputs
from simulator.generated.city import MISSED, GeneratedCity
from simulator.generated.targets import PAID_IN_ALL, PER_HEAD, RESIDENTS, GeneratedMonth, months_of
from tests.statistics.cities import Publishing
from tests.statistics.plain import sales_of
from tests.statistics.test_days_and_revisions import figure, values

ROOT = Path(__file__).parents[2]
MONTHS = [
    GeneratedMonth("2020-10", 6, {"restaurant": 200_000, "hospital": 90_000}),
    GeneratedMonth("2020-11", 8, {"restaurant": 150_000, "hospital": 60_000}),
]


def generated(seed: int) -> GeneratedCity:
    city = GeneratedCity(policies_of(ROOT / "policies" / "incheon"), seed, 1, 25_000, lambda _: None)
    city.run(MONTHS)
    return city


@pytest.fixture(scope="module")
def cities() -> tuple[GeneratedCity, GeneratedCity]:
    return generated(1), generated(2)


def test_figures_follow_from_entries_that_use_cases_stored(
    cities: tuple[GeneratedCity, GeneratedCity], tmp_path: Path
) -> None:
    publishing = Publishing(tmp_path)
    publishing.add(cities[0].items())
    document = publishing.compute("2020-11-30")
    sales = sales_of(cities[0].items(), "2020-11-30")
    assert figure(document, "payments_in_all") == sum(sale.left for sale in sales)
    by_category = values(document, "payments_by_year_category", "category")
    for category in ("restaurant", "hospital"):
        drawn_to = sum(month.paid[category] for month in MONTHS)
        assert abs(by_category[category] - drawn_to) <= len(MONTHS) * MISSED
    assert values(document, "members_by_month", "month") == {"2020-10": 6, "2020-11": 8}


def test_another_seed_gives_other_figures(cities: tuple[GeneratedCity, GeneratedCity], tmp_path: Path) -> None:
    documents = []
    for number, city in enumerate(cities):
        publishing = Publishing(tmp_path / str(number))
        publishing.add(city.items())
        documents.append(publishing.compute("2020-11-30"))
    for name in (
        "payments_by_month_hour",
        "payments_by_month_age",
        "payments_by_year_area",
        "cashback_by_month_funder",
    ):
        one, other = (
            [row["value"] for each in document["tables"] if each["id"] == name for row in each["rows"]]
            for document in documents
        )
        assert one != other, name
    assert figure(documents[0], "payments_in_all") != figure(documents[1], "payments_in_all")


def test_the_targets_are_the_releases_totals() -> None:
    months = months_of(1_000)
    paid = {month.month: sum(month.paid.values()) for month in months}
    assert sum(paid.values()) == PAID_IN_ALL
    assert sum(won for month, won in paid.items() if month >= "2020-01") == figures.PAID_IN_THE_YEAR
    assert sum(won for month, won in paid.items() if "2020-01" <= month <= "2020-10") == PER_HEAD * RESIDENTS
    members = {month.month: month.members for month in months}
    assert (members["2019-12"], members["2020-12"]) == (930_000, 1_380_000)


def test_only_the_generator_knows_the_totals() -> None:
    for folder in ("functions", "layers", "operations"):
        for path in (ROOT / folder).rglob("*.py"):
            content = path.read_text(encoding="utf-8")
            assert "simulator.generated" not in content, path
            assert "simulator.city" not in content, path
            assert not [total for total in ("4_408_500", "2_862_000", "2862000") if total in content], path


def test_input_tables_of_a_smaller_city_say_so(tmp_path: Path) -> None:
    write_inputs(tmp_path / "inputs", 10, ROOT / "functions" / "city_statistics" / "inputs" / "incheon")
    population = (tmp_path / "inputs" / "population.csv").read_text()
    assert '2019-12,29570,"가상 도시, 실제의 10/1000: 주민등록 인구통계' in population
    assert "경기도,Gyeonggi,2020-01,2020-10,126000" in (tmp_path / "inputs" / "cities.csv").read_text()
