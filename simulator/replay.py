"""Replays payments under policies, month by month, into tables that reports are made of.

Each month is one statement: windows over its payments, and one aggregation with two groupings, by day and district and by member. What is
kept grows with days, districts and members, not with payments; DuckDB spills what exceeds its memory limit.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from eeum.calendar import Month
from eeum.policy.rules import PolicyVersion
from simulator import evaluated
from simulator.payments import RELATION, Span
from simulator.sql import statement
from simulator.sql.conditions import text
from simulator.sql.spend import spend_limits_of
from simulator.sql.statement import funder_column, layer_column
from simulator.versions import Plan, Policies, Stretch, months_between

Progress = Callable[[str], None]

SEOUL_OFFSET = 9 * 3_600_000
DAY = 86_400_000

TABLES = """
CREATE OR REPLACE TABLE costs (run INTEGER, month VARCHAR, day BIGINT, district VARCHAR, layer VARCHAR, funder VARCHAR, won BIGINT);
CREATE OR REPLACE TABLE spending (run INTEGER, month VARCHAR, day BIGINT, district VARCHAR, payments BIGINT, base BIGINT, won BIGINT);
CREATE OR REPLACE TABLE reached (run INTEGER, month VARCHAR, limit_id VARCHAR, kind VARCHAR, won BIGINT, members BIGINT, paying BIGINT);
"""


def connect(threads: int = 2, memory: str = "6GB", spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory in which `/` between integers is integer division, as it is on Athena."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute(f"SET memory_limit = {text(memory)}")
    connection.execute("SET integer_division = true")
    connection.execute("SET preserve_insertion_order = false")
    if spill is not None:
        connection.execute(f"SET temp_directory = {text(str(spill))}")
    return connection


def replay(
    connection: duckdb.DuckDBPyConnection, runs: list[Policies], span: Span, progress: Progress = lambda _: None
) -> list[Plan]:
    """Replays the opened payments under each of `runs`; the tables number the runs from 0. Returns how months were replayed.

    Raises:
        NoPolicyInForce: before anything is computed.
    """
    months = months_between(span.first, span.last)
    plans = [[policies.plan(month) for month in months] for policies in runs]
    connection.execute(TABLES)
    for run, of_run in enumerate(plans):
        connection.execute(
            f"CREATE OR REPLACE TABLE members_{run} (member {_member_type(connection)}, base BIGINT, won BIGINT)"
        )
        for plan in of_run:
            how = "by the evaluator" if plan.obstacles else "as one statement"
            progress(f"{runs[run].name}: {plan.month}, {how}")
            _replay_month(connection, run, plan)
    return [plan for of_run in plans for plan in of_run]


def _member_type(connection: duckdb.DuckDBPyConnection) -> str:
    return str(connection.table(RELATION).select("member").types[0])


def _replay_month(connection: duckdb.DuckDBPyConnection, run: int, plan: Plan) -> None:
    start_uses(connection)
    if plan.obstacles:
        evaluate_month(connection, plan)
    for number, stretch in enumerate(plan.stretches):
        rewarded = f"SELECT * FROM evaluated_{number}" if plan.obstacles else statement_of(connection, number, stretch)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE totals AS {totals(stretch.policy, rewarded)}")
        _keep_totals(connection, run, plan.month, stretch.policy)
        add_uses(connection, stretch.policy)
        connection.execute(f"DROP TABLE IF EXISTS evaluated_{number}")
    _count_reached(connection, run, plan)


def statement_of(connection: duckdb.DuckDBPyConnection, number: int, stretch: Stretch) -> str:
    """The statement of a month's stretch `number`; what the ones before it used is made ready to be joined."""
    if number:
        carried = statement.carried_uses(stretch.policy)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {statement.CARRIED} AS {carried}")
    return statement.rewards_between(stretch.policy, stretch.start, stretch.end, carried=number > 0)


def start_uses(connection: duckdb.DuckDBPyConnection) -> None:
    """A month begins: nothing is used."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {statement.USES} (member {_member_type(connection)}, limit_id VARCHAR, used BIGINT)"
    )


def add_uses(connection: duckdb.DuckDBPyConnection, policy: PolicyVersion) -> None:
    """Keeps what members have used of the policy's limits, from the table of its totals."""
    for limit, used in _uses(policy).items():
        connection.execute(
            f"INSERT INTO {statement.USES} SELECT member, {text(limit)}, {used} FROM totals WHERE of_place = 0"
        )


