"""What DuckDB counts equals plain Python over the same entries, in random cities (T47)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.statistics.cities import Publishing, RandomCity, last_day_of
from tests.statistics.plain import cashback_of, cell_of, end_of, issued_of, members_of, sales_of

OF_PAYMENTS = (
    "payments_by_month", "payment_counts_by_month", "payments_by_month_district_category", "payments_by_month_purse",
    "payments_by_month_age", "payments_by_month_hour",
)  # fmt: skip


def table(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in document["tables"] if each["id"] == name)


def counted(row: dict[str, Any]) -> dict[str, int]:
    evidence = {name: value for name, value in row["evidence"].items() if name != "structural"}
    return {"value": row["value"], **evidence}


@settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
@given(seed=st.integers(0, 10_000))
def test_every_cell(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    city = RandomCity(seed)
    publishing = Publishing(tmp_path_factory.mktemp("city"))
    publishing.add(city.items())
    as_of = last_day_of(city)
    document = publishing.compute(as_of)

    sales = sales_of(city.items(), as_of)
    for name in OF_PAYMENTS:
        for row in table(document, name)["rows"]:
            assert counted(row) == cell_of(sales, name, row["keys"]), (name, row["keys"])
    for row in table(document, "members_by_month")["rows"]:
        assert row["value"] == members_of(city.items(), end_of(row["keys"]["month"]))
    issued = issued_of(city.items())
    for row in table(document, "issuance_by_month")["rows"]:
        assert row["value"] == issued[row["keys"]["month"]]
    paid = cashback_of(city.items())
    found = {tuple(row["keys"].values()): row["value"] for row in table(document, "cashback_by_month_funder")["rows"]}
    assert {key: won for key, won in found.items() if won and key[1] != "total"} == paid
    assert sum(won for key, won in found.items() if key[1] == "total") == sum(paid.values()) > 0


def test_another_seed_gives_other_figures(tmp_path: Path) -> None:
    documents = []
    for seed in (1, 2):
        city, publishing = RandomCity(seed), Publishing(tmp_path / str(seed))
        publishing.add(city.items())
        documents.append(publishing.compute(last_day_of(city)))
    one, other = ({each["id"]: each["value"] for each in document["figures"]} for document in documents)
    assert one["payments_in_all"] != other["payments_in_all"]
