"""Replay payments under policies, month by month, into the tables that reports read.

Each month is one statement: windows over its payments, and one aggregation with two groupings, by day and district and by member. The
results grow with days, districts and members, not with payments; DuckDB spills to disk what exceeds its memory limit.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from eeum.calendar import Month
from eeum.policy.rules import PER_WINDOW, PolicyVersion
from simulator import evaluated
from simulator.payments import RELATION, Span
from simulator.sql import statement
from simulator.sql.conditions import DAY, SEOUL_OFFSET, text
from simulator.sql.coverage import pools_of
from simulator.sql.spend import spend_limits_of
from simulator.sql.statement import funder_column, layer_column
from simulator.versions import Plan, Policies, Stretch, months_between

Progress = Callable[[str], None]

TABLES = """
CREATE OR REPLACE TABLE costs (run INTEGER, month VARCHAR, day BIGINT, district VARCHAR, layer VARCHAR, funder VARCHAR, won BIGINT);
CREATE OR REPLACE TABLE spending (run INTEGER, month VARCHAR, day BIGINT, district VARCHAR, payments BIGINT, base BIGINT, won BIGINT);
CREATE OR REPLACE TABLE pools (run INTEGER, pool VARCHAR, amount BIGINT, day BIGINT, won BIGINT);
CREATE OR REPLACE TABLE reached (run INTEGER, month VARCHAR, limit_id VARCHAR, kind VARCHAR, won BIGINT, members BIGINT, paying BIGINT);
"""


def connect(threads: int = 2, memory: str = "6GB", spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open a database in memory in which `/` between integers is integer division, as on Athena."""
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
    """Replay the opened payments under each of `runs`, which tables number from 0; return how each month was replayed.

    Raises:
        NoPolicyInForce: raised before anything is computed.
    """
    months = months_between(span.first, span.last)
    plans = [[policies.plan(month) for month in months] for policies in runs]
    connection.execute(TABLES)
    for run, of_run in enumerate(plans):
        connection.execute(
            f"CREATE OR REPLACE TABLE members_{run} (member {_member_type(connection)}, base BIGINT, won BIGINT)"
        )
        windows = Windows(connection)
        for plan in of_run:
            how = "by the evaluator" if plan.obstacles else "as one statement"
            progress(f"{runs[run].name}: {plan.month}, {how}")
            _replay_month(connection, run, plan, windows)
    return [plan for of_run in plans for plan in of_run]


def _member_type(connection: duckdb.DuckDBPyConnection) -> str:
    return str(connection.table(RELATION).select("member").types[0])


class Windows:
    """Usage of limits by member, and of pools, in windows that are still open; kept from one part of a run to the next."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._drawn: dict[str, int] = {}
        self._used: set[str] = set()
        connection.execute(
            f"CREATE OR REPLACE TABLE {statement.USES} "
            f"(member {_member_type(connection)}, limit_key VARCHAR, of_spend BOOLEAN, used BIGINT)"
        )

    def turn(self, plan: Plan) -> None:
        """Begin a month: drop the usage of windows that it does not need."""
        self._used &= plan.keys
        named = ", ".join(text(key) for key in sorted(self._used)) or "''"
        self._connection.execute(
            f"CREATE OR REPLACE TABLE {statement.USES} AS FROM {statement.USES} WHERE limit_key IN ({named})"
        )

    def left(self, stretch: Stretch) -> dict[str, int]:
        """Return the won left in each pool; 0 in a pool that is closed."""
        return {
            pool.id: max(pool.amount - self._drawn.get(stretch.keys[pool.id], 0), 0) if pool.id in stretch.keys else 0
            for pool in stretch.policy.pools.values()
        }

    def statement_of(self, stretch: Stretch) -> str:
        """Return the statement of a stretch, after preparing the earlier usage of its windows for the join."""
        policy, carried = stretch.policy, bool(self._used & set(stretch.keys.values()))
        if carried:
            uses = statement.carried_uses(policy, stretch.keys)
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {statement.CARRIED} AS {uses}")
        return statement.rewards_between(policy, stretch.start, stretch.end, carried=carried, left=self.left(stretch))

    def evaluate(self, stretch: Stretch, table: str) -> None:
        """Store the evaluator's results for a stretch."""
        made = evaluated.Table(self._connection, table, stretch.policy)
        for rows in evaluated.rewards_of(self._connection, stretch, self.left(stretch)):
            made.add(rows)

    def add(self, stretch: Stretch) -> None:
        """Add the usage in the table of a stretch's totals."""
        spends = {limit.limit.id for limit in spend_limits_of(stretch.policy)}
        for limit, used in _uses(stretch.policy).items():
            key = stretch.keys[limit]
            self._used.add(key)
            self._connection.execute(
                f"INSERT INTO {statement.USES} SELECT member, {text(key)}, {limit in spends}, {used} "
                "FROM totals WHERE of_place = 0"
            )
        for pool, places in pools_of(stretch.policy).items():
            if pool in stretch.keys:
                won = " + ".join(layer_column(place) for place in places)
                query = f"SELECT CAST(COALESCE(SUM({won}), 0) AS BIGINT) FROM totals WHERE of_place = 0"
                ((drawn,),) = self._connection.execute(query).fetchall()
                self._drawn[stretch.keys[pool]] = self._drawn.get(stretch.keys[pool], 0) + drawn


