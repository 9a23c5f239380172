"""Payments from the ledger's export: captures less cancellations; and exports that are incomplete."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from eeum.calendar import text_of
from eeum.storage import Table
from simulator import errors
from simulator.command import main as eeum
from simulator.export.__main__ import main
from simulator.export.conversion import write_payments
from simulator.export.entries import rows_of
from simulator.export.manifests import open_export
from simulator.generated import __main__ as generator
from simulator.payments import open_payments
from simulator.replay import connect, replay
from simulator.scale import scale_of, state_scale
from simulator.versions import read_policies
from tests.simulator.exports import md5, write_summary, written_export
from tests.use_cases.world import World

INCHEON = Path(__file__).parents[2] / "policies" / "incheon"


@pytest.fixture
def world() -> World:
    """Payments captured at once, later and in parts; cancelled in part and in full; declined, and released."""
    world = World()
    shop = world.shop(flags=frozenset({"partner"}), own_rate=300)
    payer = world.member("payer", charged=900_000, cashback=5_000, cashback_first=True)
    other = world.member("other", charged=400_000, grants={"youth": 30_000})

    def later() -> None:
        world.now += timedelta(minutes=1)

    paid = world.pay(payer, shop, 100_000).entry  # 5,000 from cashback, 95,000 from the loaded balance
    later()
    whole = world.pay(payer, shop, 7_000).entry
    later()
    held = world.pay(payer, shop, 50_000, hold=True, body={"hold": True}).entry
    later()
    first, second = world.capture(held, 30_000).entry, None
    later()
    second = world.capture(held, 15_000).entry
    later()
    released = world.void(held).entry
    later()
    granted = world.pay(other, shop, 40_000, channel="qr").entry
    later()
    world.pay(other, shop, 2_000_000)  # declined
    world.accrue(paid, whole, first, second, granted)
    later()
    cancelled = [world.cancel(paid, 4_000).entry, world.cancel(whole).entry, world.cancel(held, 20_000).entry]
    cancelled.append(world.cancel(paid, 1_000).entry)
    world.accrue(*cancelled)
    assert released.amount == 5_000
    return world


def exported(world: World, folder: Path) -> Path:
    return written_export(folder / "export", world.memory.items(Table.LEDGER))


def converted(root: Path, folder: Path) -> list[dict[str, Any]]:
    write_payments(open_export(root), folder, lambda _: None, processes=1)
    rows = [row for file in sorted(folder.rglob("*.parquet")) for row in parquet.ParquetFile(file).read().to_pylist()]
    return sorted(rows, key=lambda row: row["accepted_at"])


def test_captures_less_cancellations_are_written_with_their_purses(world: World, tmp_path: Path) -> None:
    rows = converted(exported(world, tmp_path), tmp_path / "payments")

    purses = [(row["won_charged"], row["won_cashback"], row["won_grants"]) for row in rows]
    # Of the captures of 30,000 and 15,000, the later one is cancelled in full, the earlier one down to 25,000.
    assert purses == [(90_000, 5_000, 0), (25_000, 0, 0), (10_000, 0, 30_000)]
    assert {row["won_rewards"] for row in rows} == {0} == {row["won_discount"] for row in rows}
    first = rows[0]
    (entry,) = [item for item in world.entries("payment") if item["id"] == first["payment"]]
    assert first["member"] == entry["pk"].removeprefix("WALLET#")
    assert first["merchant_partner"] is True
    assert (first["merchant_district"], first["merchant_own_rate"], first["channel"]) == ("yeonsu", 300, "shop")
    assert [row["channel"] for row in rows] == ["shop", "shop", "qr"]
    # A capture counts from its own instant.
    (capture,) = [item for item in world.entries("capture") if item["capture"] == 1]
    assert text(rows[1]["accepted_at"]) == capture["accepted_at"]


def text(milliseconds: int) -> str:
    return text_of(datetime.fromtimestamp(milliseconds / 1000, UTC))


def test_a_replay_gives_what_the_city_accrued(world: World, tmp_path: Path) -> None:
    """Under the rules in force at the time, the exported payments earn what the city accrued."""
    converted(exported(world, tmp_path), tmp_path / "payments")
    connection = connect(1)
    replay(connection, [read_policies(INCHEON)], open_payments(connection, tmp_path / "payments"))

    accrued: dict[str, int] = {}
    for entry in (*world.entries("earning"), *world.entries("correction")):
        won = sum(won for account, won in entry["postings"].items() if account.startswith(("funder/", "merchant_rew")))
        wallet = entry["pk"].removeprefix("WALLET#")
        accrued[wallet] = accrued.get(wallet, 0) - won
    assert sum(accrued.values()) > 10_000
    assert dict(connection.execute("SELECT member, won FROM members_0").fetchall()) == accrued


def test_an_export_is_read_where_it_lies(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(world, tmp_path)
    monkeypatch.setattr("sys.argv", ["export", str(tmp_path / "export"), str(tmp_path / "payments")])
    assert main() == 0
    assert capsys.readouterr().out.startswith("3 payments of export 01669112233445-0123abcd")


def test_files_are_read_side_by_side(world: World, tmp_path: Path) -> None:
    export = open_export(exported(world, tmp_path))
    assert write_payments(export, tmp_path / "payments", lambda _: None, processes=2) == 3


def test_a_folder_that_holds_something(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    (tmp_path / "payments").mkdir()
    (tmp_path / "payments" / "letter").write_text("dear city")
    with pytest.raises(errors.FolderTaken):
        converted(root, tmp_path / "payments")


def refused(root: Path, error: type[errors.SimulationRefused], match: str) -> None:
    """Check that the export is refused and nothing is written; return the error."""
    target = root.parents[2] / "payments"
    with pytest.raises(error, match=match):
        write_payments(open_export(root), target, lambda _: None, processes=1)
    assert not target.exists()
    assert sorted(path.name for path in target.parent.iterdir()) == ["export"]


def test_a_data_file_that_is_missing(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    (root / "data" / "part1.json.gz").unlink()
    refused(root, errors.ExportIncomplete, r"part1\.json\.gz is missing")


def test_a_data_file_that_was_changed(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    path = root / "data" / "part1.json.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"000", b"001")))
    refused(root, errors.ExportDamaged, "checksum")


def in_manifest(root: Path, change: Any) -> None:
    """Change the manifest of files, and its checksum to match."""
    entries = [json.loads(line) for line in (root / "manifest-files.json").read_text().splitlines()]
    content = "".join(json.dumps(change(number, entry)) + "\n" for number, entry in enumerate(entries))
    (root / "manifest-files.json").write_text(content)
    (root / "manifest-files.checksum").write_text(md5(content.encode()))


def test_a_data_file_that_was_cut_short(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    path = root / "data" / "part0.json.gz"
    path.write_bytes(path.read_bytes()[:-20])
    in_manifest(root, lambda _, entry: {name: value for name, value in entry.items() if name != "md5Checksum"})
    refused(root, errors.ExportDamaged, "is incomplete")


def test_items_that_are_missing(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    path = root / "data" / "part0.json.gz"
    content = gzip.compress(b"\n".join(gzip.decompress(path.read_bytes()).splitlines()[1:]))
    path.write_bytes(content)
    in_manifest(root, lambda number, entry: entry | ({"md5Checksum": md5(content)} if number == 0 else {}))
    refused(root, errors.ExportIncomplete, "items, but")


def test_numbers_that_do_not_add_up(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    write_summary(root, itemCount=1_000_000)
    refused(root, errors.ExportIncomplete, "1,000,000 items")


def test_a_manifest_that_was_changed(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    (root / "manifest-files.json").write_text((root / "manifest-files.json").read_text().replace("part", "port"))
    refused(root, errors.ExportDamaged, "manifest-files")


@pytest.mark.parametrize("name", ["manifest-files.json", "manifest-summary.json"])
def test_a_file_that_is_not_a_manifest(world: World, tmp_path: Path, name: str) -> None:
    root = exported(world, tmp_path)
    (root / name).write_text("no manifest")
    (root / name).with_suffix(".checksum").unlink()
    refused(root, errors.ExportDamaged, name)


def test_exports_of_another_kind(world: World, tmp_path: Path) -> None:
    root = exported(world, tmp_path)
    write_summary(root, outputFormat="ION")
    refused(root, errors.ExportUnusable, "ION")
    write_summary(root, exportType="INCREMENTAL_EXPORT")
    refused(root, errors.ExportUnusable, "changes only")
    written_export(tmp_path / "export" / "second", [])
    with pytest.raises(errors.ExportUnusable, match="2 files"):
        open_export(tmp_path / "export")


def test_a_cancellation_whose_payment_is_lost(world: World, tmp_path: Path) -> None:
    items = [item for item in world.memory.items(Table.LEDGER) if item["kind"] != "capture"]
    refused(written_export(tmp_path / "export", items), errors.ExportIncomplete, "has no capture")


def test_more_cancelled_than_paid(world: World, tmp_path: Path) -> None:
    items = [
        item | ({"of": [[0, 99_999, "2021-01"]]} if item["kind"] == "cancellation" and item["amount"] == 4_000 else {})
        for item in world.memory.items(Table.LEDGER)
    ]
    refused(written_export(tmp_path / "export", items), errors.ExportIncomplete, "are cancelled")


@pytest.mark.parametrize(
    "change", [{"facts": {}}, {"accepted_at": "yesterday"}, {"paid_from": "purse"}, {"amount": "x"}]
)
def test_an_entry_of_another_shape(world: World, tmp_path: Path, change: dict[str, Any]) -> None:
    items = [item | (change if item["kind"] == "payment" else {}) for item in world.memory.items(Table.LEDGER)]
    refused(written_export(tmp_path / "export", items), errors.UnreadableEntry, "PAYMENT#")


@pytest.mark.parametrize("line", [b"[]", b"{}", b"{", b'{"Item": {"pk": {"S": "WALLET#1"}}}', b"\xff"])
def test_a_line_that_is_not_an_item(line: bytes) -> None:
    with pytest.raises(errors.UnreadableEntry):
        rows_of(line)


def test_an_export_in_which_nothing_was_paid(tmp_path: Path) -> None:
    refused(written_export(tmp_path / "export", World().memory.items(Table.LEDGER)), errors.NoPayments, "no payment")


def test_the_command_reads_an_export_itself(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(world, tmp_path)
    assert eeum(["policy", "simulate", str(INCHEON), "--payments", str(tmp_path / "export")]) == 0
    assert "125,000" in capsys.readouterr().out  # from the loaded balance: 90,000, 25,000 and 10,000


def test_a_smaller_citys_export_states_its_scale(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report says it, also when the payments were written to files first."""
    exported(world, tmp_path)
    state_scale(tmp_path / "export", 10)
    payments = tmp_path / "payments"
    monkeypatch.setattr("sys.argv", ["export", str(tmp_path / "export"), str(payments)])
    assert main() == 0
    for folder in (tmp_path / "export", payments):
        assert eeum(["policy", "simulate", str(INCHEON), "--payments", str(folder)]) == 0
        assert "These are the payments of 0.1 % of the city's members" in capsys.readouterr().out


def test_a_generated_city_states_its_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator.GeneratedCity, "run", lambda *_: None)
    monkeypatch.setattr(generator.GeneratedCity, "items", lambda _: iter(()))
    monkeypatch.setattr("sys.argv", ["generated", str(tmp_path / "city"), "--scale", "3"])
    monkeypatch.chdir(INCHEON.parents[1])
    assert generator.main() == 0
    assert scale_of(tmp_path / "city" / "export") == scale_of(tmp_path / "city") == 30
