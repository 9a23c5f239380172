"""Kill function processes at random, as an overloaded machine would; and a client that keeps sending requests meanwhile."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local.api import Api
from local.city import City, Report
from local.draining import DRAIN_SECONDS
from local.failure import CityFailure

#: The mean time between two kills. Most hit an idle copy of a function, some a copy that is processing a payment.
MEAN_SECONDS = 0.15
PATIENCE_SECONDS = 60.0


class Killer:
    """Within its `with` block, processes of the city's functions are killed at random; `killed` counts them."""

    def __init__(self, emulator_process: int, mean_seconds: float = MEAN_SECONDS) -> None:
        self.killed = 0
        self._emulator = emulator_process
        self._mean_seconds = mean_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._kill_on, daemon=True)
        self._random = random.SystemRandom()

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _kill_on(self) -> None:
        while not self._ended.wait(self._random.expovariate(1 / self._mean_seconds)):
            running = children_of(self._emulator)
            if not running:
                continue
            try:
                os.kill(self._random.choice(running), signal.SIGKILL)
                self.killed += 1
            except ProcessLookupError:
                continue  # it ended by itself meanwhile


def children_of(process: int) -> list[int]:
    """The processes that a process started; for the emulator, these are its warm copies of functions."""
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


@dataclass
class Persistence:
    """Callers repeat requests until `ended` is set. It counts answered and repeated requests. `paying` is set when the first payment
    was answered.
    """

    ended: threading.Event = field(default_factory=threading.Event)
    paying: threading.Event = field(default_factory=threading.Event)
    answered: int = 0
    sent_again: int = 0


class PatientApi(Api):
    """Sends a request again, with the same key, until it is answered, as a client must after a 503."""

    def __init__(
        self, base: str, connections: httpx.Client, persistence: Persistence, token: str | None = None
    ) -> None:
        super().__init__(base, connections, token)
        self._persistence = persistence

    def as_caller(self, token: str) -> PatientApi:
        return PatientApi(self.base, self._connections, self._persistence, token)

    def request(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, query: dict[str, str] | None = None
    ) -> httpx.Response:
        failure = "the demonstration has ended"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._persistence.ended.is_set() and time.monotonic() < deadline:
            try:
                answer = super().request(method, path, body, key=key, query=query)
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    self._persistence.answered += 1
                    if (method, path) == ("POST", "/payments"):
                        self._persistence.paying.set()
                    return answer
                failure = f"{answer.status_code}: {answer.text[:200]}"
            except httpx.TransportError as problem:
                failure = str(problem)
            self._persistence.sent_again += 1
            time.sleep(0.1)
        raise CityFailure(f"{method} {path} has no answer: {failure}")


class PatientCity(City):
    """A city whose callers repeat requests until they are answered."""

    def __init__(self, data: Path, port: int, report: Report = lambda _: None) -> None:
        super().__init__(data, port, report)
        self.persistence = Persistence()

    @property
    def api(self) -> Api:
        return PatientApi(self.stack.api, self._connections, self.persistence)

    def drain(self, seconds: float = DRAIN_SECONDS) -> int:
        if self.persistence.ended.is_set():
            raise CityFailure("the demonstration has ended")
        return super().drain(seconds)
