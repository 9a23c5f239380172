"""The statement equals the evaluator for every payment: won by layer and funder, and the usage of every limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from sqlglot import expressions

from eeum.calendar import SEOUL
from eeum.policy.conditions import Facts
from eeum.policy.reading import policy_of
from eeum.policy.rules import Band, Layer, Limit, PolicyVersion, Pool, Steps
from eeum.policy.windows import Window
from simulator.comparison import compare
from simulator.payments import Span
from simulator.replay import connect, replay, totals
from simulator.sql.statement import rewards_between
from simulator.versions import Policies, always
from tests.simulator import cities
from tests.simulator.cities import MONTH, START
from tests.simulator.ledger import Ledger
from tests.simulator.policies import DAY, payments, policies


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect(threads=1)


SPAN = Span(1, START - 31 * DAY, START + 31 * DAY)
"""A database with the months of the random payments."""

ALL = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@ALL
@given(document=policies(), made=payments)
def test_every_payment_of_any_policy(
    connection: duckdb.DuckDBPyConnection, document: dict[str, Any], made: list[dict[str, Any]]
) -> None:
    """All columns of all payments that a statement replays."""
    cities.given(connection, made)
    assert compare(connection, always(policy_of(document)), SPAN).different == 0


def test_a_discount_that_no_longer_applies_counts_as_loaded_balance(connection: duckdb.DuckDBPyConnection) -> None:
    """A stored discount of 500 on 10,000 won counts as loaded balance, without a discount layer or with one that is not open yet."""
    cities.given(connection, [{"won_charged": 9_500, "won_discount": 500}])
    without = cities.POLICY | {"layers": [cities.layer()]}
    event = {"id": "later", "measure": "spend", "window": "event", "amount": None}
    event |= {"from": "2020-03-02T00:00:00+09:00", "until": "2020-03-03T00:00:00+09:00"}
    later = without | {"limits": [event]}
    later |= {"layers": [*without["layers"], cities.layer(id="coupon", gives="discount", limits=["later"])]}
    for document in (without, later):
        replay(connection, [always(policy_of(document))], SPAN)
        assert connection.execute("SELECT base, won FROM spending").fetchall() == [(10_000, 1_000)]


@ALL
@given(document=policies(), made=payments)
def test_every_member_of_any_policy(
    connection: duckdb.DuckDBPyConnection, document: dict[str, Any], made: list[dict[str, Any]]
) -> None:
    """Every way to replay gives the same won as evaluating payments one by one, as the ledger does."""
    cities.given(connection, made)
    policy = always(policy_of(document))
    replay(connection, [policy], SPAN)
    won = connection.execute("SELECT member, SUM(won) FROM members_0 GROUP BY member").fetchall()
    ledger = Ledger(policy.versions[0])
    for payment in connection.sql("SELECT * FROM payments ORDER BY accepted_at, payment").to_arrow_table().to_pylist():
        ledger.pay(payment)
    assert dict(won) == ledger.won


@settings(ALL, max_examples=50)  # some twenty statements each, every one read three times
@given(document=policies(sayable=True))
def test_what_is_emitted_is_read_by_both_dialects(document: dict[str, Any]) -> None:
    """Only parsed for Athena, since the project cannot run it there."""
    policy = policy_of(document)
    left = {pool.id: pool.amount for pool in policy.pools.values()}
    for month in ("2020-02", "2020-03"):
        for stretch in always(policy).plan(month).stretches:
            assert not stretch.obstacles
            for carried in (True, False):
                text = rewards_between(stretch.policy, stretch.start, stretch.end, carried=carried, left=left)
                for dialect in ("duckdb", "trino", "athena"):
                    parsed = sqlglot.parse_one(totals(stretch.policy, text), dialect=dialect)
                    assert not list(parsed.find_all(expressions.Anonymous)), "a function that the dialect does not know"
                    for window in parsed.find_all(expressions.Window):
                        assert window.args["order"].expressions[-1].this.name == "payment"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=policies(sayable=True), second=policies(sayable=True), third=policies(sayable=True), made=payments)
def test_every_payment_over_changes_in_mid_month(
    connection: duckdb.DuckDBPyConnection,
    first: dict[str, Any],
    second: dict[str, Any],
    third: dict[str, Any],
    made: list[dict[str, Any]],
) -> None:
    """Versions with the same limit ids, but other amounts, bands and layers."""
    starts = [datetime(2020, 1, 1, tzinfo=SEOUL), *(at(START + milliseconds) for milliseconds in (1, 3))]
    versions = [
        replace(policy_of(document), version=f"version-{place}", starts_at=start)
        for place, (document, start) in enumerate(zip((first, second, third), starts, strict=True))
    ]
    cities.given(connection, [payment for payment in made if payment["accepted_at"] >= START] or [{}])
    history = Policies("history", tuple(versions))
    found = compare(connection, history, Span(1, START, START + 31 * DAY))
    assert not history.plan(MONTH).obstacles
    assert found.payments > 0
    assert found.different == 0


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, SEOUL) + timedelta(milliseconds=milliseconds % 1000)


def test_the_statement_knows_every_field_of_the_rules() -> None:
    """A new field of the rules must be supported by `simulator.sql` or excluded in its coverage, and then added here."""
    known = {
        Band: {"start", "end", "rate"},
        Limit: {"id", "measure", "amount", "window", "carries_over_from"},
        Steps: {"per", "reached", "every", "reward"},
        Pool: {"id", "window", "amount"},
        Window: {"kind", "start", "until"},
        Layer: {
            *("id", "title", "condition", "bands", "spend_limits", "reward_limits"),
            *("counts_all", "funders", "shares", "reward_kind", "into", "steps", "exclusive", "pools"),
            *("most_at_once", "events"),
        },
        PolicyVersion: {
            *("programme", "version", "starts_at", "ends_at", "earns_from", "wallet", "merchants", "layers"),
            *("pools", "groups", "purses", "after_payment", "at_payment", "at_top_up", "names"),
        },
        Facts: {
            *("merchant_district", "merchant_category", "merchant_annual_revenue", "merchant_flags"),
            *("merchant_own_rate", "card_product", "member_class", "channel", "method"),
            *("card_issuer", "member_district", "member_age", "amount", "accepted_at"),
        },
    }
    for kind, names in known.items():
        assert set(kind.__annotations__) == names