def evaluate_month(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Stores what the evaluator gives, a table for each stretch of the month."""
    tables = {
        stretch: evaluated.Table(connection, f"evaluated_{number}", stretch.policy)
        for number, stretch in enumerate(plan.stretches)
    }
    for stretch, rows in evaluated.rewards_of_month(connection, plan.stretches, plan.month):
        tables[stretch].add(rows)


def totals(policy: PolicyVersion, rewarded: str) -> str:
    """Sums of a month's rewarded payments, by day and district (where `member` is null) and by member."""
    sums = ["COUNT(*) AS payments", "CAST(SUM(base) AS BIGINT) AS base"]
    for place, layer in enumerate(policy.layers):
        names = [layer_column(place), *(funder_column(place, funder) for funder in range(len(layer.funders)))]
        sums += [f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in names]
    sums += [f"MAX({limit.used}) AS {limit.used}" for limit in spend_limits_of(policy)]
    return (
        f"SELECT day, merchant_district, member, GROUPING(member) AS of_place, {', '.join(sums)}\n"
        f"FROM (SELECT rewarded.*, (accepted_at + {SEOUL_OFFSET}) / {DAY} AS day FROM ({rewarded}) AS rewarded) AS by_day\n"
        "GROUP BY GROUPING SETS ((day, merchant_district), (member))"
    )


def _keep_totals(connection: duckdb.DuckDBPyConnection, run: int, month: Month, policy: PolicyVersion) -> None:
    won = " + ".join(layer_column(place) for place in range(len(policy.layers))) or "0"
    connection.execute(
        f"INSERT INTO spending SELECT {run}, '{month}', day, merchant_district, payments, base, {won} "
        "FROM totals WHERE of_place = 1"
    )
    for place, layer in enumerate(policy.layers):
        for number, funder in enumerate(layer.funders):
            connection.execute(
                f"INSERT INTO costs SELECT {run}, '{month}', day, merchant_district, {text(layer.id)}, {text(funder)}, "
                f"{funder_column(place, number)} FROM totals WHERE of_place = 1"
            )
    connection.execute(f"INSERT INTO members_{run} SELECT member, base, {won} FROM totals WHERE of_place = 0")


def _uses(policy: PolicyVersion) -> dict[str, str]:
    """By limit, what a member's month has used of it: a spend limit's last use; a reward limit's sum of what was paid."""
    uses = {limit.limit.id: limit.used for limit in spend_limits_of(policy)}
    for limit in {limit.id for layer in policy.layers for limit in layer.reward_limits}:
        layers = [
            place for place, layer in enumerate(policy.layers) if limit in [each.id for each in layer.reward_limits]
        ]
        uses[limit] = " + ".join(layer_column(place) for place in layers)
    return uses


def _count_reached(connection: duckdb.DuckDBPyConnection, run: int, plan: Plan) -> None:
    """How many members of the month came into each band and to each limit's amount, of the month's last version."""
    policy = plan.stretches[-1].policy
    spends = {limit.limit.id for limit in spend_limits_of(policy)}
    for limit, kind, won in thresholds(policy):
        use = "MAX(used)" if limit in spends else "SUM(used)"
        comparison = ">" if kind == "band" else ">="
        connection.execute(
            f"INSERT INTO reached SELECT {run}, '{plan.month}', {text(limit)}, '{kind}', {won}, "
            f"COUNT(CASE WHEN used {comparison} {won} THEN 1 END), COUNT(*) "
            f"FROM (SELECT {use} AS used FROM {statement.USES} WHERE limit_id = {text(limit)} GROUP BY member)"
        )


def thresholds(policy: PolicyVersion) -> list[tuple[str, str, int]]:
    """Limit, `band` or `cap`, and won: where bands start, which is reached by more, and what caps, which is reached as it is."""
    bands = {
        (layer.spend_limits[0].id, "band", band.start)
        for layer in policy.layers
        if layer.spend_limits
        for band in layer.bands
    }
    limits = {limit for layer in policy.layers for limit in (*layer.spend_limits, *layer.reward_limits)}
    caps = {(limit.id, "cap", limit.amount) for limit in limits if limit.amount is not None}
    return sorted([*bands, *caps], key=lambda each: (each[0], each[2], each[1]))
