"""Small payments and policies for the simulator's tests. Amounts are whole won, rates basis points."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as arrow

from eeum.calendar import milliseconds_of, start_of_month

MONTH = "2020-03"
START = milliseconds_of(start_of_month(MONTH))

SCHEMA = arrow.schema(
    [
        ("payment", arrow.int64()),
        ("member", arrow.int64()),
        ("accepted_at", arrow.int64()),
        ("won_charged", arrow.int64()),
        ("won_cashback", arrow.int64()),
        ("won_grants", arrow.int64()),
        ("merchant_district", arrow.string()),
        ("merchant_category", arrow.string()),
        ("merchant_annual_revenue", arrow.int64()),
        ("merchant_benefit_plus", arrow.bool_()),
        ("merchant_good_price", arrow.bool_()),
        ("merchant_traditional_market", arrow.bool_()),
        ("merchant_partner", arrow.bool_()),
        ("merchant_own_rate", arrow.int64()),
        ("card_product", arrow.string()),
        ("member_class", arrow.string()),
        ("channel", arrow.string()),
        ("method", arrow.string()),
        ("won_rewards", arrow.int64()),
        ("won_discount", arrow.int64()),
        ("card_issuer", arrow.string()),
        ("member_district", arrow.string()),
        ("member_age", arrow.int64()),
        ("flag_old_town", arrow.bool_()),
    ]
)

PAYMENT: dict[str, Any] = {
    "payment": 1,
    "member": 1,
    "accepted_at": START,
    "won_charged": 10_000,
    "won_cashback": 0,
    "won_grants": 0,
    "merchant_district": "seo",
    "merchant_category": "restaurant",
    "merchant_annual_revenue": 100_000_000,
    "merchant_benefit_plus": False,
    "merchant_good_price": False,
    "merchant_traditional_market": False,
    "merchant_partner": False,
    "merchant_own_rate": 0,
    "card_product": "standard",
    "member_class": None,
    "channel": "shop",
    "method": "card",
    "won_rewards": 0,
    "won_discount": 0,
    "card_issuer": None,
    "member_district": None,
    "member_age": None,
    "flag_old_town": False,
}

POLICY: dict[str, Any] = {
    "language": 1,
    "programme": "haneul",
    "version": "haneul-2020-01-01",
    "title": {"ko": "시험", "en": "A test"},
    "starts_at": "2020-01-01T00:00:00+09:00",
    "ends_at": None,
    "wallet": {"minimum_top_up": 0, "holding_limit": 500_000, "holding_limit_verified": 2_000_000},
    "earns_from": ["charged"],
    "merchants": {"districts": ["seo", "jung"], "categories": ["restaurant", "bookshop"], "flags": ["old_town"]},
    "limits": [],
    "layers": [],
}


def payments_table(payments: list[dict[str, Any]]) -> arrow.Table:
    """A table of payments, each with its own values over the defaults; missing keys are numbered."""
    rows = [{**PAYMENT, "payment": number, **payment} for number, payment in enumerate(payments)]
    return arrow.Table.from_pylist(rows, schema=SCHEMA)


def given(connection: duckdb.DuckDBPyConnection, payments: list[dict[str, Any]]) -> None:
    """Make the payments readable as `payments`."""
    made = payments_table(payments)
    connection.register("made", made)
    connection.execute("CREATE OR REPLACE TABLE payments AS FROM made")


def layer(**fields: Any) -> dict[str, Any]:
    usual = {
        "id": "base",
        "title": {"ko": "기본", "en": "Base"},
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": 1000}],
        "funders": [{"funder": "city", "share": 1}],
    }
    return usual | fields
