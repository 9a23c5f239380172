"""What no window function says: the domain's own evaluator, over the payments of a month in their order, streamed.

It yields the same columns as the statement of the version (`simulator.sql.statement`), so that whatever reads one reads the other.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as arrow

from eeum.calendar import Month, milliseconds_of, next_month, start_of_month
from eeum.policy.conditions import Facts
from eeum.policy.rules import NOTHING, Evaluation, PolicyVersion, evaluate
from simulator.payments import FLAGS, RELATION
from simulator.sql.spend import spend_limits_of
from simulator.sql.statement import KEY, funder_column, layer_column
from simulator.versions import Stretch

ROWS_AT_ONCE = 50_000

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
) -> Iterator[tuple[Stretch, arrow.RecordBatch]]:
    """Batches of evaluated payments, each with the stretch of the month whose version judged them.

    A limit's use goes on from one version to the next, as its id says (docs/policy-language.md, "What carries over").
    """
    start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
    rows = connection.cursor().sql(
        f"SELECT {', '.join(READ)} FROM {RELATION} WHERE accepted_at >= {start} AND accepted_at < {end} "
        f"ORDER BY {', '.join(KEY)}"
    )
    gathered = {stretch: _Gathered(stretch.policy) for stretch in stretches}
    member: Any = None
    used: dict[str, int] = {}
    for batch in rows.to_arrow_reader(ROWS_AT_ONCE):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
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


def no_rewards(connection: duckdb.DuckDBPyConnection, policy: PolicyVersion) -> arrow.RecordBatch:
    """A batch without rows, in the columns and types of the version's rewards."""
    keys = connection.sql(f"SELECT member, payment FROM {RELATION} LIMIT 0").to_arrow_table().schema
    known = {"member": keys.field("member").type, "payment": keys.field("payment").type, "merchant_district": _TEXT}
    fields = [arrow.field(name, known.get(name, _WON)) for name in column_names(policy)]
    return arrow.record_batch([arrow.array([], field.type) for field in fields], schema=arrow.schema(fields))


def column_names(policy: PolicyVersion) -> list[str]:
    """The columns of the version's rewards, those of its statement."""
    names = [*KEY, "merchant_district", "base", *(limit.used for limit in spend_limits_of(policy))]
    for place, layer in enumerate(policy.layers):
        names += [layer_column(place), *(funder_column(place, funder) for funder in range(len(layer.funders)))]
    return names


class _Gathered:
    """Evaluated payments in columns, until they are taken as a batch."""

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

    def taken(self) -> arrow.RecordBatch:
        columns = [
            arrow.array(
                values, None if name in ("member", "payment") else _TEXT if name == "merchant_district" else _WON
            )
            for name, values in zip(self._names, zip(*self._rows, strict=True), strict=True)
        ]
        self._rows = []
        return arrow.record_batch(columns, names=self._names)


_TEXT, _WON = arrow.string(), arrow.int64()
