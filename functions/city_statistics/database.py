"""DuckDB connections and statements of the statistics. DuckDB reads and writes Parquet itself."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

STATEMENTS = Path(__file__).parent / "sql"


def connect(scratch: Path, memory: str = "2GB", threads: int = 2) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that spills below `scratch`."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute(f"SET memory_limit = {text(memory)}")
    connection.execute(f"SET temp_directory = {text(str(scratch))}")
    return connection


def text(value: str) -> str:
    """The text as a SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


@cache
def statement(name: str) -> str:
    """The SQL of a file in `sql/`."""
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


def answer(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """The rows that a statement returns, by column."""
    result = connection.execute(statement(name))
    columns = [column[0] for column in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def files_as(connection: duckdb.DuckDBPyConnection, view: str, columns: str, files: Sequence[Path]) -> None:
    """Make Parquet files readable as a view."""
    listed = ", ".join(text(str(each)) for each in files)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)"
    )
