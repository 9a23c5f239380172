"""The journal's rows as Parquet by month in Seoul, with revisions.

`month=2020-12/3/` has the third revision of a month: the rows that it adds, and `manifest.json`, which names all parts that count in it.
An increment adds a part to the months that it touches; a full export begins again with one part. Nothing is overwritten.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from city_statistics.database import text
from eeum.aws.attribute_values import plain_value
from eeum.calendar import Month
from eeum.statistics.entries import COLUMNS, READ, Row, is_counted, rows_of
from eeum.statistics.refusals import EntryUnreadable, IncrementNotNext
from eeum.storage import Item

MANIFEST, STATE = "manifest.json", "state.json"


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: an export by its name, and the time in UTC that it covers, as text. `since` is None for a whole table."""

    name: str
    since: str | None
    until: str


@dataclass(frozen=True, slots=True)
class MonthRevision:
    """One revision of a month.

    Attributes:
        parts: the revisions whose rows count, oldest first.
        rows: how many rows of each kind it has.
        hash: over the hashes of all its files.
    """

    month: Month
    revision: int
    parts: tuple[int, ...]
    rows: Mapping[str, int]
    hash: str
    files: Mapping[str, str]
    source: str


class Journal:
    """The rows below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def state(self) -> dict[str, Any]:
        path = self.folder / STATE
        return json.loads(path.read_text()) if path.exists() else {"until": None, "exports": []}

    def months(self) -> dict[Month, MonthRevision]:
        """The newest revision of each month, oldest month first."""
        found = {}
        for folder in sorted(self.folder.glob("month=*")):
            revisions = sorted(int(each.parent.name) for each in folder.glob(f"*/{MANIFEST}"))
            if revisions:
                month = folder.name.removeprefix("month=")
                found[month] = self.revision(month, revisions[-1])
        return found

    def revision(self, month: Month, number: int) -> MonthRevision:
        stored = json.loads((self._place(month, number) / MANIFEST).read_text())
        return MonthRevision(**{**stored, "parts": tuple(stored["parts"])})

    def files(self, of: MonthRevision, kind: str) -> list[Path]:
        return [self._place(of.month, part) / f"{kind}.parquet" for part in of.parts]

    def add(
        self, items: Iterable[Mapping[str, Any]], source: Source, connection: duckdb.DuckDBPyConnection, scratch: Path
    ) -> list[Month]:
        """Add the rows of exported items; return the months that have a new revision. An export that was added before changes nothing.

        Raises:
            IncrementNotNext: an increment begins before or after the end of what the journal has.
            EntryUnreadable: an item does not have the shape that its kind promises.
        """
        state = self.state
        if source.name in state["exports"]:
            return []
        if source.since is not None and source.since != state["until"]:
            raise IncrementNotNext(
                f"The increment {source.name} begins at {source.since}, and the journal ends at {state['until']}."
            )
        staged = stage(items, scratch)
        months = _write_parts(connection, staged, scratch / "parts")
        for month in months:
            self._revise(month, scratch / "parts" / month, source)
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"until": source.until, "exports": [*state["exports"], source.name]}
        (self.folder / STATE).write_text(json.dumps(state, indent=1) + "\n")
        return months

    def _revise(self, month: Month, part: Path, source: Source) -> None:
        before = self.months().get(month)
        number = before.revision + 1 if before else 1
        kept = before.parts if before and source.since is not None else ()
        place = self._place(month, number)
        place.mkdir(parents=True, exist_ok=True)
        for kind in COLUMNS:
            (part / f"{kind}.parquet").replace(place / f"{kind}.parquet")
        own = {f"{number}/{kind}.parquet": _hash(place / f"{kind}.parquet") for kind in COLUMNS}
        files = {**(before.files if before and kept else {}), **own}
        added = json.loads((part / "rows.json").read_text())
        rows = {kind: added[kind] + (before.rows[kind] if before and kept else 0) for kind in COLUMNS}
        digest = "sha256:" + hashlib.sha256("".join(files.values()).encode()).hexdigest()
        made = MonthRevision(month, number, (*kept, number), rows, digest, files, source.name)
        # The manifest comes last: without it, the revision does not exist.
        (place / MANIFEST).write_text(json.dumps(asdict(made), indent=1) + "\n")

    def _place(self, month: Month, number: int) -> Path:
        return self.folder / f"month={month}" / str(number)


def stage(items: Iterable[Mapping[str, Any]], scratch: Path) -> dict[str, Path]:
    """Write the rows of exported items as CSV, one file for each kind, the month first."""
    scratch.mkdir(parents=True, exist_ok=True)
    paths = {kind: scratch / f"{kind}.csv" for kind in COLUMNS}
    with ExitStack() as stack:
        files = {kind: stack.enter_context(path.open("w", newline="")) for kind, path in paths.items()}
        writers = {kind: csv.writer(file) for kind, file in files.items()}
        for row in _rows(items):
            writers[row.kind].writerow((row.month, *row.values))
    return paths


def _rows(items: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for item in items:
        if (plain := _plain(item)) is not None:
            yield from rows_of(plain)


def _plain(attributes: Mapping[str, Any]) -> Item | None:
    """The attributes that rows are read from; None for an item without rows. Converting all takes three times as long."""
    try:
        if not is_counted(attributes["pk"]["S"], attributes.get("kind", {}).get("S")):
            return None
        return {name: plain_value(value) for name, value in attributes.items() if name in READ}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EntryUnreadable(f"An item has no key, or values that are never stored: {error!r}.") from error


def _write_parts(connection: duckdb.DuckDBPyConnection, staged: Mapping[str, Path], folder: Path) -> list[Month]:
    """Write a folder for each month that has rows, with a Parquet file of every kind and `rows.json`."""
    counts: dict[Month, dict[str, int]] = {}
    try:
        for kind, path in staged.items():
            types = {"month": "VARCHAR", **COLUMNS[kind]}
            columns = ", ".join(f"{text(name)}: {text(sort)}" for name, sort in types.items())
            connection.execute(
                f"CREATE OR REPLACE TEMP VIEW staged AS FROM read_csv({text(str(path))}, auto_detect = false, header = false, "
                f"delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}})"
            )
            sorted_ = path.with_suffix(".parquet")
            connection.execute(f"COPY (FROM staged ORDER BY ALL) TO {text(str(sorted_))} (FORMAT parquet)")
            connection.execute(f"CREATE OR REPLACE TEMP VIEW sorted_{kind} AS FROM read_parquet({text(str(sorted_))})")
            for month, count in connection.execute(
                f"SELECT month, count(*) FROM sorted_{kind} GROUP BY month"
            ).fetchall():
                counts.setdefault(month, dict.fromkeys(COLUMNS, 0))[kind] = count
    except duckdb.Error as error:
        raise EntryUnreadable(f"A row of the export cannot be read: {str(error).splitlines()[0]}") from error
    for month in sorted(counts):
        place = folder / month
        place.mkdir(parents=True)
        for kind, named in COLUMNS.items():
            connection.execute(
                f"COPY (SELECT {', '.join(named)} FROM sorted_{kind} WHERE month = {text(month)} ORDER BY ALL) "
                f"TO {text(str(place / f'{kind}.parquet'))} (FORMAT parquet)"
            )
        (place / "rows.json").write_text(json.dumps(counts[month]))
    return sorted(counts)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of(parts: Sequence[str]) -> str:
    """One hash over several."""
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()
