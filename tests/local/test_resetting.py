"""`make reset` removes the city, but no files of the developer beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import places
from local.lock import FILE
from tests.local.test_lock import command

#: Files that developers write to `.local` by the guides, and files of earlier versions.
DEVELOPERS = (
    "export/AWSDynamoDB/data/0.json.gz",
    "simulated-city/2020-01.parquet",
    "report/cost.csv",
    "own-payments/x",
    "build.log",
    "notes.md",
)


def test_the_city_goes_and_the_rest_stays(tmp_path: Path) -> None:
    for name in DEVELOPERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("kept")
    for name in places.CITY_FILES:
        part = tmp_path / name
        part.write_text("the city's") if "." in name else (part / "inside").mkdir(parents=True)

    done = command("local.reset", tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"· The local city is empty. Kept in {tmp_path}: build.log, export, notes.md, own-payments, report, simulated-city.\n"
    )
    assert all((tmp_path / name).read_text() == "kept" for name in DEVELOPERS)
    assert sorted(part.name for part in tmp_path.iterdir()) == sorted(
        {Path(name).parts[0] for name in DEVELOPERS} | {FILE}
    )


def test_a_link_is_removed_and_not_what_it_points_at(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    city = tmp_path / "city"
    city.mkdir()
    (city / "state").symlink_to(elsewhere)

    assert command("local.reset", city).returncode == 0
    assert not (city / "state").is_symlink()
    assert (elsewhere / "precious").exists()


@pytest.mark.parametrize("twice", [1, 2])
def test_an_empty_folder_stays_one(tmp_path: Path, twice: int) -> None:
    for _ in range(twice):
        assert command("local.reset", tmp_path).stdout == "· The local city is empty.\n"
