"""Exports as `make statistics` reads them: a whole table and its increments, in DynamoDB's format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from city_statistics.exports import items_of, open_exports
from eeum.statistics.refusals import EntryUnreadable
from simulator.errors import ExportDamaged, ExportIncomplete, ExportUnusable
from simulator.export.manifests import open_export
from tests.statistics.exports import write_exports


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_exports(tmp_path)


def test_a_table_comes_before_its_increments(folder: Path) -> None:
    assert [export.name for export in open_exports(folder / "export")] == ["0-full", "1-day", "2-day"]


@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_an_entry_that_was_changed_or_deleted(folder: Path, change: str) -> None:
    data = folder / "export" / "AWSDynamoDB" / "data" / "1-day.json.gz"
    lines = [json.loads(line) for line in gzip.decompress(data.read_bytes()).splitlines()]
    entry = next(line for line in lines if line["NewImage"]["kind"]["S"] == "payment")
    entry["OldImage"] = {**entry["NewImage"], "amount": {"N": "1"}}
    if change == "deleted":
        del entry["NewImage"]
    data.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    with pytest.raises(EntryUnreadable, match="changed or deleted"):
        list(items_of(open_exports(folder / "export")[1]))


@pytest.mark.parametrize("line", [b"[]", b"{", b'{"Other": 1}', b"\xff"])
def test_a_line_that_is_no_item(folder: Path, line: bytes) -> None:
    (folder / "export" / "AWSDynamoDB" / "0-full" / "data" / "0-full.json.gz").write_bytes(gzip.compress(line))
    with pytest.raises((EntryUnreadable, ExportDamaged, ExportIncomplete)):
        list(items_of(open_exports(folder / "export")[0]))


def test_the_simulator_still_refuses_increments(folder: Path) -> None:
    with pytest.raises(ExportUnusable, match="changes only"):
        open_export(folder / "export" / "AWSDynamoDB" / "1-day")


def test_a_folder_without_exports(tmp_path: Path) -> None:
    with pytest.raises(ExportUnusable, match="holds 0 files"):
        open_exports(tmp_path)
