"""A city as a release stored it: every item of every table, its daily roots, and requests with their answers."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from eeum.audit.roots import Root
from eeum.storage import Key, Put, Table
from local import places
from local.upgrade.replacement import REPLACING
from tests.in_memory.storage import InMemoryStorage

FOLDER = Path(__file__).with_name("fixtures")
SUFFIX = ".json.xz"


@dataclass(frozen=True)
class Asked:
    """A request that was answered; `caller` is a name in `tests.upgrade.calling.CALLERS`."""

    caller: str
    method: str
    path: str
    body: Any
    key: str | None
    status: int
    answer: Any


@dataclass(frozen=True)
class StoredRoot:
    """A daily root, with its heads."""

    document: dict[str, Any]
    heads: list[str]


@dataclass(frozen=True)
class Fixture:
    """A stored city. `now` is its time; `items` are by table, in order of keys; `waiting` has keys of entries that are in no balance yet.

    `template` is the part of the release's template that keeps data.
    """

    release: str
    now: datetime
    items: dict[str, list[dict[str, Any]]]
    roots: list[StoredRoot]
    asked: list[Asked]
    waiting: list[tuple[str, str]]
    template: dict[str, Any]

    def storage(self) -> InMemoryStorage:
        """A storage with the items."""
        memory = InMemoryStorage(keeps_log=False)
        for table, items in self.items.items():
            for item in items:
                memory.put(Put(Key(Table(table), item["pk"], item["sk"]), item))
        return memory

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [item for items in self.items.values() for item in items if item.get("kind") == kind]


class KeptRoots:
    """Roots in memory: a `eeum.audit.roots.RootStore`."""

    def __init__(self, stored: Sequence[StoredRoot] = ()) -> None:
        self.stored = {each.document["date"]: each for each in stored}
        self._heads: dict[str, list[str]] = {}

    def dates(self) -> list[str]:
        return sorted(self.stored)

    def root(self, date: str) -> Root | None:
        return Root(**self.stored[date].document) if date in self.stored else None

    def heads(self, date: str) -> Iterator[str]:
        return iter(self.stored[date].heads if date in self.stored else ())

    def add_heads(self, date: str, heads: Iterable[str]) -> None:
        self._heads[date] = list(heads)

    def add(self, root: Root) -> None:
        self.stored[root.date] = StoredRoot(asdict(root), self._heads[root.date])


def template() -> dict[str, Any]:
    """The part of this checkout's template that keeps data."""
    resources = yaml_parse((places.ROOT / "template.yaml").read_text())["Resources"]
    return {"Resources": {name: each for name, each in resources.items() if each["Type"] in REPLACING}}


def items_of(storage: InMemoryStorage) -> dict[str, list[dict[str, Any]]]:
    ordered = {table: sorted(storage.items(table), key=lambda item: (item["pk"], item["sk"])) for table in Table}
    return {str(table): items for table, items in ordered.items()}


def write(fixture: Fixture, folder: Path = FOLDER) -> Path:
    """Write a fixture; equal fixtures give equal files."""
    document = asdict(fixture) | {"now": fixture.now.isoformat()}
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path = folder / f"{fixture.release}{SUFFIX}"
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    return path


def read(path: Path) -> Fixture:
    document = json.loads(lzma.decompress(path.read_bytes()))
    return Fixture(
        document["release"],
        datetime.fromisoformat(document["now"]),
        document["items"],
        [StoredRoot(**each) for each in document["roots"]],
        [Asked(**each) for each in document["asked"]],
        [(pk, sk) for pk, sk in document["waiting"]],
        document["template"],
    )


def paths() -> list[Path]:
    return sorted(FOLDER.glob(f"*{SUFFIX}"))
