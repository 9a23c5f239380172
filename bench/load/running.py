"""Send requests when they are due, and collect how each was answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from bench.load.arrivals import Arrival
from bench.load.callers import Answered, Callers

MOST_AT_ONCE = 256
"""Requests that are sent at once. Those that are due beyond them wait here, and their wait counts."""


@dataclass(frozen=True)
class Loaded:
    """All answers; how many seconds the load took until the last one, and the latest that a request was sent after it was due."""

    answers: list[Answered]
    seconds: float
    latest: float

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return len(self.answers) / self.seconds if self.seconds else 0.0


def run(callers: Callers, due: Iterable[Arrival], progress: Callable[[int], None]) -> Loaded:
    """Send each request at its time; `progress` gets the number sent so far."""
    began = time.monotonic()
    latest = 0.0
    sent: list[Future[Answered]] = []

    def send(arrival: Arrival) -> Answered:
        nonlocal latest
        latest = max(latest, time.monotonic() - began - arrival.at)
        return callers.send(arrival.kind, began + arrival.at)

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        for arrival in due:
            time.sleep(max(0.0, began + arrival.at - time.monotonic()))
            sent.append(pool.submit(send, arrival))
            progress(len(sent))
        answers = [each.result() for each in sent]
    return Loaded(answers, time.monotonic() - began, latest)
