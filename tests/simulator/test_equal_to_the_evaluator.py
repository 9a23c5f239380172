"""The statement gives for every payment what the evaluator gives: by layer, by funder, and of every limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings

from eeum.calendar import SEOUL
from eeum.policy.conditions import Facts
from eeum.policy.reading import policy_of
from eeum.policy.rules import Band, Layer, Limit, PolicyVersion
from simulator import evaluated
from simulator.comparison import compare
from simulator.payments import Span
from simulator.replay import connect
from simulator.sql.coverage import obstacles
from simulator.sql.statement import rewards_of_month
from simulator.versions import Policies, always
from tests.simulator import cities
from tests.simulator.cities import MONTH, START
from tests.simulator.policies import payments, policies


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect(threads=1)


def by_statement(connection: duckdb.DuckDBPyConnection, document: dict[str, Any]) -> list[dict[str, Any]]:
    return connection.sql(rewards_of_month(policy_of(document), MONTH)).order("payment").to_arrow_table().to_pylist()


def by_evaluator(connection: duckdb.DuckDBPyConnection, document: dict[str, Any]) -> list[dict[str, Any]]:
    stretches = always(policy_of(document)).plan(MONTH).stretches
    names = evaluated.column_names(stretches[0].policy)
    rows = [
        dict(zip(names, row, strict=True))
        for _, found in evaluated.rewards_of_month(connection, stretches, MONTH)
        for row in found
    ]
    return sorted(rows, key=lambda row: row["payment"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=policies(), made=payments)
def test_every_payment_of_any_policy(
    connection: duckdb.DuckDBPyConnection, document: dict[str, Any], made: list[dict[str, Any]]
) -> None:
    cities.given(connection, made)
    if obstacles(policy_of(document)):
        return  # the evaluator itself replays it
    for dialect in ("duckdb", "trino"):
        sqlglot.parse_one(rewards_of_month(policy_of(document), MONTH), dialect=dialect)
    assert by_statement(connection, document) == by_evaluator(connection, document)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=policies(sayable=True), second=policies(sayable=True), third=policies(sayable=True), made=payments)
def test_every_payment_over_changes_in_mid_month(
    connection: duckdb.DuckDBPyConnection,
    first: dict[str, Any],
    second: dict[str, Any],
    third: dict[str, Any],
    made: list[dict[str, Any]],
) -> None:
    """Versions whose limits have the same ids, and other amounts, bands and layers."""
    starts = [datetime(2020, 1, 1, tzinfo=SEOUL), *(at(START + milliseconds) for milliseconds in (1, 3))]
    versions = [
        replace(policy_of(document), version=f"version-{place}", starts_at=start)
        for place, (document, start) in enumerate(zip((first, second, third), starts, strict=True))
    ]
    cities.given(connection, [payment for payment in made if payment["accepted_at"] >= START] or [{}])
    assert not any(obstacles(version) for version in versions)
    found = compare(connection, Policies("history", tuple(versions)), Span(1, START, START + 3))
    assert found.payments > 0
    assert found.different == 0


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, SEOUL) + timedelta(milliseconds=milliseconds % 1000)


def test_the_rules_say_nothing_that_the_statement_does_not_know() -> None:
    """Whoever adds a field to the rules teaches it to `simulator.sql`, or names it in its coverage, and then here."""
    known = {
        Band: {"start", "end", "rate"},
        Limit: {"id", "measure", "amount"},
        Layer: {
            *("id", "title", "condition", "bands", "spend_limits", "reward_limits"),
            *("counts_all", "funders", "shares"),
        },
        PolicyVersion: {
            *("programme", "version", "starts_at", "ends_at", "earns_from", "wallet", "merchants", "layers"),
        },
        Facts: {
            *("merchant_district", "merchant_category", "merchant_annual_revenue", "merchant_flags"),
            *("merchant_own_rate", "card_product", "member_class", "channel", "method"),
        },
    }
    for kind, names in known.items():
        assert set(kind.__annotations__) == names
