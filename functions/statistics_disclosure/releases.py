"""The next release of a place: a folder, or a bucket (docs/statistics-release.md lists the documents of a place)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from statistics_disclosure.history import History
from statistics_disclosure.refusals import AlreadyPassed, NotComputed
from statistics_disclosure.release import publish

LATEST = "public/latest.json"


class Place(Protocol):
    """Documents by their key."""

    def read(self, key: str) -> dict[str, Any] | None: ...

    def write(self, key: str, document: Mapping[str, Any]) -> None: ...


class Folder:
    """A place on a laptop."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, key: str) -> dict[str, Any] | None:
        path = self._path / key
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        path = self._path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(document), encoding="utf-8")


def text_of(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def publish_next(place: Place, release_id: str) -> dict[str, Any]:
    """Publish a computed release after the latest one, and return what was published.

    The history is written before the release, and `latest.json` last, so that a run that broke off can be repeated; the release that
    is the latest is returned as it was published. Raises `Refused`; then nothing is written.
    """
    latest = (place.read(LATEST) or {}).get("release_id")
    if latest == release_id:
        published = place.read(_public(release_id))
        assert published is not None, "latest.json names a release that is not there"
        return published
    computed = place.read(f"computed/{release_id}.json")
    if computed is None:
        raise NotComputed(f"There is no computed release {release_id}.")
    if latest and _order(release_id) < _order(latest):
        raise AlreadyPassed(f"The release {release_id} comes before {latest}, which was published.")
    before = place.read(f"disclosure/{latest}.json") if latest else None
    if latest and before is None:
        raise NotComputed(f"The history after {latest} is missing; without it, nothing can be audited.")
    release, history = publish(computed, History.of_json(before) if before else None)
    place.write(f"disclosure/{release_id}.json", history.as_json())
    place.write(_public(release_id), release)
    place.write(LATEST, {"release_id": release_id})
    return release


def _public(release_id: str) -> str:
    return f"public/{release_id}/release.json"


def _order(release_id: str) -> tuple[str, int]:
    day, _, revision = release_id.partition(".")
    return day, int(revision)
