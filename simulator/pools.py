"""Compute the day on which each pool is used up, from the daily cost of its layers."""

from collections.abc import Sequence
from datetime import datetime, time

import duckdb

from eeum.calendar import SEOUL
from eeum.policy.windows import window_name
from simulator.report import Table, day_of
from simulator.versions import Policies

LASTS = "lasts"
"""The end of a pool that was not used up in its window."""
COLUMNS = ("policy", "pool", "window", "amount", "cost", "ends")


def pool_ends(connection: duckdb.DuckDBPyConnection, runs: Sequence[Policies]) -> list[Table]:
    """Return a table of each pool by window: the won that it paid, and the day on which it was used up; None without pools."""
    query = "SELECT day, layer, SUM(won) FROM costs WHERE run = ? GROUP BY day, layer ORDER BY day, layer"
    rows: list[tuple[object, ...]] = []
    for number, run in enumerate(runs):
        spent: dict[tuple[str, str], list[object]] = {}
        for day, layer, won in connection.execute(query, [number]).fetchall():
            at = datetime.combine(day_of(day), time.max, SEOUL)
            for version in [each for each in run.versions if each.starts_at <= at][-1:]:
                for pool in version.pools.values():
                    if any(pool.id in each.pools for each in version.layers if each.id == layer):
                        known = spent.setdefault((pool.id, window_name(pool.window, at)), [pool.amount, 0, ""])
                        known[0], known[1] = pool.amount, int(str(known[1])) + won
                        if not known[2] and int(str(known[1])) >= pool.amount:
                            known[2] = day_of(day).isoformat()
        rows += [(run.name, *key, amount, won, end or LASTS) for key, (amount, won, end) in sorted(spent.items())]
    return [Table("pool_ends", "Day on which each pool is used up", COLUMNS, tuple(rows))] if rows else []
