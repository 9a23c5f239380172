"""What the page at `/` asks the city to do: one piece of work at a time, whose progress the page can read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.failure import CityFailure

RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass
class Step:
    """A step of a piece of work: how many of `total` items are done; `total` is None where it is unknown."""

    name: str
    done: int = 0
    total: int | None = None


@dataclass
class Work:
    """A piece of work. Its texts are names that the page puts into words."""

    number: int
    kind: str
    steps: list[Step] = field(default_factory=list)
    status: str = RUNNING
    failure: str = ""
    result: Any = None

    def begin(self, name: str, total: int | None = None) -> Step:
        step = Step(name, 0, total)
        self.steps.append(step)
        return step

    def shown(self) -> dict[str, Any]:
        steps = [{"name": step.name, "done": step.done, "total": step.total} for step in list(self.steps)]
        return {
            "number": self.number,
            "kind": self.kind,
            "status": self.status,
            "steps": steps,
            "failure": self.failure,
            "result": self.result,
        }


class Busy(Exception):
    """Another piece of work, the argument, is in progress."""


class Works:
    """The latest piece of work, and the thread that it runs in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.latest: Work | None = None

    def start(self, kind: str, doing: Callable[[Work], Any]) -> Work:
        """Begin a piece of work in a thread of its own. Raises `Busy` while another is in progress."""
        with self._lock:
            if self.latest and self.latest.status == RUNNING:
                raise Busy(self.latest)
            work = self.latest = Work(self.latest.number + 1 if self.latest else 1, kind)
        threading.Thread(target=_do, args=(work, doing), name=kind, daemon=True).start()
        return work


def _do(work: Work, doing: Callable[[Work], Any]) -> None:
    try:
        work.result = doing(work)
        work.status = DONE
    except CityFailure as failure:
        work.failure = str(failure)
        work.status = FAILED
    except Exception as problem:  # noqa: BLE001  # the page reports it, and the next work can begin
        work.failure = f"{type(problem).__name__}: {problem}"
        work.status = FAILED
