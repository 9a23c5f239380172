"""Run a simulation that an operator requested over the API: a few figures for the approver, and tables as CSV.

Beside the layer it needs DuckDB only. Arrow and the plotting packages would not fit into a function.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eeum.policy.digest import digest_of
from eeum.policy.reading import policy_of
from eeum.simulations.rules import Question
from simulator.payments import open_payments
from simulator.pools import LASTS, pool_ends
from simulator.printing import write_csv
from simulator.replay import connect, replay
from simulator.report import Table, budgets_of, check_layers, tables_of
from simulator.scale import scale_of
from simulator.versions import always, fallbacks, layers_of, left_out

MOST_REASONS = 5
MOST_POOLS = 200
"""The most pools by window in a summary, which is stored with both documents in one item. The table has all of them."""


@dataclass(frozen=True, slots=True)
class Answered:
    summary: dict[str, object]
    files: tuple[Path, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(path.stem for path in self.files)


def answer(question: Question, scratch: Path, memory: str, threads: int = 2) -> Answered:
    """Replay the payments in `scratch/payments` under the requested policies, and write tables to `scratch/tables`.

    Raises:
        SimulationRefused: its subclass and `code` name the fault.
    """
    budgets = budgets_of(question.budgets)
    documents = [document for document in (question.document, question.against) if document is not None]
    runs = [always(policy_of(dict(document))) for document in documents]
    check_layers(budgets, layers_of(runs))
    connection = connect(threads, memory, scratch / "spill")
    span = open_payments(connection, scratch / "payments", frozenset[str]().union(*(run.flags for run in runs)))
    plans = replay(connection, runs, span)
    tables = tables_of(connection, [run.name for run in runs], budgets)
    tables += pool_ends(connection, runs)
    folder = scratch / "tables"
    folder.mkdir()
    files = tuple(write_csv(table, folder) for table in tables)
    missing = [line for run in runs for line in left_out(run)]
    return Answered(summary_of(question, tables, fallbacks(plans), missing, scale_of(scratch / "payments")), files)


def summary_of(
    question: Question, tables: Sequence[Table], reasons: Sequence[str], missing: Sequence[str], scale: int | None
) -> dict[str, Any]:
    """The figures that are stored with a policy document: a few hundred bytes for each policy and budget."""
    named = {table.name: table for table in tables}
    asked = question.payments
    pools = [_row(named["pool_ends"], row) for row in named["pool_ends"].rows] if "pool_ends" in named else []
    if len(pools) > MOST_POOLS:
        pools.sort(key=lambda pool: pool["ends"] == LASTS)
    return {
        "payments": {"source": asked.source, "from": asked.first, "until": asked.last},
        "policies": [_row(named["summary"], row) for row in named["summary"].rows],
        "budgets": [_row(named["budget_ends"], row) for row in named["budget_ends"].rows]
        if "budget_ends" in named
        else [],
        "scale": scale,
        "difference": _difference(question, named),
        "pools": pools[:MOST_POOLS],
        "pools_left_out": max(0, len(pools) - MOST_POOLS),
        "by_the_evaluator": list(reasons[:MOST_REASONS]),
        "not_in_the_cost": list(missing[:MOST_REASONS]),
    }


def _row(table: Table, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(table.columns, row, strict=True))


def _difference(question: Question, named: dict[str, Table]) -> dict[str, Any] | None:
    """The difference of the requested policy, `of`, from the policy `against`.

    The cost is in won, positive where `of` costs more; winners and losers are members who get more and less under `of`.
    `against_digest` is the digest of the other document.
    """
    if "deciles" not in named or question.against is None:
        return None
    own, other = (_row(named["summary"], row)["cost"] for row in named["summary"].rows)
    # The table's winners gain from its second policy, which here is `against`.
    rows = [_row(named["deciles"], row) for row in named["deciles"].rows]
    total = {name: sum(row[name] for row in rows) for name in ("winners", "losers", "unchanged", "gained", "lost")}
    return {
        "of": question.document["version"],
        "against": question.against["version"],
        "against_digest": digest_of(question.against),
        "cost": own - other,
        "winners": total["losers"],
        "losers": total["winners"],
        "unchanged": total["unchanged"],
        "gained": total["lost"],
        "lost": total["gained"],
    }
