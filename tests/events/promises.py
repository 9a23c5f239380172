"""The promises of events/README.md: its table, as the order of the story and as expected answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from local import places

PAGE = places.ROOT / "events" / "README.md"
ANY = "…"
_ROW = re.compile(
    r"^\| `(?P<event>\S+\.json)` \| (?P<function>\w+) \| (?P<first>.+?) \| (?P<again>.+?) \|$", re.MULTILINE
)
_PROMISE = re.compile(r"^(?:`(?P<status>\d{3})` )?`(?P<part>\{.*\}|null)`")


@dataclass(frozen=True)
class Promise:
    """An expected answer: a status for an HTTP event, a part of the answer, and whether it is a replay."""

    status: int | None
    part: Any
    replayed: bool

    def broken_by(self, answer: Any) -> list[str]:
        """The differences between an answer and the promise; empty if there are none."""
        if self.status is None:
            return differences(self.part, answer)
        found = [] if answer["statusCode"] == self.status else [f"status: {answer['statusCode']}, not {self.status}"]
        replayed = answer["headers"].get("Idempotency-Replayed") == "true"
        if replayed != self.replayed:
            found.append(f"replayed: {replayed}")
        return found + differences(self.part, json.loads(answer["body"]))


@dataclass(frozen=True)
class Told:
    """A row of the table."""

    event: str
    function: str
    first: Promise
    again: Promise


def story(page: str | None = None) -> list[Told]:
    """The table's rows, in its order."""
    return [_told(row) for row in _ROW.finditer(page if page is not None else PAGE.read_text())]


def _told(row: re.Match[str]) -> Told:
    first = _promise(row["first"])
    again = row["again"]
    same = again.startswith("the same")
    repeated = Promise(first.status, first.part, _replayed(again)) if same else _promise(again)
    return Told(row["event"], row["function"], first, repeated)


def _promise(cell: str) -> Promise:
    found = _PROMISE.match(cell)
    assert found, f"{PAGE.name} promises nothing that can be compared: {cell}"
    return Promise(int(found["status"]) if found["status"] else None, json.loads(found["part"]), _replayed(cell))


def _replayed(cell: str) -> bool:
    return cell.endswith("replayed")


def differences(promised: Any, answered: Any, path: str = "answer") -> list[str]:
    """The differences: an object must have its promised members, a list its elements, and other values must be equal."""
    if promised == ANY:
        return []
    if isinstance(promised, dict) and isinstance(answered, dict):
        missing = [f"{path}.{name} is missing" for name in promised if name not in answered]
        both = [name for name in promised if name in answered]
        return missing + [
            each for name in both for each in differences(promised[name], answered[name], f"{path}.{name}")
        ]
    if isinstance(promised, list) and isinstance(answered, list) and len(promised) == len(answered):
        pairs = enumerate(zip(promised, answered, strict=True))
        return [each for number, (one, other) in pairs for each in differences(one, other, f"{path}[{number}]")]
    same = type(promised) is type(answered) and promised == answered
    return [] if same else [f"{path}: {answered!r}, not {promised!r}"]
