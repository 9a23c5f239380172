"""Write the payments of an export as Parquet files by month, in constant memory.

A capture and its cancellations are separate entries, anywhere in the export's files. So every data file is read once into a staged
Parquet file, and DuckDB joins the staged files, spilling to disk what exceeds its memory.
"""

import multiprocessing
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

import duckdb
import pyarrow as arrow
from pyarrow import parquet

from eeum.calendar import milliseconds_of, next_month, start_of_month
from local.command import starting_processes
from simulator.errors import ExportIncomplete, FolderTaken, NoPayments
from simulator.export.entries import CANCELLED, CAPTURED, Row, rows_of, survivors
from simulator.export.manifests import DataFile, Export, check_sum, lines_of
from simulator.payments import flag_column
from simulator.replay import connect
from simulator.sql.conditions import text
from simulator.versions import months_between

ROWS_AT_ONCE = 20_000
PROCESSES = 2
JOINED = "captured.member = cancelled.member AND captured.of = cancelled.of AND captured.capture = cancelled.capture"
STAGED_ONLY = ("of", "capture", "price", "paid_from", "flags")
"""Columns that only staged files have, not payments to replay."""

Progress = Callable[[str], None]


def write_payments(
    export: Export, folder: Path, progress: Progress, processes: int = PROCESSES, memory: str = "2GB"
) -> int:
    """Write the export's payments, less their cancellations, below `folder`, one file a month; return their number.

    Files get their names only after the whole export was read and is consistent.

    Raises:
        FolderTaken: the folder already holds something.
        NoPayments: no payment is left.
        SimulationRefused: its subclass and `code` name the export's fault.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderTaken(f"{folder} is not empty; name a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as scratch:
        staged, written = Path(scratch) / "staged", Path(scratch) / "written"
        staged.mkdir()
        written.mkdir()
        _stage(export, staged, progress, processes)
        connection = connect(memory=memory, spill=Path(scratch))
        count = _put_together(connection, staged, written)
        if folder.exists():
            folder.rmdir()
        written.rename(folder)
    return count


def _stage(export: Export, staged: Path, progress: Progress, processes: int) -> None:
    began, read = perf_counter(), 0
    tasks = [(file, staged / f"{number:06}") for number, file in enumerate(export.files)]
    for number, items in enumerate(_staged_files(tasks, processes), 1):
        read += items
        rate = read / (perf_counter() - began)
        progress(f"{number} of {len(tasks)} files, {read:,} of {export.items:,} items; {rate:,.0f} a second")


def _staged_files(tasks: list[tuple[DataFile, Path]], processes: int) -> Iterator[int]:
    if processes == 1 or len(tasks) == 1:
        yield from (stage(file, place) for file, place in tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        with starting_processes():
            staged = pool.map(stage, *zip(*tasks, strict=True))
        yield from staged


def stage(file: DataFile, place: Path) -> int:
    """Read one data file into `<place>.captured` and `<place>.cancelled`; return its number of items."""
    check_sum(file)
    captured, cancelled = _Staging(place, "captured", CAPTURED), _Staging(place, "cancelled", CANCELLED)
    for line in lines_of(file):
        rows = rows_of(line)
        captured.add(rows.captured)
        cancelled.add(rows.cancelled)
    captured.close()
    cancelled.close()
    return file.items


class _Staging:
    """A Parquet file to which rows are written in batches of some thousands."""

    def __init__(self, place: Path, kind: str, schema: arrow.Schema) -> None:
        self._schema = schema
        self._writer = parquet.ParquetWriter(place.with_suffix(f".{kind}"), schema, compression="snappy")
        self._rows: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        self._rows += rows
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(arrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


def _put_together(connection: duckdb.DuckDBPyConnection, staged: Path, written: Path) -> int:
    """Write captures less their cancellations, by month of acceptance."""
    for kind in ("captured", "cancelled"):
        connection.read_parquet(str(staged / f"*.{kind}")).create_view(f"every_{kind}")
    connection.execute("CREATE VIEW captured AS FROM every_captured")
    connection.execute(
        "CREATE TABLE cancelled AS SELECT member, of, capture, CAST(SUM(won) AS BIGINT) AS won FROM every_cancelled "
        "GROUP BY member, of, capture"
    )
    _check_that_all_is_there(connection)
    _write_lessened(connection, staged / "lessened")
    connection.read_parquet(str(staged / "lessened")).create_view("lessened")
    connection.execute(
        f"CREATE VIEW surviving AS SELECT captured.* FROM captured ANTI JOIN cancelled ON {JOINED} "
        "UNION ALL BY NAME FROM lessened"
    )
    return _write_months(connection, written)


def _check_that_all_is_there(connection: duckdb.DuckDBPyConnection) -> None:
    lost = connection.execute(f"SELECT member, of FROM cancelled ANTI JOIN captured ON {JOINED} LIMIT 1").fetchall()
    for member, payment in lost:
        raise ExportIncomplete(
            f"Wallet {member} has a cancellation of payment {payment}, which has no capture in the export."
        )


def _write_lessened(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = connection.cursor().sql(
        f"SELECT captured.*, cancelled.won AS cancelled FROM captured JOIN cancelled ON {JOINED}"
    )
    with parquet.ParquetWriter(path, CAPTURED) as writer:
        writer.write_table(arrow.Table.from_pylist([], schema=CAPTURED))
        for batch in rows.to_arrow_reader(ROWS_AT_ONCE):
            left = survivors(iter(batch.to_pylist()))
            writer.write_table(arrow.Table.from_pylist(list(left), schema=CAPTURED))


def _write_months(connection: duckdb.DuckDBPyConnection, written: Path) -> int:
    ((count, first, last),) = connection.execute(
        "SELECT COUNT(*), MIN(accepted_at), MAX(accepted_at) FROM surviving"
    ).fetchall()
    if not count:
        raise NoPayments("The export holds no payment that was not cancelled in full.")
    flags = connection.execute("SELECT DISTINCT UNNEST(flags) AS flag FROM surviving ORDER BY flag").fetchall()
    columns = [name for name in CAPTURED.names if name not in STAGED_ONLY]
    columns += [f"LIST_CONTAINS(flags, {text(flag)}) AS {flag_column(flag)}" for (flag,) in flags]
    for month in months_between(first, last):
        start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
        where = f"accepted_at >= {start} AND accepted_at < {end}"
        if connection.execute(f"SELECT 1 FROM surviving WHERE {where} LIMIT 1").fetchall():
            path = written / f"month={month}" / "payments.parquet"
            path.parent.mkdir()
            connection.execute(
                f"COPY (SELECT {', '.join(columns)} FROM surviving WHERE {where} ORDER BY accepted_at, payment) "
                f"TO {text(str(path))} (FORMAT parquet, COMPRESSION snappy)"
            )
    return int(count)
