"""A table's CSV as Parquet, by DuckDB: values are numbers there, and empty where the CSV is empty."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

PLACES = "DECIMAL(38, 12)"
"""The type of values with places; the release has twelve of them."""
WHOLE = "BIGINT"
"""DuckDB would write larger integers as floating point."""
_COPY = """
    COPY (SELECT * REPLACE (CAST(value AS {value}) AS value, CAST(revision AS INTEGER) AS revision)
          FROM read_csv(?, header = true, all_varchar = true, delim = ',', quote = '"'))
    TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


def parquet_files(csvs: Mapping[str, bytes]) -> dict[str, bytes]:
    """The Parquet file of each table, by the table's id."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="public-page-") as folder, duckdb.connect() as database:
        return {name: _parquet(database, Path(folder) / name, body) for name, body in csvs.items()}


def _parquet(database: duckdb.DuckDBPyConnection, path: Path, body: bytes) -> bytes:
    source, target = path.with_suffix(".csv"), path.with_suffix(".parquet")
    source.write_bytes(body)
    (places,) = database.execute(
        "SELECT coalesce(bool_or(contains(value, '.')), false) FROM read_csv(?, header = true, all_varchar = true)",
        [str(source)],
    ).fetchone() or (False,)
    database.execute(_COPY.format(value=PLACES if places else WHOLE, target=target), [str(source)])
    return target.read_bytes()
