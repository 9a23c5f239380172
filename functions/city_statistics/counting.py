"""Count the fixed tables of a month, once for each revision; later releases read the counts in `counted/<hash>/` beside it."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from city_statistics.database import STATEMENTS, answer, files_as, statement, text
from city_statistics.journal import Journal, MonthRevision
from eeum.calendar import Month, milliseconds_of, next_month, start_of_month
from eeum.statistics.districts import Districts
from eeum.statistics.entries import CANCELLATIONS, CAPTURES, FUNDED, TOP_UPS, WALLETS
from eeum.statistics.periods import end_of_day, is_complete
from eeum.statistics.refusals import EntryUnreadable

Counts = dict[str, list[dict[str, Any]]]
"""The rows of each statement, by its name."""

OF_A_MONTH = (
    "payments_by_month",
    "payment_counts_by_month",
    "payments_by_month_district_category",
    "payments_by_month_purse",
    "payments_by_month_age",
    "payments_by_month_hour",
    "members_by_area",
)
OF_AN_UNFINISHED_MONTH = ("payments_by_month", "payment_counts_by_month")
"""The only tables that are published for a month before its end."""
OF_A_YEAR = ("payments_by_year_category", "payments_by_year_area")
OF_ALL_MONTHS = ("members_by_month", "issuance_by_month", "cashback_by_month_funder")


class Counting:
    """Counts over a journal, with the districts of the city, as of a day."""

    def __init__(
        self, journal: Journal, districts: Districts, as_of: str, connection: duckdb.DuckDBPyConnection
    ) -> None:
        self._journal, self._districts, self._as_of, self._connection = journal, districts, as_of, connection

    def month(self, of: MonthRevision) -> Counts:
        """The counts of a month; complete months are counted once and then read.

        Raises:
            EntryUnreadable: a cancellation has no payment in the journal, or takes more than was paid.
        """
        if not is_complete(of.month, self._as_of):
            self._open(of)
            return {name: answer(self._connection, name) for name in OF_AN_UNFINISHED_MONTH}
        place = self._place(of)
        if not place.exists():
            self._count(of, place)
        counts: Counts = json.loads((place / "counts.json").read_text())
        return counts

    def year(self, months: Sequence[MonthRevision]) -> Counts:
        """The counts of several complete months together; each month must have been counted before."""
        connection = self._connection
        files_as(connection, "shops_of_year", "*", [self._place(each) / "shops.parquet" for each in months])
        counted = [self.month(each) for each in months]
        by_category = [
            ("category", row["category"], row["members"])
            for counts in counted
            for row in counts["payments_by_month_district_category"]
            if row["district"] == "total"
        ]
        by_area = [("area", row["area"], row["members"]) for counts in counted for row in counts["members_by_area"]]
        totals = [("area", "total", row["members"]) for counts in counted for row in counts["payments_by_month"]]
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE members_of_months (dimension VARCHAR, code VARCHAR, members BIGINT)"
        )
        connection.executemany("INSERT INTO members_of_months VALUES (?, ?, ?)", [*by_category, *by_area, *totals])
        return {name: answer(connection, name) for name in OF_A_YEAR}

    def all_months(self, months: Sequence[MonthRevision], every: Sequence[MonthRevision]) -> Counts:
        """Members, issuance and rewards of `months`. `every` also has earlier months, in which wallets were opened and nothing was paid."""
        connection = self._connection
        self._until()
        for kind in (TOP_UPS, FUNDED):
            _by_month(connection, kind, [(each.month, self._journal.files(each, kind)) for each in months])
        files_as(connection, WALLETS, "*", [path for each in every for path in self._journal.files(each, WALLETS)])
        connection.execute("CREATE OR REPLACE TEMP TABLE months (month VARCHAR, until BIGINT)")
        ends = [(each.month, milliseconds_of(start_of_month(next_month(each.month)))) for each in months]
        connection.executemany("INSERT INTO months VALUES (?, ?)", ends)
        return {name: answer(connection, name) for name in OF_ALL_MONTHS}

    def _count(self, of: MonthRevision, place: Path) -> None:
        self._open(of)
        counts = {name: answer(self._connection, name) for name in OF_A_MONTH}
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=place.parent))
        try:
            self._connection.execute(f"COPY shops TO {text(str(unfinished / 'shops.parquet'))} (FORMAT parquet)")
            (unfinished / "counts.json").write_text(json.dumps(counts))
            unfinished.rename(place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _open(self, of: MonthRevision) -> None:
        """Make the month's payments and shops readable."""
        self._until()
        for kind in (CAPTURES, CANCELLATIONS):
            files_as(self._connection, kind, "*", self._journal.files(of, kind))
        _check(self._connection, of.month)
        self._assign(of.month)
        self._connection.execute(statement("payments"))
        self._connection.execute(statement("shops"))

    def _until(self) -> None:
        self._connection.execute(f"SET VARIABLE until = {end_of_day(self._as_of)}")
        self._connection.execute(f"SET VARIABLE last_month = {text(self._as_of[:7])}")

    def _assign(self, month: Month) -> None:
        """Write the district of the month and the area of every stored code."""
        stored = [row[0] for row in self._connection.execute("SELECT DISTINCT district FROM captures").fetchall()]
        codes = [(each, self._districts.code_in(month, each), self._districts.area_of(each)) for each in stored]
        self._connection.execute("CREATE OR REPLACE TEMP TABLE codes (stored VARCHAR, district VARCHAR, area VARCHAR)")
        if codes:
            self._connection.executemany("INSERT INTO codes VALUES (?, ?, ?)", codes)

    def _place(self, of: MonthRevision) -> Path:
        """The folder of a revision's counts; its name changes with the statements and the districts."""
        folder = self._journal.folder / f"month={of.month}" / str(of.revision) / "counted"
        return folder / hashlib.sha256(f"{query_hash(OF_A_MONTH)}{self._districts}".encode()).hexdigest()[:16]


def _by_month(connection: duckdb.DuckDBPyConnection, view: str, months: Iterable[tuple[Month, list[Path]]]) -> None:
    """Rows of several months as a view, with the month."""
    selects = (
        f"SELECT {text(month)} AS month, * FROM read_parquet([{', '.join(text(str(each)) for each in files)}], hive_partitioning = false)"
        for month, files in months
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {' UNION ALL '.join(selects)}")


def _check(connection: duckdb.DuckDBPyConnection, month: Month) -> None:
    wrong = connection.execute(
        "SELECT payment, any_value(captures.price) AS paid, sum(cancellations.price) AS cancelled FROM cancellations "
        "LEFT JOIN captures USING (wallet, payment, capture) GROUP BY wallet, payment, capture "
        "HAVING paid IS NULL OR cancelled > paid LIMIT 1"
    ).fetchall()
    for payment, paid, cancelled in wrong:
        raise EntryUnreadable(
            f"{month}: {cancelled:,} won of payment {payment} are cancelled, but only {paid or 0:,} won were paid."
        )


def query_hash(names: Iterable[str]) -> str:
    """The hash of statements, with those that they read from."""
    every: Mapping[str, str] = {name: statement(name) for name in sorted({*names, "payments", "shops"})}
    return "sha256:" + hashlib.sha256(json.dumps(every).encode()).hexdigest()


def statements() -> list[str]:
    """The names of all statements."""
    return sorted(path.stem for path in STATEMENTS.glob("*.sql"))
