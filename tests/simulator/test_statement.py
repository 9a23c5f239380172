"""The statement at its edges, compared with amounts computed by hand; its dialects; and the policies that it does not cover."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import expressions

from eeum.calendar import milliseconds_of, next_month, start_of_month
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion
from simulator.replay import connect, totals
from simulator.sql.coverage import obstacles
from simulator.sql.statement import CITYWIDE, WINDOW, rewards_between
from simulator.versions import read_policies
from tests.simulator import cities
from tests.simulator.cities import MONTH, POLICY, START, layer

PUBLISHED = sorted((Path(__file__).parents[2] / "policies" / "incheon").glob("*.json"))
SPEND = {"id": "monthly-spend", "measure": "spend", "window": "month", "amount": 1_000_000}
REWARD = {"id": "monthly-reward", "measure": "reward", "window": "month", "amount": 30_000}


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect(threads=1)


def won(connection: duckdb.DuckDBPyConnection, document: dict[str, Any], payments: list[dict[str, Any]]) -> list[Any]:
    """The won of the only layer for each payment, or the won of all layers if there are several."""
    cities.given(connection, payments)
    statement = statement_of(policy_of(document))
    columns = ", ".join(f"layer_{place}" for place in range(len(document["layers"])))
    rows = connection.execute(f"SELECT {columns} FROM ({statement}) ORDER BY payment").fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def statement_of(policy: PolicyVersion) -> str:
    """The statement of the whole month, with full pools."""
    left = {pool.id: pool.amount for pool in policy.pools.values()}
    return rewards_between(policy, START, milliseconds_of(start_of_month(next_month(MONTH))), left=left)


def ic_05() -> dict[str, Any]:
    bands = [
        {"from": 0, "up_to": 500_000, "rate_basis_points": 1000},
        {"from": 500_000, "up_to": 1_000_000, "rate_basis_points": 100},
    ]
    return POLICY | {"limits": [SPEND], "layers": [layer(bands=bands, limits=["monthly-spend"])]}


def test_over_both_edges_as_the_language_page_works_out(connection: duckdb.DuckDBPyConnection) -> None:
    payments = [{"won_charged": amount} for amount in (480_000, 50_000, 600_000, 10_000)]
    assert won(connection, ic_05(), payments) == [48_000, 2_300, 4_700, 0]


def test_payments_of_one_instant_are_ordered_by_their_key(connection: duckdb.DuckDBPyConnection) -> None:
    later = [{"won_charged": 500_000, "payment": 9}, {"won_charged": 500_000, "payment": 3}]
    assert won(connection, ic_05(), later) == [50_000, 5_000]


def test_a_month_is_one_of_seoul(connection: duckdb.DuckDBPyConnection) -> None:
    payments = [{"won_charged": 500_000, "accepted_at": START - 1}, {"won_charged": 500_000, "accepted_at": START}]
    assert won(connection, ic_05(), payments) == [50_000]


def test_two_ceilings_of_one_limit_as_in_yeonsu(connection: duckdb.DuckDBPyConnection) -> None:
    """Seo's shops count for the second layer up to 500,000; payments elsewhere count for the first up to 1,000,000."""
    document = POLICY | {
        "limits": [SPEND],
        "layers": [
            layer(
                id="elsewhere",
                when={"fact": "merchant_district", "in": ["jung"]},
                bands=[{"from": 0, "up_to": 1_000_000, "rate_basis_points": 600}],
                limits=["monthly-spend"],
            ),
            layer(
                id="seo",
                when={"fact": "merchant_district", "in": ["seo"]},
                bands=[{"from": 0, "up_to": 500_000, "rate_basis_points": 1000}],
                limits=["monthly-spend"],
            ),
        ],
    }
    payments = [
        {"won_charged": 400_000, "merchant_district": "seo"},
        {"won_charged": 200_000, "merchant_district": "seo"},  # 100,000 to Seo's end, which count
        {"won_charged": 300_000, "merchant_district": "jung"},  # from 500,000 to 800,000
        {"won_charged": 100_000, "merchant_district": "seo"},  # nothing, and counts nothing
        {"won_charged": 300_000, "merchant_district": "jung"},  # 200,000 to the limit
    ]
    assert won(connection, document, payments) == [(0, 40_000), (0, 10_000), (18_000, 0), (0, 0), (12_000, 0)]


