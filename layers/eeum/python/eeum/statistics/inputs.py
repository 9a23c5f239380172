"""Input tables: what the city's ledger cannot know, each row with its source and the date of that source. CSV, in UTF-8."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from eeum.statistics.refusals import InputUnusable, InputWithoutSource
from eeum.statistics.release import InputSource

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "population": ("month", "population"),
    "cities": ("city", "name_ko", "name_en", "from", "to", "won_per_head"),
    "districts": ("district", "name_ko", "name_en", "first_month", "last_month"),
    "district_crosswalk": ("before", "after"),
    "categories": ("category", "name_ko", "name_en", "group", "is_excluded"),
    "category_groups": ("group", "name_ko", "name_en", "decimals"),
    "targets": ("target", "year", "value"),
    "appropriations": ("year", "funder", "supplement", "won"),
    "benefit_plus": ("day", "shops"),
}
"""The columns of each table, besides `source` and `date`."""

FROM_THE_CITY = frozenset({"appropriations", "benefit_plus"})
"""Tables that the city's own stores replace, where they can be read."""

WHOLE_NUMBERS = frozenset({"population", "won_per_head", "value", "won", "decimals", "supplement", "shops", "year"})
MONTHS = frozenset({"month", "first_month", "last_month"})
MAY_BE_EMPTY = frozenset({"last_month", "group"})

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Input:
    """One input table: its rows, and the digest of the file."""

    id: str
    rows: tuple[Row, ...]
    hash: str

    @property
    def source(self) -> InputSource:
        """All sources of the table in one line, and the date of the newest."""
        sources = "; ".join(dict.fromkeys(row["source"] for row in self.rows))
        return InputSource(self.id, sources, max((row["date"] for row in self.rows), default=""), self.hash)


def read_input(name: str, content: str) -> Input:
    """Read a table from the text of its CSV file.

    Raises:
        InputWithoutSource: the columns `source` and `date` are missing, or empty in a row.
        InputUnusable: another column is missing, or a value cannot be read.
    """
    reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    columns = reader.fieldnames or ()
    for column in ("source", "date"):
        if column not in columns:
            raise InputWithoutSource(f"{name}: there is no column {column}; each row names its source and its date.")
    for column in COLUMNS[name]:
        if column not in columns:
            raise InputUnusable(f"{name}: there is no column {column}.")
    rows = tuple(reader)
    for number, row in enumerate(rows, 2):
        _check(f"{name}, line {number}", name, row)
    return Input(name, rows, "sha256:" + hashlib.sha256(content.encode()).hexdigest())


def _check(where: str, name: str, row: Row) -> None:
    for column in ("source", "date"):
        if not (row[column] or "").strip():
            raise InputWithoutSource(f"{where}: {column} is empty.")
    try:
        date.fromisoformat(row["date"])
    except ValueError:
        raise InputUnusable(f"{where}: date is {row['date']!r}, and must be a day such as 2020-12-28.") from None
    for column in COLUMNS[name]:
        value = row[column]
        if value is None or (value == "" and column not in MAY_BE_EMPTY):
            raise InputUnusable(f"{where}: {column} is empty.")
        if column in WHOLE_NUMBERS and not re.fullmatch(r"[0-9]{1,16}", value, re.ASCII):
            raise InputUnusable(f"{where}: {column} is {value!r}, and must be a whole number.")
        if column in MONTHS and value and not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", value, re.ASCII):
            raise InputUnusable(f"{where}: {column} is {value!r}, and must be a month such as 2020-12.")
