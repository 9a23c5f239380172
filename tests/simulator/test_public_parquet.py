"""Parquet of the public page has the rows of the CSV, with exact values."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from public_page.open_data import table_csv
from public_page.parquet import parquet_files
from public_page.release import release_of
from tests.public_page import made_up


def rows_of(path: Path) -> list[dict[str, object]]:
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("name", ["payments_by_month", "payments_by_month_district_category", "cities"])
def test_parquet_equals_csv(tmp_path: Path, name: str) -> None:
    release = release_of(made_up.release())
    table = release.table(name)
    assert table is not None
    body = table_csv(table, release)
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet_files({name: body})[name])
    written = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    stored = rows_of(path)
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in stored] == written
    assert all(row["value"] is None or isinstance(row["value"], int) for row in stored)


def test_a_value_with_places_keeps_all_of_them(tmp_path: Path) -> None:
    body = b"region,value,revision\r\na,0.123456789012,1\r\nb,,1\r\nc,9007199254740993.5,2\r\n"
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet_files({"shares": body})["shares"])
    assert [row["value"] for row in rows_of(path)] == [Decimal("0.123456789012"), None, Decimal("9007199254740993.5")]
