"""Plot a report as PNG and SVG. Axes show billions of won (십억 원), or won for one member's amounts."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report import ALL_FUNDERS, SHOPS, Table

mpl.use("agg")
# The same report gives the same files: SVG would otherwise carry the date and ids at random.
mpl.rcParams["svg.hashsalt"] = "eeum"

BILLION = 1_000_000_000
FORMATS = ("png", "svg")
COLOURS = ("#2f6f8f", "#d98032", "#6a9f58", "#8c6bb1")


def write_plots(tables: Sequence[Table], budgets: Mapping[str, int], folder: Path) -> list[Path]:
    """Draw the plots that the tables have data for; return their files."""
    named = {table.name: table for table in tables}
    written = [
        *saved(_by_month(named["cost_by_month"]), folder / "cost_by_month"),
        *saved(_by_district(named["cost_by_district"]), folder / "cost_by_district"),
        *saved(_added_up(named["cost_by_day"], budgets), folder / "cost_added_up"),
        *saved(_reached(named["reached"]), folder / "reached"),
    ]
    if "deciles" in named:
        written += saved(_deciles(named["deciles"]), folder / "deciles")
    return written


def saved(figure: Figure, path: Path) -> list[Path]:
    """Save the figure in every format, and close it."""
    files = [path.with_suffix(f".{kind}") for kind in FORMATS]
    for file in files:
        figure.savefig(file, dpi=120, bbox_inches="tight", metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)
    return files


def new_figure(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure, axes = pyplot.subplots(figsize=(9, 4.5))
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4)
    return figure, axes


def _policies(table: Table) -> list[str]:
    return list(dict.fromkeys(row[0] for row in table.rows))


def _grouped(table: Table, key: int, won: int, title: str, across: str) -> Figure:
    """Draw bars by the column `key`, one beside the other for each policy."""
    figure, axes = new_figure(title, across, "billion won")
    keys = sorted({row[key] for row in table.rows})
    policies = _policies(table)
    width = 0.8 / max(len(policies), 1)
    for place, policy in enumerate(policies):
        sums = [sum(row[won] for row in table.rows if row[0] == policy and row[key] == each) / BILLION for each in keys]
        at = [number + place * width for number in range(len(keys))]
        axes.bar(at, sums, width, label=policy, color=COLOURS[place % len(COLOURS)])
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(keys))], keys, rotation=45, ha="right")
    axes.legend(frameon=False)
    return figure


def _by_month(table: Table) -> Figure:
    return _grouped(table, 1, 4, "Cost by month", "")


def _by_district(table: Table) -> Figure:
    return _grouped(table, 1, 4, "Cost by district of the shop", "")


def _added_up(table: Table, budgets: Mapping[str, int]) -> Figure:
    """Draw the cumulative cost of each policy by day, without the merchants' own part, and the budgets of all funders as lines."""
    figure, axes = new_figure("Cost added up over the days", "", "billion won")
    for place, policy in enumerate(_policies(table)):
        by_day: dict[object, int] = {}
        for name, day, funder, won in table.rows:
            if name == policy and funder != SHOPS:
                by_day[day] = by_day.get(day, 0) + won
        sums = [won / BILLION for won in accumulate(by_day.values())]
        axes.plot(list(by_day), sums, label=policy, color=COLOURS[place % len(COLOURS)])
    if ALL_FUNDERS in budgets:
        axes.axhline(budgets[ALL_FUNDERS] / BILLION, color="#444444", linestyle="--", label="budget")
    axes.legend(frameon=False)
    figure.autofmt_xdate()
    return figure


def _reached(table: Table) -> Figure:
    """Draw the share of paying members who reach each threshold, by month."""
    figure, axes = new_figure("Members who reach bands and limits", "", "% of those who paid in the month")
    lines: dict[tuple[str, str], tuple[list[str], list[float]]] = {}
    for policy, month, limit, kind, won, members, paying in table.rows:
        if won:
            months, shares = lines.setdefault(
                (policy, f"{limit} {'above' if kind == 'band' else 'to'} {won:,}"), ([], [])
            )
            months.append(month)
            shares.append(100 * members / max(paying, 1))
    for (policy, label), (months, shares) in lines.items():
        axes.plot(months, shares, marker="o", markersize=3, label=f"{policy}: {label}")
    axes.tick_params(axis="x", rotation=45)
    if lines:
        axes.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _deciles(table: Table) -> Figure:
    figure, axes = new_figure("What a member gets, by decile of what members paid", "decile", "won a member")
    deciles = [row[0] for row in table.rows]
    for place, (column, label) in enumerate(((3, "first policy"), (4, "second policy"))):
        at = [decile + (place - 0.5) * 0.4 for decile in deciles]
        axes.bar(at, [row[column] for row in table.rows], 0.4, label=label, color=COLOURS[place])
    axes.set_xticks(deciles)
    axes.legend(frameon=False)
    return figure
