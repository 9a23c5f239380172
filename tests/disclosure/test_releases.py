"""A folder of releases: what is written, in which order, and what happens when a run is interrupted or repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from statistics_disclosure.refusals import AlreadyPassed, NotComputed
from statistics_disclosure.releases import Folder, publish_next
from tests.disclosure.cities import city, computed


class Broken(Folder):
    """A place that fails before the n-th document is written."""

    def __init__(self, path: Path, after: int) -> None:
        super().__init__(path)
        self.left = after
        self.keys: list[str] = []

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        if not self.left:
            raise OSError("no space left")
        self.left -= 1
        self.keys.append(key)
        super().write(key, document)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for revision in (1, 2):
        Folder(tmp_path).write(f"computed/2020-11-30.{revision}.json", computed(city(6), revision))
    return tmp_path


def files(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*.json"))}


def test_latest_is_written_last_and_a_run_that_broke_off_can_be_repeated(place: Path, tmp_path_factory: Any) -> None:
    whole = Broken(place, 3)
    publish_next(whole, "2020-11-30.1")
    assert whole.keys == ["disclosure/2020-11-30.1.json", "public/2020-11-30.1/release.json", "public/latest.json"]
    expected = files(place)

    other = tmp_path_factory.mktemp("other")
    Folder(other).write("computed/2020-11-30.1.json", computed(city(6), 1))
    Folder(other).write("computed/2020-11-30.2.json", computed(city(6), 2))
    with pytest.raises(OSError, match="no space"):
        publish_next(Broken(other, 2), "2020-11-30.1")
    assert not (other / "public/latest.json").exists()
    publish_next(Folder(other), "2020-11-30.1")
    assert files(other) == expected
    # Once more changes nothing.
    publish_next(Broken(other, 0), "2020-11-30.1")


def test_earlier_releases_stay_and_no_release_follows_a_later_one(place: Path) -> None:
    publish_next(Folder(place), "2020-11-30.1")
    first = (place / "public/2020-11-30.1/release.json").read_bytes()
    publish_next(Folder(place), "2020-11-30.2")
    assert (place / "public/2020-11-30.1/release.json").read_bytes() == first
    assert json.loads((place / "public/latest.json").read_text()) == {"release_id": "2020-11-30.2"}
    with pytest.raises(AlreadyPassed):
        publish_next(Folder(place), "2020-11-30.1")


def test_without_the_computed_release_or_the_history_nothing_is_published(place: Path) -> None:
    with pytest.raises(NotComputed, match="no computed release"):
        publish_next(Folder(place), "2020-12-31.1")
    publish_next(Folder(place), "2020-11-30.1")
    (place / "disclosure/2020-11-30.1.json").unlink()
    before = files(place)
    with pytest.raises(NotComputed, match="history"):
        publish_next(Folder(place), "2020-11-30.2")
    assert files(place) == before


def test_nothing_below_public_has_a_suppressed_value_or_evidence(place: Path) -> None:
    """The history has them, and is stored elsewhere."""
    publish_next(Folder(place), "2020-11-30.1")
    for path in (place / "public").rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert "evidence" not in text
        assert "largest" not in text
    assert '"suppressed"' in (place / "public/2020-11-30.1/release.json").read_text(encoding="utf-8")