def test_a_reward_limit_goes_to_layers_in_their_order(connection: duckdb.DuckDBPyConnection) -> None:
    document = POLICY | {
        "limits": [REWARD],
        "layers": [
            layer(limits=["monthly-reward"]),
            layer(
                id="more",
                bands=[{"from": 0, "up_to": None, "rate_basis_points": 200}],
                limits=["monthly-reward"],
            ),
        ],
    }
    payments = [{"won_charged": 200_000}, {"won_charged": 55_000}, {"won_charged": 50_000}]
    assert won(connection, document, payments) == [(20_000, 4_000), (5_500, 500), (0, 0)]


def test_parts_of_funders_as_the_language_page_works_out(connection: duckdb.DuckDBPyConnection) -> None:
    funders = [
        {"funder": "national", "share": 40},
        {"funder": "city", "share": 20},
        {"funder": "district", "share": 15},
    ]
    made = layer(bands=[{"from": 0, "up_to": None, "rate_basis_points": 750}], funders=funders)
    document = POLICY | {"layers": [made]}
    cities.given(connection, [{"won_charged": 33_333}])
    columns = "layer_0, layer_0_funder_0, layer_0_funder_1, layer_0_funder_2"
    rows = connection.execute(f"SELECT {columns} FROM ({statement_of(policy_of(document))})").fetchall()
    assert rows == [(2_499, 1_332, 666, 501)]


def test_a_fixed_amount_has_room_for_the_largest_shares_of_its_funders(connection: duckdb.DuckDBPyConnection) -> None:
    funders = [{"funder": "national", "share": 1}, {"funder": "city", "share": 500_000_000}]
    made = layer(steps={"per": "payment", "reached": [{"from": 1, "gives": 7}]}, funders=funders[::-1])
    made.pop("bands", None)
    cities.given(connection, [{"won_charged": 1}])
    columns = "layer_0, layer_0_funder_0, layer_0_funder_1"
    statement = statement_of(policy_of(POLICY | {"layers": [made]}))
    assert connection.execute(f"SELECT {columns} FROM ({statement})").fetchall() == [(7, 6, 1)]


def test_nothing_is_paid_after_an_end(connection: duckdb.DuckDBPyConnection) -> None:
    document = ic_05() | {"ends_at": "2020-03-10T00:00:00+09:00"}
    tenth = START + 9 * 86_400_000
    payments = [{"accepted_at": tenth - 1}, {"accepted_at": tenth}]
    assert won(connection, document, payments) == [1_000, 0]


@pytest.mark.parametrize("dialect", ["duckdb", "trino", "athena"])
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_both_dialects_read_the_statement(path: Path, dialect: str) -> None:
    """Only parsed for Athena, since the project cannot run it there."""
    policy = read_policies(path).versions[0]
    assert obstacles(policy) == ()
    parsed = sqlglot.parse_one(totals(policy, statement_of(policy)), dialect=dialect)

    assert not list(parsed.find_all(expressions.Anonymous)), "a function that the dialect does not know"
    casts = {cast.to.sql(dialect).upper() for cast in parsed.find_all(expressions.Cast)}
    assert casts <= {"BIGINT"}
    for window in parsed.find_all(expressions.Window):
        assert window.args["order"].expressions[-1].this.name == "payment"


def test_every_window_ends_in_the_unique_key() -> None:
    assert "ORDER BY accepted_at, payment ROWS" in WINDOW
    assert CITYWIDE.startswith("ORDER BY accepted_at, payment ROWS")


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ([layer(limits=["one", "two"])], "several spend limits (one and two)"),
        (
            [
                layer(limits=["three"]),
                layer(id="second", limits=["three", "four"]),
                layer(id="third", limits=["four"]),
            ],
            "four and three share some of their layers",
        ),
        ([layer(funders=[{"funder": "city", "share": 10**10}])], "shares of layer base"),
        (
            [
                layer(
                    bands=[
                        {"from": 0, "up_to": 10, "rate_basis_points": "merchant"},
                        {"from": 10, "up_to": None, "rate_basis_points": 1},
                    ],
                    limits=["one"],
                )
            ],
            "may earn nothing in a band before its last",
        ),
    ],
)
def test_reasons_against_a_statement_are_reported(layers: list[dict[str, Any]], why: str) -> None:
    limits = [{"id": name, "measure": "spend", "window": "month", "amount": 1_000} for name in ("one", "two")]
    limits += [{"id": name, "measure": "reward", "window": "month", "amount": 1_000} for name in ("three", "four")]
    (told,) = obstacles(policy_of(POLICY | {"limits": limits, "layers": layers}))
    assert why in told


def test_a_name_cannot_end_a_text() -> None:
    made = layer(when={"fact": "card_product", "in": ["o'neill"]})
    statement = statement_of(policy_of(POLICY | {"layers": [made]}))
    assert "'o''neill'" in statement
