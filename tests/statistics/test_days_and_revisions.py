"""Edges of Seoul's days, months and years (T43); old months that are revised (T46); months, increments and releases that are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eeum.statistics import refusals
from eeum.storage import Table
from tests.statistics.cities import POPULATION, Publishing, inputs_for_tests
from tests.statistics.test_equal_to_plain_python import table
from tests.use_cases.world import World

MILLISECOND = timedelta(milliseconds=1)
MIDNIGHT = datetime.fromisoformat("2021-01-01T00:00:00+09:00")
"""15:00 of the last day of 2020 in UTC."""


@pytest.fixture
def world() -> World:
    return World(now=MIDNIGHT - timedelta(days=20))


def items_of(world: World) -> list[dict[str, Any]]:
    return list(world.memory.items(Table.LEDGER))


def paid_at(world: World, *payments: tuple[datetime, int]) -> list[Any]:
    payer, shop = world.member(charged=900_000), world.shop()
    entries = []
    for at, won in payments:
        world.now = at
        entries.append(world.pay(payer, shop, won).entry)
    return entries


def values(document: dict[str, Any], name: str, key: str) -> dict[str, int]:
    return {row["keys"][key]: row["value"] for row in table(document, name)["rows"] if row["value"]}


def figure(document: dict[str, Any], name: str) -> Any:
    return next(each for each in document["figures"] if each["id"] == name)["value"]


def test_the_year_ends_at_midnight_in_seoul(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT - MILLISECOND, 1_000), (MIDNIGHT, 20_000))
    publishing = Publishing(tmp_path)
    assert publishing.add(items_of(world)) == ["2020-11", "2020-12", "2021-01"]  # the wallet was opened in November
    document = publishing.compute("2021-01-01")
    assert values(document, "payments_by_month", "month") == {"2020-12": 1_000, "2021-01": 20_000}
    assert figure(document, "payments_of_year:2020") == 1_000
    assert figure(document, "payments_of_year:2021") == 20_000
    assert values(document, "payments_by_month_hour", "hour") == {"23": 1_000, "total": 1_000}


def test_the_day_ends_at_midnight_in_seoul(world: World, tmp_path: Path) -> None:
    midnight = MIDNIGHT - timedelta(days=11)
    paid_at(world, (midnight - MILLISECOND, 1_000), (midnight, 20_000))
    publishing = Publishing(tmp_path)
    publishing.add(items_of(world))
    assert figure(publishing.compute("2020-12-21"), "payments_of_year:2020") == 21_000
    assert figure(publishing.compute("2020-12-20"), "payments_of_year:2020") == 1_000


def test_a_month_that_has_not_ended_is_in_tables_of_the_whole_city_alone(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT - timedelta(days=1), 1_000))
    publishing = Publishing(tmp_path)
    publishing.add(items_of(world))
    partial = publishing.compute("2020-12-31")
    assert values(partial, "payments_by_month_hour", "hour") == {"00": 1_000, "total": 1_000}
    partial = publishing.compute("2020-12-30")
    assert values(partial, "payments_by_month", "month") == {}
    assert table(partial, "payments_by_month_hour")["rows"] == ()


def test_a_late_cancellation_revises_the_month_of_its_payment(world: World, tmp_path: Path) -> None:
    first, second = paid_at(world, (MIDNIGHT - timedelta(days=1), 5_000), (MIDNIGHT, 7_000))
    world.accrue(first, second)
    publishing = Publishing(tmp_path)
    publishing.add(items_of(world))
    known = {(item["pk"], item["sk"]) for item in items_of(world)}
    before = publishing.compute("2021-01-31")

    world.now = MIDNIGHT + timedelta(days=40)
    world.accrue(world.cancel(first, 2_000).entry)
    assert publishing.add(
        [item for item in items_of(world) if (item["pk"], item["sk"]) not in known], increment=True
    ) == ["2020-12"]
    after = publishing.compute("2021-01-31")

    assert (before["release_id"], after["release_id"]) == ("2021-01-31.1", "2021-01-31.2")
    assert values(before, "payments_by_month", "month") == {"2020-12": 5_000, "2021-01": 7_000}
    assert values(after, "payments_by_month", "month") == {"2020-12": 3_000, "2021-01": 7_000}
    assert {row["keys"]["month"]: row["revision"] for row in table(after, "payments_by_month")["rows"]} == {
        "2020-12": 2,
        "2021-01": 1,
    }
    (revision,) = after["revisions"]
    assert (revision["release_id"], revision["replaces"]) == ("2021-01-31.2", "2021-01-31.1")
    changed = {(each["table"], each["before"], each["after"]) for each in revision["changes"]}
    assert ("payments_by_month", 5_000, 3_000) in changed
    assert {each["keys"].get("month", "2020-12") for each in revision["changes"]} == {"2020-12"}
    assert "2020-12" in revision["reason_en"]
    # Where the correction would disclose a cell, the month is published as it was before.
    withheld = publishing.compute("2021-01-31", kept={"2020-12": 1})
    assert values(withheld, "payments_by_month", "month") == values(before, "payments_by_month", "month")
    # The earlier revision of the month stays as it was.
    earlier = publishing.journal.revision("2020-12", 1)
    assert earlier.rows["cancellations"] == 0
    assert publishing.journal.revision("2020-12", 2).rows["cancellations"] == 1
    assert set(earlier.files) < set(publishing.journal.revision("2020-12", 2).files)


def test_what_was_added_before_changes_nothing(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT, 1_000))
    publishing = Publishing(tmp_path)
    publishing.add(items_of(world))
    publishing.exports = 0
    assert publishing.add(items_of(world)) == []


def test_an_increment_that_is_not_the_next(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT, 1_000))
    publishing = Publishing(tmp_path)
    publishing.add(items_of(world))
    publishing.exports += 1
    with pytest.raises(refusals.IncrementNotNext, match="begins at export 2, and the journal ends at export 1"):
        publishing.add(items_of(world), increment=True)


def test_a_month_without_data(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT - timedelta(days=1), 1_000), (MIDNIGHT + timedelta(days=40), 1_000))
    publishing = Publishing(tmp_path)
    publishing.add(items_of(world))
    with pytest.raises(refusals.MonthWithoutData, match="no data of 2021-01"):
        publishing.compute("2021-02-28")
    with pytest.raises(refusals.MonthWithoutData, match="no payment by 2020-11-30"):
        publishing.compute("2020-11-30")


def test_a_figure_without_its_denominator(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT, 1_000))
    old = POPULATION.replace("2020-10", "2018-12")
    inputs = inputs_for_tests(tmp_path / "inputs", old)
    publishing = Publishing(tmp_path, inputs)
    publishing.add(items_of(world))
    with pytest.raises(refusals.FigureWithoutDenominator, match="population has no row for 2021-01"):
        publishing.compute("2021-01-31")


def test_a_cancellation_without_its_payment(world: World, tmp_path: Path) -> None:
    (paid,) = paid_at(world, (MIDNIGHT, 1_000))
    world.accrue(paid)
    world.accrue(world.cancel(paid, 400).entry)
    publishing = Publishing(tmp_path)
    other = paid_at(world, (MIDNIGHT + timedelta(days=1), 1_000))
    assert other
    publishing.add([item for item in items_of(world) if item.get("id") != paid.acceptance.id])
    with pytest.raises(
        refusals.EntryUnreadable, match=r"400 won of payment .* are cancelled, but only 0 won were paid"
    ):
        publishing.compute("2021-01-31")


def test_a_category_without_a_name(world: World, tmp_path: Path) -> None:
    paid_at(world, (MIDNIGHT, 1_000))
    items = [
        {**item, "facts": ["yeonsu", "casino", *item["facts"][2:]]} if item["kind"] == "payment" else item
        for item in items_of(world)
    ]
    publishing = Publishing(tmp_path)
    publishing.add(items)
    with pytest.raises(refusals.InputUnusable, match="category casino"):
        publishing.compute("2021-01-31")


@pytest.mark.parametrize(
    "change", [{"facts": None}, {"accepted_at": "yesterday"}, {"paid_from": [["charged"]]}, {"amount": "x"}]
)
def test_an_entry_of_another_shape(world: World, tmp_path: Path, change: dict[str, Any]) -> None:
    paid_at(world, (MIDNIGHT, 1_000))
    items = [{**item, **change} if item["kind"] == "payment" else item for item in items_of(world)]
    with pytest.raises(refusals.EntryUnreadable):
        Publishing(tmp_path).add(items)
    assert not (tmp_path / "journal").exists()
