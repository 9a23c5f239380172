"""Replay payments with the domain's evaluator, where window functions are not enough; payments are streamed in their order.

It yields the same columns as the version's statement (`simulator.sql.statement`), so that readers need not know which was used.
"""

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AFTER_PAYMENT, AT_PAYMENT, Evaluation, PolicyVersion, RewardKind
from eeum.policy.windows import carried_into
from simulator.payments import PURSES, RELATION, flag_column
from simulator.sql.conditions import text
from simulator.sql.coverage import pools_of
from simulator.sql.spend import spend_limits_of
from simulator.sql.statement import KEY, USES, funder_column, layer_column
from simulator.versions import Stretch

ROWS_AT_ONCE = 50_000
Rows = list[list[Any]]

UNKNOWN = "\\N"
"""Null in the CSV file that carries rows to DuckDB; any other way would need further packages."""
FORMAT = f"FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '{UNKNOWN}', AUTO_DETECT false"

TEXTS = (
    "merchant_category",
    "card_product",
    "card_issuer",
    "member_class",
    "member_district",
    "channel",
    "method",
)
READ = (
    *KEY,
    "merchant_district",
    *(f"won_{purse}" for purse in PURSES),
    "won_discount",
    "merchant_annual_revenue",
    "merchant_own_rate",
    "member_age",
    *TEXTS,
)
AS_DRAWN_LAST = ("charged", "cashback", "rewards", "grants")
"""Purses in reverse debit order; a discount reduces the first of them that has anything."""


def rewards_of(connection: duckdb.DuckDBPyConnection, stretch: Stretch, left: Mapping[str, int]) -> Iterator[Rows]:
    """Yield the evaluated payments of a stretch in batches of rows, with the columns of `column_names`.

    The table of uses has members' earlier limit usage; `left` is the won left in each pool. Where layers draw on pools, payments are
    evaluated in citywide order, else member by member.
    """
    flags = sorted(stretch.policy.merchants.flags)
    keys = sorted({*stretch.keys.values(), *stretch.previous.values()})
    order = ("accepted_at", "payment") if pools_of(stretch.policy) else KEY
    rows = connection.cursor().execute(
        f"SELECT {', '.join([*READ, *map(flag_column, flags), *(f'use_{number}' for number in range(len(keys)))])} "
        f"FROM {RELATION} {_uses_of(keys)}"
        f"WHERE accepted_at >= {stretch.start} AND accepted_at < {stretch.end} ORDER BY {', '.join(order)}"
    )
    walk = _Walk(stretch, flags, keys, left)
    while batch := rows.fetchmany(ROWS_AT_ONCE):
        yield [walk.step(row) for row in batch]


def _uses_of(keys: Sequence[str]) -> str:
    """Join members' usage by window; usage of spend limits is stored as a total, that of reward limits in parts to add up."""
    if not keys:
        return ""
    sums = ", ".join(
        f"CAST(COALESCE(MAX(CASE WHEN limit_key = {text(key)} AND of_spend THEN used END), "
        f"SUM(CASE WHEN limit_key = {text(key)} THEN used ELSE 0 END)) AS BIGINT) AS use_{number}"
        for number, key in enumerate(keys)
    )
    return f"LEFT JOIN (SELECT member AS of_member, {sums} FROM {USES} GROUP BY member) ON member = of_member "


