"""Exports as `make statistics` reads them: a whole table and its increments, in DynamoDB's format."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from city_statistics.exports import items_of, open_exports
from eeum.aws.attribute_values import attribute_value
from eeum.statistics.refusals import EntryUnreadable
from eeum.storage import Table
from operations import statistics
from simulator.errors import ExportDamaged, ExportIncomplete, ExportUnusable
from simulator.export.manifests import open_export
from tests.statistics.cities import inputs_for_tests
from tests.use_cases.world import World

MIDNIGHT = datetime.fromisoformat("2021-01-01T00:00:00+09:00")
FIRST, SECOND, THIRD = "2021-01-01T00:00:00.000Z", "2021-01-02T00:00:00.000Z", "2021-01-03T00:00:00.000Z"
Item = dict[str, Any]


def stored(item: Item) -> dict[str, Any]:
    return {name: attribute_value(value) for name, value in item.items()}


def write_export(folder: Path, name: str, lines: list[dict[str, Any]], *, since: str | None, until: str) -> None:
    """Write an export; increments share a folder of data, as DynamoDB's do."""
    root = folder / "AWSDynamoDB" / name
    data = root / "data" if since is None else root.parent / "data"
    data.mkdir(parents=True, exist_ok=True)
    root.mkdir(exist_ok=True)
    (data / f"{name}.json.gz").write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    entry = {"itemCount": len(lines), "dataFileS3Key": f"AWSDynamoDB/data/{name}.json.gz"}
    (root / "manifest-files.json").write_text(json.dumps(entry) + "\n")
    summary = {"outputFormat": "DYNAMODB_JSON", "itemCount": len(lines)}
    if since is None:
        summary |= {"exportType": "FULL_EXPORT", "exportTime": until}
    else:
        times = {"exportFromTime": since, "exportToTime": until}
        summary |= {"exportType": "INCREMENTAL_EXPORT", "outputView": "NEW_AND_OLD_IMAGES", **times}
    (root / "manifest-summary.json").write_text(json.dumps(summary))


def items_by_key(world: World) -> dict[tuple[str, str], Item]:
    return {(item["pk"], item["sk"]): item for item in world.memory.items(Table.LEDGER)}


def changes(before: dict[tuple[str, str], Item], after: dict[tuple[str, str], Item]) -> list[dict[str, Any]]:
    """The lines of an increment."""
    return [
        {
            "Keys": {"pk": {"S": key[0]}, "sk": {"S": key[1]}},
            "NewImage": stored(item),
            **({"OldImage": stored(before[key])} if key in before else {}),
        }
        for key, item in after.items()
        if before.get(key) != item
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole table on 1 January, a payment on the 2nd, and its cancellation on the 3rd as increments."""
    world = World(now=MIDNIGHT)
    payer, shop = world.member(charged=900_000), world.shop()
    paid = world.pay(payer, shop, 5_000).entry
    world.accrue(paid)
    first = items_by_key(world)
    write_export(
        tmp_path / "export", "0-full", [{"Item": stored(item)} for item in first.values()], since=None, until=FIRST
    )
    world.now += timedelta(days=1)
    world.pay(payer, shop, 7_000)
    second = items_by_key(world)
    write_export(tmp_path / "export", "1-day", changes(first, second), since=FIRST, until=SECOND)
    world.now += timedelta(days=1)
    world.accrue(world.cancel(paid, 2_000).entry)
    write_export(tmp_path / "export", "2-day", changes(second, items_by_key(world)), since=SECOND, until=THIRD)
    return tmp_path


def run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *more: str
) -> tuple[int, str]:
    inputs = folder / "inputs"
    if not inputs.exists():
        inputs_for_tests(inputs)
    arguments = [str(folder / "output"), "--export", str(folder / "export"), "--inputs", str(inputs), *more]
    monkeypatch.setattr("sys.argv", ["statistics", *arguments])
    status = statistics.main()
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_a_table_and_its_increments(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [export.name for export in open_exports(folder / "export")] == ["0-full", "1-day", "2-day"]
    status, said = run(folder, capsys, monkeypatch, "--as-of", "2021-01-31", "--synthetic")
    assert status == 0, said
    assert "Payments from 1 January 2021 to 31 January 2021 total KRW 10,000." in said
    document = json.loads((folder / "output" / "computed" / "2021-01-31.1.json").read_text())
    assert document["synthetic"] is True
    assert document["stage"] == "computed"
    # The day of the newest payment, without new exports: nothing is added twice.
    status, said = run(folder, capsys, monkeypatch)
    assert status == 0, said
    assert "2021-01-02.1.json" in said
    assert "0 months have a new revision" in said
    assert not list((folder / "output").glob("scratch-*"))


def test_an_increment_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "export" / "AWSDynamoDB" / "1-day" / "manifest-summary.json").unlink()
    status, said = run(folder, capsys, monkeypatch)
    assert status == 1
    assert "[increment_not_next]" in said
    assert not (folder / "output" / "computed").exists()


def test_a_population_that_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs_for_tests(folder / "inputs", "month,population,source,date\n2018-12,3000000,made up for tests,2019-01-01\n")
    status, said = run(folder, capsys, monkeypatch, "--as-of", "2021-01-31")
    assert (status, "[figure_without_denominator]" in said) == (1, True)
    assert not (folder / "output" / "computed").exists()


@pytest.mark.parametrize("name", ["population", "cities", "districts"])
def test_an_input_table_that_is_missing_or_has_no_source(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = inputs_for_tests(folder / "inputs") / f"{name}.csv"
    path.write_text(path.read_text().replace(",source,", ",origin,", 1))
    status, said = run(folder, capsys, monkeypatch)
    assert (status, f"{name}: there is no column source" in said) == (1, True)
    path.unlink()
    status, said = run(folder, capsys, monkeypatch)
    assert (status, f"There is no input table {name}.csv" in said) == (1, True)


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
