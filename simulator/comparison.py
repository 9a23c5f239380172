"""`python -m simulator.comparison A.json --payments DIR`: the statement against the evaluator, on every payment of a sample.

The sample holds all payments of the members that it takes, as a limit's use adds up over a member's month.
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
from simulator.replay import connect, store
from simulator.sql.statement import rewards_of_month
from simulator.versions import Plan, Policies, months_between, read_policies


@dataclass(frozen=True, slots=True)
class Comparison:
    """Payments compared, those that differ in any column, the won of cashback given, and the evaluator's microseconds a payment."""

    payments: int
    different: int
    won: int
    microseconds: float


def take_sample(connection: duckdb.DuckDBPyConnection, payments: int) -> None:
    """Keeps, of the opened payments, those of as many members as make up about `payments`."""
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
    """Compares every column of every payment: keys, base, use of limits, each layer's won and each funder's part."""
    payments, different, won, seconds = 0, 0, 0, 0.0
    for month in months_between(span.first, span.last):
        plan = policies.plan(month)
        if plan.obstacles:
            continue  # the evaluator replays it: there is nothing to compare
        began = perf_counter()
        _evaluate(connection, plan)
        seconds += perf_counter() - began
        of_month = _differences(connection, plan)
        payments, different, won = payments + of_month[0], different + of_month[1], won + of_month[2]
    return Comparison(payments, different, won, seconds * 1_000_000 / max(payments, 1))


def _evaluate(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    connection.execute("DROP TABLE IF EXISTS by_evaluator")
    store(connection, "by_evaluator", evaluated.no_rewards(connection, plan.stretches[0].policy))
    for _, batch in evaluated.rewards_of_month(connection, plan.stretches, plan.month):
        store(connection, "by_evaluator", batch)


def _differences(connection: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[int, int, int]:
    policy = plan.stretches[0].policy
    names = evaluated.column_names(policy)
    unequal = " OR ".join(f"one.{name} IS DISTINCT FROM other.{name}" for name in names)
    won = " + ".join(f"one.layer_{place}" for place in range(len(policy.layers))) or "0"
    (counts,) = connection.execute(
        f"SELECT COUNT(*), COUNT(CASE WHEN {unequal} THEN 1 END), COALESCE(SUM({won}), 0) "
        f"FROM ({rewards_of_month(policy, plan.month)}) AS one FULL JOIN by_evaluator AS other "
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
        span = open_payments(connection, given.payments)
        take_sample(connection, given.sample)
        for policies in (read_policies(path) for path in given.policies):
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
