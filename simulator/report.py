"""Report a replay in tables: cost by month, layer, funder and district, ends of budgets, thresholds reached, winners and losers.

All amounts are whole won.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from simulator.errors import BadBudget
from simulator.sql.conditions import text

ALL_FUNDERS = "all"
"""The name for all funders except merchants."""
SHOPS = "merchant"
FUNDERS = ("national", "city", "district", SHOPS, ALL_FUNDERS)
"""The funders that a budget may name."""
_WON = re.compile(r"[0-9]{1,15}")
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Table:
    """A part of the report; `name` is that of its file."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def budgets_of(texts: Sequence[str]) -> dict[str, int]:
    """Read budgets, in won: `FUNDER=WON`, or `FUNDER/LAYER+LAYER=WON` for some layers. Underscores and commas in numbers are ignored.

    `all` is the sum of all funders except merchants.

    Raises:
        BadBudget: a text has another form, or two have the same funder and layers.
    """
    budgets: dict[str, int] = {}
    for given in texts:
        line, _, amount = given.partition("=")
        funder, layers = _line(line)
        digits = amount.replace("_", "").replace(",", "")
        if funder not in FUNDERS or "" in layers or not _WON.fullmatch(digits):
            raise BadBudget(
                f"{given!r} is not a budget: write a funder ({', '.join(FUNDERS)}), and whole won below 10^15, as in"
                " city=101_000_000_000 or city/base+market=5_000_000_000."
            )
        if line in budgets:
            raise BadBudget(
                f"The budget {line} is given twice: with {budgets[line]:,} won and with {int(digits):,} won."
            )
        budgets[line] = int(digits)
    return budgets


def check_layers(budgets: Mapping[str, int], layers: Collection[str]) -> None:
    """Check that the policies have the layers of the budgets. Raises `BadBudget`."""
    for line in budgets:
        unknown = sorted(set(_line(line)[1]) - set(layers))
        if unknown:
            raise BadBudget(f"No policy has a layer {unknown[0]}; there are {', '.join(sorted(layers))}.")


def _line(line: str) -> tuple[str, list[str]]:
    """A budget's funder and the layers that it pays; none means all."""
    funder, slash, layers = line.partition("/")
    return funder, layers.split("+") if slash else []


def tables_of(connection: duckdb.DuckDBPyConnection, names: Sequence[str], budgets: Mapping[str, int]) -> list[Table]:
    """Return the tables of the report on the runs with these names, in their order."""
    tables = [
        _summary(connection, names),
        _costs(connection, names, "month", "Cost by month, layer and funder"),
        _costs(connection, names, "district", "Cost by district of the shop, layer and funder"),
        cost_by_day(connection, names),
        _reached(connection, names),
    ]
    if budgets:
        tables.append(budget_ends(connection, names, budgets))
    if len(names) == 2:
        tables.append(_deciles(connection))
    return tables


def _named(names: Sequence[str]) -> str:
    cases = " ".join(f"WHEN {run} THEN {text(name)}" for run, name in enumerate(names))
    return f"CASE run {cases} END"


def _summary(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Table:
    columns = ("policy", "payments", "won_that_may_earn", "cost", "cost_in_basis_points")
    rows = connection.execute(
        f"SELECT {_named(names)}, SUM(payments), SUM(base), SUM(won), SUM(won) * 10000 / GREATEST(SUM(base), 1) "
        "FROM spending GROUP BY run ORDER BY run"
    ).fetchall()
    return Table("summary", "In all", columns, tuple(rows))


def _costs(connection: duckdb.DuckDBPyConnection, names: Sequence[str], by: str, title: str) -> Table:
    rows = connection.execute(
        f"SELECT {_named(names)}, COALESCE({by}, ''), layer, funder, SUM(won) FROM costs "
        f"GROUP BY run, {by}, layer, funder ORDER BY run, {by}, layer, funder"
    ).fetchall()
    return Table(f"cost_by_{by}", title, ("policy", by, "layer", "funder", "won"), tuple(rows))


def cost_by_day(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Table:
    rows = connection.execute(
        f"SELECT {_named(names)}, day, funder, SUM(won) FROM costs GROUP BY run, day, funder ORDER BY run, day, funder"
    ).fetchall()
    dated = tuple((name, day_of(day), funder, won) for name, day, funder, won in rows)
    return Table("cost_by_day", "Cost by day", ("policy", "day", "funder", "won"), dated)


def day_of(number: int) -> date:
    """The date in Seoul of a day number since 1970."""
    return EPOCH + timedelta(days=number)


def budget_ends(connection: duckdb.DuckDBPyConnection, names: Sequence[str], budgets: Mapping[str, int]) -> Table:
    """The day on which each budget runs out, counted from the first payment; empty where it lasts."""
    days = connection.execute(
        "SELECT run, day, layer, funder, SUM(won) FROM costs GROUP BY run, day, layer, funder ORDER BY run, day, layer, funder"
    ).fetchall()
    rows = []
    for run, name in enumerate(names):
        for line, budget in budgets.items():
            of, layers = _line(line)
            spent, end = 0, ""
            for of_run, day, layer, funder, won in days:
                pays = funder == of or (of == ALL_FUNDERS and funder != SHOPS)
                if of_run == run and pays and (not layers or layer in layers):
                    spent += won
                    end = end or (day_of(day).isoformat() if spent >= budget else "")
            rows.append((name, line, budget, spent, end or "lasts"))
    return Table(
        "budget_ends", "Day on which each budget ends", ("policy", "funder", "budget", "cost", "ends"), tuple(rows)
    )


def _reached(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Table:
    columns = ("policy", "month", "limit", "kind", "won", "members", "paying_members")
    rows = connection.execute(
        f"SELECT {_named(names)}, month, limit_id, kind, won, members, paying FROM reached "
        "ORDER BY run, month, limit_id, won, kind"
    ).fetchall()
    return Table("reached", "Members who reached each band and each limit", columns, tuple(rows))


def _deciles(connection: duckdb.DuckDBPyConnection) -> Table:
    """Members in tenths by their spend over all months; gains are those of the second policy over the first."""
    columns = (
        "decile",
        "members",
        "mean_paid",
        "mean_first",
        "mean_second",
        "winners",
        "losers",
        "unchanged",
        "gained",
        "lost",
    )
    rows = connection.execute(
        """
        WITH first AS (SELECT member, SUM(base) AS base, SUM(won) AS won FROM members_0 GROUP BY member),
        second AS (SELECT member, SUM(base) AS base, SUM(won) AS won FROM members_1 GROUP BY member),
        both_of AS (
            SELECT first.member, GREATEST(first.base, second.base) AS base, first.won AS before, second.won AS after
            FROM first JOIN second ON first.member = second.member),
        ranked AS (SELECT both_of.*, NTILE(10) OVER (ORDER BY base, member) AS decile FROM both_of)
        SELECT decile, COUNT(*), CAST(SUM(base) AS BIGINT) / COUNT(*), CAST(SUM(before) AS BIGINT) / COUNT(*),
            CAST(SUM(after) AS BIGINT) / COUNT(*), COUNT(CASE WHEN after > before THEN 1 END),
            COUNT(CASE WHEN after < before THEN 1 END), COUNT(CASE WHEN after = before THEN 1 END),
            SUM(GREATEST(after - before, 0)), SUM(GREATEST(before - after, 0))
        FROM ranked GROUP BY decile ORDER BY decile
        """
    ).fetchall()
    return Table(
        "deciles",
        "Winners and losers from the first policy to the second, by deciles of what members paid",
        columns,
        tuple(rows),
    )
