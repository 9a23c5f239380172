"""Summarise a report in a few sentences: the cost, who gets more or less, and when the money runs out."""

from collections.abc import Iterator, Sequence
from typing import Any

from simulator.report import Table
from simulator.scale import sentence_of


def sentences(tables: Sequence[Table], scale: int | None = None) -> Iterator[str]:
    """Summarise a report on one policy or two; `scale` is the share of the city's members in the payments, in basis points."""
    if (part := sentence_of(scale)) is not None:
        yield part
    rows = {table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows] for table in tables}
    costs = rows["summary"]
    for each in costs:
        yield (
            f"{each['policy']} costs {each['cost']:,} won on {each['payments']:,} payments: {_percent(each)} of what may earn."
        )
    if len(costs) == 2:
        yield _difference(costs[1]["policy"], costs[1]["cost"] - costs[0]["cost"], rows["deciles"])
    for each in rows.get("budget_ends", []):
        end = "lasts" if each["ends"] == "lasts" else f"is spent on {each['ends']}"
        yield f"The budget {each['funder']} of {each['budget']:,} won {end} under {each['policy']}."
    for each in rows.get("pool_ends", []):
        end = "lasts" if each["ends"] == "lasts" else f"is used up on {each['ends']}"
        yield f"The pool {each['pool']} of {each['amount']:,} won in {each['window']} {end} under {each['policy']}."


def _percent(cost: dict[str, Any]) -> str:
    whole, hundredths = divmod(cost["cost_in_basis_points"], 100)
    return f"{whole}.{hundredths:02} %"


def _difference(name: str, won: int, deciles: list[dict[str, Any]]) -> str:
    winners, losers, unchanged = (sum(each[of] for each in deciles) for of in ("winners", "losers", "unchanged"))
    more = "as much" if won == 0 else f"{abs(won):,} won {'more' if won > 0 else 'less'}"
    return f"{name} costs {more}; {winners:,} members get more, {losers:,} less, and for {unchanged:,} nothing changes."