class _Walk:
    """The state of a walk over payments: each member's limit usage, and the won left in pools."""

    def __init__(self, stretch: Stretch, flags: Sequence[str], keys: Sequence[str], left: Mapping[str, int]) -> None:
        self._stretch, self._flags, self._keys = stretch, flags, keys
        self._left = {pool: left.get(pool, 0) for pool in stretch.policy.pools}
        self._spend = [limit.limit.id for limit in spend_limits_of(stretch.policy)]
        self._amounts = {limit.id: limit.amount for layer in stretch.policy.layers for limit in layer.limits}
        self._used: dict[Any, dict[str, int]] = {}
        self._carried: dict[Any, dict[str, int]] = {}
        self._by_member = not pools_of(stretch.policy)

    def step(self, row: tuple[Any, ...]) -> list[Any]:
        """Evaluate one payment; return its columns in the order of `column_names`."""
        member = row[0]
        if member not in self._used:
            self._begin(member, row)
        used, carried = self._used[member], self._carried[member]
        base, evaluations = self._evaluated(row, used, carried)
        for evaluation in evaluations:
            for limit, won in evaluation.used.items():
                used[limit] = used.get(limit, 0) + won
        given = {reward.layer: reward for evaluation in evaluations for reward in evaluation.rewards}
        found = [*row[:4], base, *(used.get(limit, 0) for limit in self._spend)]
        for layer in self._stretch.policy.layers:
            reward = given.get(layer.id)
            found += [reward.won, *(won for _, won in reward.funders)] if reward else [0] * (1 + len(layer.funders))
        return found

    def _begin(self, member: Any, row: tuple[Any, ...]) -> None:
        if self._by_member:
            self._used.clear()
            self._carried.clear()
        known = dict(zip(self._keys, row[len(row) - len(self._keys) :], strict=True)) if self._keys else {}
        stretch = self._stretch
        self._used[member] = {limit: known[key] or 0 for limit, key in stretch.keys.items() if limit in self._amounts}
        self._carried[member] = {
            limit: carried_into(self._amounts[limit] or 0, known[key] or 0) for limit, key in stretch.previous.items()
        }

    def _evaluated(
        self, row: tuple[Any, ...], used: Mapping[str, int], carried: Mapping[str, int]
    ) -> tuple[int, list[Evaluation]]:
        """Return a payment's base, and its evaluation at and after the payment."""
        policy = self._stretch.policy
        at = datetime.fromtimestamp(row[1] / 1000, UTC)
        if not policy.pays_at(at):
            return 0, []
        purses = dict(zip(PURSES, row[4:8], strict=True))
        price = sum(purses.values()) + row[8]
        named = dict(zip(TEXTS, row[12 : 12 + len(TEXTS)], strict=True))
        carries = row[12 + len(TEXTS) : 12 + len(TEXTS) + len(self._flags)]
        facts = Facts(
            merchant_district=row[3],
            merchant_annual_revenue=row[9],
            merchant_own_rate=row[10],
            merchant_flags=frozenset(flag for flag, carried in zip(self._flags, carries, strict=True) if carried),
            member_age=row[11],
            amount=price,
            accepted_at=at,
            **named,
        )
        evaluations = [self._funded(facts, price, used, carried, AT_PAYMENT)] if policy.at_payment else []
        _take_off(purses, sum(evaluation.won for evaluation in evaluations) - row[8])
        base = sum(purses[purse] for purse in policy.earns_from)
        return base, [*evaluations, self._funded(facts, base, used, carried, AFTER_PAYMENT)]

    def _funded(
        self, facts: Facts, base: int, used: Mapping[str, int], carried: Mapping[str, int], kinds: frozenset[RewardKind]
    ) -> Evaluation:
        """Cut the evaluation by what pools have left, in the order of the layers."""
        policy = self._stretch.policy
        evaluation = evaluate(policy, facts, base, used, kinds=kinds, carried=carried)
        funded_amounts: dict[str, int] = {}
        for layer in policy.acting(kinds):
            asked = next((reward.won for reward in evaluation.rewards if reward.layer == layer.id), 0)
            if not layer.pools or not asked:
                continue
            granted = min(asked, *(self._left[pool] for pool in layer.pools))
            if granted < asked:
                funded_amounts[layer.id] = granted
                evaluation = evaluate(
                    policy, facts, base, used, kinds=kinds, carried=carried, funded_amounts=funded_amounts
                )
            for pool in layer.pools:
                self._left[pool] -= granted
        return evaluation


def _take_off(purses: dict[str, int], won: int) -> None:
    """Reduce the won drawn from purses by `won`, last drawn first. A negative `won` is paid from the loaded balance."""
    if won < 0:
        purses["charged"] -= won
        return
    for purse in AS_DRAWN_LAST:
        taken = min(won, purses[purse])
        purses[purse] -= taken
        won -= taken


def column_names(policy: PolicyVersion) -> list[str]:
    """The names of a stretch's columns, equal to those of the statement."""
    names = [*KEY, "merchant_district", "base", *(limit.used for limit in spend_limits_of(policy))]
    for place, layer in enumerate(policy.layers):
        names += [layer_column(place), *(funder_column(place, funder) for funder in range(len(layer.funders)))]
    return names


class Table:
    """A temporary table of evaluated payments, with the statement's columns and types; filled through a CSV file."""

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
