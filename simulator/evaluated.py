"""What no window function says: the domain's own evaluator, over the payments of a month in their order, streamed.

It yields the same columns as the statement of the version (`simulator.sql.statement`), so that whatever reads one reads the other.
"""

import csv
import tempfile
from collections.abc import Iterator
from typing import Any

import duckdb

from eeum.calendar import Month, milliseconds_of, next_month, start_of_month
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import NOTHING, Evaluation, PolicyVersion
from simulator.payments import FLAGS, RELATION
from simulator.sql.conditions import text
from simulator.sql.spend import spend_limits_of
from simulator.sql.statement import KEY, funder_column, layer_column
from simulator.versions import Stretch

ROWS_AT_ONCE = 50_000
Rows = list[list[Any]]

UNKNOWN = "\\N"
"""What null is in a file between here and DuckDB, which has no other way in without further packages."""
FORMAT = f"FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '{UNKNOWN}', AUTO_DETECT false"

TEXTS = ("merchant_category", "card_product", "member_class", "channel", "method")
READ = (
    *KEY,
    "merchant_district",
    "won_charged",
    "won_cashback",
    "won_grants",
    "merchant_annual_revenue",
    "merchant_own_rate",
    *(f"merchant_{flag}" for flag in FLAGS),
    *TEXTS,
)


def rewards_of_month(
    connection: duckdb.DuckDBPyConnection, stretches: tuple[Stretch, ...], month: Month
) -> Iterator[tuple[Stretch, Rows]]:
    """Rows of evaluated payments, some thousands at a time, each with the stretch of the month whose version judged them.

    A limit's use goes on from one version to the next, as its id says (docs/policy-language.md, "What carries over").
    """
    start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
    rows = connection.cursor().execute(
        f"SELECT {', '.join(READ)} FROM {RELATION} WHERE accepted_at >= {start} AND accepted_at < {end} "
        f"ORDER BY {', '.join(KEY)}"
    )
    gathered = {stretch: _Gathered(stretch.policy) for stretch in stretches}
    member: Any = None
    used: dict[str, int] = {}
    while batch := rows.fetchmany(ROWS_AT_ONCE):
        for row in batch:
            if row[0] != member:
                member, used = row[0], {}
            stretch = next(each for each in stretches if each.holds_at(row[1]))
            base, evaluation = _evaluated(stretch, row, used)
            for limit, won in evaluation.used.items():
                used[limit] = used.get(limit, 0) + won
            gathered[stretch].add(row, base, evaluation, used)
        yield from ((stretch, rewards.taken()) for stretch, rewards in gathered.items() if rewards)


def _evaluated(stretch: Stretch, row: tuple[Any, ...], used: dict[str, int]) -> tuple[int, Evaluation]:
    """The base and the evaluation of one payment, in the order of `READ`."""
    policy = stretch.policy
    purses = {"charged": row[4], "cashback": row[5], "grants": row[6]}
    base = sum(purses[purse] for purse in policy.earns_from)
    if not stretch.pays_at(row[1]):
        return 0, NOTHING
    facts = Facts(
        merchant_district=row[3],
        merchant_annual_revenue=row[7],
        merchant_own_rate=row[8],
        merchant_flags=frozenset(flag for flag, carried in zip(FLAGS, row[9:13], strict=True) if carried),
        **dict(zip(TEXTS, row[13:], strict=True)),
    )
    return base, evaluate(policy, facts, base, used)


def column_names(policy: PolicyVersion) -> list[str]:
    """The columns of the version's rewards, those of its statement."""
    names = [*KEY, "merchant_district", "base", *(limit.used for limit in spend_limits_of(policy))]
    for place, layer in enumerate(policy.layers):
        names += [layer_column(place), *(funder_column(place, funder) for funder in range(len(layer.funders)))]
    return names


class Table:
    """A temporary table of evaluated payments, in the columns and types of the version's rewards; filled by way of a file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, policy: PolicyVersion) -> None:
        keys = connection.table(RELATION).select("member, payment")
        known = dict(zip(keys.columns, (str(kind) for kind in keys.types), strict=True)) | {
            "merchant_district": "VARCHAR"
        }
        columns = ", ".join(f"{column} {known.get(column, 'BIGINT')}" for column in column_names(policy))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
        self._connection, self._name = connection, name

    def add(self, rows: Rows) -> None:
        with tempfile.NamedTemporaryFile("w", newline="", encoding="utf-8", suffix=".csv") as file:
            csv.writer(file).writerows([UNKNOWN if value is None else value for value in row] for row in rows)
            file.flush()
            self._connection.execute(f"COPY {self._name} FROM {text(file.name)} ({FORMAT})")


class _Gathered:
    """Evaluated payments, until they are taken together."""

    def __init__(self, policy: PolicyVersion) -> None:
        self._layers = {layer.id: place for place, layer in enumerate(policy.layers)}
        self._limits = [limit.limit.id for limit in spend_limits_of(policy)]
        self._names = column_names(policy)
        self._starts = [self._names.index(layer_column(place)) for place in range(len(policy.layers))]
        self._rows: list[list[Any]] = []

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, row: tuple[Any, ...], base: int, evaluation: Evaluation, used: dict[str, int]) -> None:
        out: list[Any] = [*row[:4], base, *(used.get(limit, 0) for limit in self._limits)]
        out += [0] * (len(self._names) - len(out))
        for reward in evaluation.rewards:
            start = self._starts[self._layers[reward.layer]]
            out[start] = reward.won
            for place, (_, won) in enumerate(reward.funders):
                out[start + 1 + place] = won
        self._rows.append(out)

    def taken(self) -> Rows:
        rows, self._rows = self._rows, []
        return rows
