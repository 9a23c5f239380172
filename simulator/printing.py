"""Print tables on a terminal and write them to CSV files."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.report import Table

MOST_ROWS = 60
"""The most rows that a terminal shows of a table; its file holds all."""


def lines_of(table: Table) -> Iterator[str]:
    """Yield the table's lines, in columns of fixed width with numbers to the right."""
    yield table.title
    shown = table.rows[:MOST_ROWS]
    cells = [table.columns, *(tuple(_cell(value) for value in row) for row in shown)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(table.columns))]
    to_the_right = [bool(shown) and isinstance(value, int) for value in (shown[0] if shown else table.columns)]
    for row in cells:
        yield "  " + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, to_the_right, strict=True)
        )
    if len(table.rows) > len(shown):
        yield f"  … {len(table.rows) - len(shown):,} more rows in {table.name}.csv"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def write_csv(table: Table, folder: Path) -> Path:
    path = folder / f"{table.name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows(table.rows)
    return path