def _replay_month(connection: duckdb.DuckDBPyConnection, run: int, plan: Plan, windows: Windows) -> None:
    windows.turn(plan)
    for stretch in plan.stretches:
        if stretch.obstacles:
            windows.evaluate(stretch, "evaluated")
        rewarded = "SELECT * FROM evaluated" if stretch.obstacles else windows.statement_of(stretch)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE totals AS {totals(stretch.policy, rewarded)}")
        _keep_totals(connection, run, plan.month, stretch)
        windows.add(stretch)
        # Free their memory for the next windows.
        connection.execute("DROP TABLE IF EXISTS evaluated")
        connection.execute("DROP TABLE totals")
    _count_reached(connection, run, plan)


def totals(policy: PolicyVersion, rewarded: str) -> str:
    """The statement that sums a month's rewarded payments, by day and district (`member` is null) and by member."""
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


def _keep_totals(connection: duckdb.DuckDBPyConnection, run: int, month: Month, stretch: Stretch) -> None:
    policy = stretch.policy
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
    for pool, places in pools_of(policy).items():
        if pool in stretch.keys:
            drawn = " + ".join(layer_column(place) for place in places)
            connection.execute(
                f"INSERT INTO pools SELECT {run}, {text(stretch.keys[pool])}, {policy.pools[pool].amount}, day, {drawn} "
                "FROM totals WHERE of_place = 1"
            )
    # A row for each member, however many months there are.
    connection.execute(
        f"CREATE OR REPLACE TABLE members_{run} AS "
        "SELECT member, CAST(SUM(base) AS BIGINT) AS base, CAST(SUM(won) AS BIGINT) AS won FROM ("
        f"FROM members_{run} UNION ALL SELECT member, base, {won} FROM totals WHERE of_place = 0) GROUP BY member"
    )


def _uses(policy: PolicyVersion) -> dict[str, str]:
    """By limit, the expression for a member's usage in the month: the last one of a spend limit, the sum of rewards of a reward limit."""
    uses = {limit.limit.id: limit.used for limit in spend_limits_of(policy)}
    for limit in {limit.id for layer in policy.layers for limit in layer.reward_limits}:
        layers = [
            place for place, layer in enumerate(policy.layers) if limit in [each.id for each in layer.reward_limits]
        ]
        uses[limit] = " + ".join(layer_column(place) for place in layers)
    return uses


def _count_reached(connection: duckdb.DuckDBPyConnection, run: int, plan: Plan) -> None:
    """Count the members who reached each band and each limit's amount in each window, by the last version that had the limit."""
    last = {
        stretch.keys[limit]: (stretch.policy, limit) for stretch in plan.stretches for limit in _uses(stretch.policy)
    }
    for key, (policy, limit_id) in last.items():
        window = key.rpartition("@")[2]
        month = window if window.startswith(f"{plan.month}-") else plan.month
        for limit, kind, won in thresholds(policy):
            if limit != limit_id:
                continue
            comparison = ">" if kind == "band" else ">="
            connection.execute(
                f"INSERT INTO reached SELECT {run}, {text(month)}, {text(limit)}, '{kind}', {won}, "
                f"COUNT(CASE WHEN used {comparison} {won} THEN 1 END), COUNT(*) FROM ("
                f"SELECT CASE WHEN MAX(CASE WHEN of_spend THEN 1 ELSE 0 END) = 1 THEN MAX(used) ELSE SUM(used) END AS used "
                f"FROM {statement.USES} WHERE limit_key = {text(key)} GROUP BY member)"
            )


def thresholds(policy: PolicyVersion) -> list[tuple[str, str, int]]:
    """The limit, the kind (`band`, `step` or `cap`) and the won of each threshold.

    A band is reached by more than its start; a step or a cap is reached by exactly its won.
    """
    bands = {
        (layer.spend_limits[0].id, "band", band.start)
        for layer in policy.layers
        if layer.spend_limits
        for band in layer.bands
    }
    steps = {
        (layer.spend_limits[0].id, "step", start)
        for layer in policy.layers
        if layer.spend_limits and layer.steps is not None and layer.steps.per == PER_WINDOW
        for start, _ in layer.steps.reached
    }
    limits = {limit for layer in policy.layers for limit in layer.limits}
    caps = {(limit.id, "cap", limit.amount) for limit in limits if limit.amount is not None}
    return sorted([*bands, *steps, *caps], key=lambda each: (each[0], each[2], each[1]))
