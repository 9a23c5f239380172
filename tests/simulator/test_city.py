"""The simulated city agrees with published figures, and the same seed gives the same city."""

from __future__ import annotations

from math import erf, log, sqrt
from pathlib import Path

import duckdb
import pytest

from simulator import errors
from simulator.city import figures
from simulator.city.figures import Spend
from simulator.city.writing import City, write_city
from simulator.city.years import in_2020, in_2021
from simulator.payments import check_order, open_payments
from simulator.replay import connect

CITY = City(year=2020, seed=7, share=50, spend=Spend())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-hundredth of the city."""
    path = tmp_path_factory.mktemp("city")
    write_city(CITY, path, lambda _: None)
    return path


@pytest.fixture(scope="module")
def connection(folder: Path) -> duckdb.DuckDBPyConnection:
    opened = connect()
    open_payments(opened, folder)
    return opened


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    ((value,),) = connection.execute(query).fetchall()
    return int(value)


def test_the_published_sums_are_those_of_the_months() -> None:
    months = in_2020()
    assert sum(month.paid for month in months) == figures.PAID_IN_THE_YEAR
    assert sum(month.paid for month in months[:5]) == figures.PAID_BY_MAY
    assert months[0].members > 930_000
    assert months[-1].members < 1_380_000
    assert sum(month.paid for month in in_2021()) == figures.ISSUANCE_TARGET_2021


def test_shares_of_categories_are_the_published_ones() -> None:
    shares = figures.CATEGORY_SHARES
    assert round(sum(shares.values()), 6) == 1
    assert round(shares["restaurant"] + shares["cafe"], 6) == 0.258
    assert round(shares["supermarket"] + shares["convenience_store"], 6) == 0.1902
    assert round(shares["butcher"] + shares["bakery"] + shares["grocery"], 6) == 0.0885
    assert round(sum(figures.DISTRICT_SHARES.values()), 6) == 1
    assert round(sum(figures.CHANNEL_SHARES.values()), 6) == 1


def test_the_spread_of_a_month_is_that_of_the_published_bands() -> None:
    spread = Spend().spread
    # The share of the amount up to an edge is that of a log-normal whose logarithm is moved by the variance.
    for edge, published in figures.SPEND_BANDS_OF_2019:
        share = (1 + erf((log(edge / 297_000) - spread**2) / spread / sqrt(2))) / 2
        assert abs(share - published) < 0.011, edge


def test_payments_add_up_to_what_was_published(connection: duckdb.DuckDBPyConnection) -> None:
    paid = one(connection, "SELECT SUM(won_charged + won_cashback) FROM payments")
    assert abs(paid / (figures.PAID_IN_THE_YEAR * CITY.share / 10_000) - 1) < 0.002
    mean = one(connection, "SELECT AVG(won_charged + won_cashback) FROM payments")
    assert abs(mean / figures.AVERAGE_PAYMENT - 1) < 0.02


def test_shares_of_the_amount(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT merchant_category, SUM(won_charged + won_cashback) FROM payments GROUP BY merchant_category"
    ).fetchall()
    total = sum(won for _, won in rows)
    for category, won in rows:
        assert abs(won / total - figures.CATEGORY_SHARES[category]) < 0.004, category


def test_shops_above_three_billion_are_chosen_more_often_than_they_are_many(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    above = one(
        connection,
        "SELECT COUNT(CASE WHEN merchant_annual_revenue > 3000000000 THEN 1 END) * 10000 / COUNT(*) FROM payments",
    )
    assert above > 2 * figures.SHOPS_ABOVE_3_BILLION * 10_000
    revenue = log(3_000_000_000 / figures.REVENUE_MEDIAN) / figures.REVENUE_SPREAD
    assert abs((1 - erf(revenue / sqrt(2))) / 2 - figures.SHOPS_ABOVE_3_BILLION) < 0.002


def test_members_who_pay(connection: duckdb.DuckDBPyConnection) -> None:
    paying = one(connection, "SELECT COUNT(DISTINCT member) FROM payments WHERE accepted_at >= 1606748400000")
    assert abs(paying / (in_2020()[-1].members * CITY.share / 10_000) - CITY.spend.active) < 0.02


def test_payments_are_whole_distinct_and_within_their_month(connection: duckdb.DuckDBPyConnection) -> None:
    check_order(connection)
    assert one(connection, "SELECT COUNT(*) - COUNT(DISTINCT payment) FROM payments") == 0
    assert one(connection, "SELECT MIN(won_charged + won_cashback) FROM payments") >= figures.PRICE_STEP
    assert one(connection, "SELECT COUNT(*) FROM payments WHERE (won_charged + won_cashback) % 100 <> 0") == 0
    first, last = 1577804400000, 1609426800000  # the year in Seoul
    assert one(connection, "SELECT MIN(accepted_at) FROM payments") >= first
    assert one(connection, "SELECT MAX(accepted_at) FROM payments") < last


def test_the_same_seed_makes_the_same_files(folder: Path, tmp_path: Path) -> None:
    small = City(year=2020, seed=7, share=2, spend=Spend())
    for name in ("one", "other"):
        write_city(small, tmp_path / name, lambda _: None)
    file = Path("month=2020-03") / "payments.parquet"
    assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


@pytest.mark.parametrize(
    "city",
    [
        City(2020, 1, 0, Spend()),
        City(2020, 1, 10_001, Spend()),
        City(2020, 1, 10, Spend(active=0)),
        City(2020, 1, 10, Spend(from_cashback=1)),
        City(2020, 1, 10, Spend(spread=9)),
    ],
)
def test_invalid_cities(city: City, tmp_path: Path) -> None:
    with pytest.raises(errors.BadCity):
        write_city(city, tmp_path / "city", lambda _: None)
    assert not (tmp_path / "city").exists()


def test_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear city")
    with pytest.raises(errors.BadCity):
        write_city(CITY, tmp_path, lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
