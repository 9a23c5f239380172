"""`python -m simulator.comparison A.json --payments DIR`: compare the statement with the evaluator on every payment of a sample.

The sample holds all payments of its members, since limit usage adds up over a member's month.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import duckdb

from simulator import evaluated
from simulator.errors import SimulationRefused
from simulator.payments import RELATION, Span, open_payments
from simulator.replay import Windows, connect, totals
from simulator.versions import Policies, Stretch, months_between, read_policies


@dataclass(frozen=True, slots=True)
class Comparison:
    """Payments compared, payments that differ in any column, cashback in won, and the evaluator's microseconds per payment."""

    payments: int
    different: int
    won: int
    microseconds: float


def take_sample(connection: duckdb.DuckDBPyConnection, payments: int) -> None:
    """Keep only the payments of so many members that about `payments` remain."""
    connection.execute(
        f"""
        CREATE TABLE sampled AS
        WITH counted AS (SELECT member, COUNT(*) AS payments FROM {RELATION} GROUP BY member),
        numbered AS (
            SELECT member, SUM(payments) OVER (ORDER BY MD5(CAST(member AS VARCHAR)), member) - payments AS before FROM counted)
        SELECT every.* FROM {RELATION} AS every JOIN numbered ON every.member = numbered.member WHERE before < {payments}
        """
    )
    connection.execute(f"DROP VIEW {RELATION}")
    connection.execute(f"ALTER TABLE sampled RENAME TO {RELATION}")


def compare(connection: duckdb.DuckDBPyConnection, policies: Policies, span: Span) -> Comparison:
    """Compare every column of every payment: keys, base, limit usage, each layer's won and each funder's part."""
    payments, different, won, seconds = 0, 0, 0, 0.0
    windows = Windows(connection)
    for month in months_between(span.first, span.last):
        plan = policies.plan(month)
        windows.turn(plan)
        for stretch in plan.stretches:
            began = perf_counter()
            windows.evaluate(stretch, "evaluated")
            seconds += perf_counter() - began
            found = _differences(connection, windows, stretch)
            payments, different, won = payments + found[0], different + found[1], won + found[2]
    return Comparison(payments, different, won, seconds * 1_000_000 / max(payments, 1))


def _differences(connection: duckdb.DuckDBPyConnection, windows: Windows, stretch: Stretch) -> tuple[int, int, int]:
    """Return a stretch's payments, those that differ, and the rewards in won; keep the limit usage for the next stretch.

    A stretch without a statement has nothing to compare, but its usage still counts in the next.
    """
    policy = stretch.policy
    rewarded = "SELECT * FROM evaluated" if stretch.obstacles else windows.statement_of(stretch)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE by_statement AS {rewarded}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE totals AS {totals(policy, 'SELECT * FROM by_statement')}")
    windows.add(stretch)
    if stretch.obstacles:
        return 0, 0, 0
    names = evaluated.column_names(policy)
    unequal = " OR ".join(f"one.{name} IS DISTINCT FROM other.{name}" for name in names)
    won = " + ".join(f"one.layer_{place}" for place in range(len(policy.layers))) or "0"
    (counts,) = connection.execute(
        f"SELECT COUNT(*), COUNT(CASE WHEN {unequal} THEN 1 END), COALESCE(SUM({won}), 0) "
        "FROM by_statement AS one FULL JOIN evaluated AS other "
        "ON one.member = other.member AND one.accepted_at = other.accepted_at AND one.payment = other.payment"
    ).fetchall()
    payments, different, won_given = counts
    return payments, different, won_given


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulator.comparison", description="The statement against the evaluator.")
    parser.add_argument("policies", type=Path, nargs="+")
    parser.add_argument("--payments", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=1_000_000, help="payments, or a few more")
    given = parser.parse_args()
    differences = 0
    try:
        connection = connect()
        runs = [read_policies(path) for path in given.policies]
        span = open_payments(connection, given.payments, frozenset[str]().union(*(run.flags for run in runs)))
        take_sample(connection, given.sample)
        for policies in runs:
            found = compare(connection, policies, span)
            differences += found.different
            print(
                f"{policies.name}: {found.payments:,} payments, {found.won:,} won, {found.different:,} differ; "
                f"evaluator {found.microseconds:.1f} µs a payment, reading and storing included"
            )
    except SimulationRefused as refused:
        print(f"simulator: {refused} [{refused.code}]", file=sys.stderr)
        return 1
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
