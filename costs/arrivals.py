"""How the readers of the ledger's stream are called: simulated arrivals of payments, batched as an event source mapping batches them.

A batch shares the write units of its budget shard, and a call has a price, so both depend on how many payments come together. A bench
that fills its batches does not show that; this simulation does.

What is assumed of Lambda, by its documentation: each shard has one reader, which looks four times a second; a window begins with the
first record that the reader finds, and ends early when the batch is full. `make smoke` against an account is where that is seen.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

DAY = (1, 1, 0.5, 0.5, 0.5, 1, 2, 4, 6, 6, 7, 9, 12, 9, 7, 7, 8, 9, 12, 12, 9, 6, 4, 2)
"""Weights of the hours: quiet nights, and most at noon and in the evening. An assumption: no city publishes its payments by hour."""
HOUR_SECONDS = 3_600
POLL_SECONDS = 0.25
MOST_TOGETHER = 20
"""Payments of one transaction: `eeum.cashback.use_cases.MOST_TOGETHER`, which a test compares."""
TOP_UPS = 10
"""Payments for each top-up, whose record is only published."""
PAYMENTS = 12_000
"""Payments of one simulation, at least: a figure differs from seed to seed by about one percent."""
WINDOWS_AN_HOUR = 20
"""A busy shard has these payments in a part of a day: then hours are shorter, but have at least so many windows."""


@dataclass(frozen=True)
class Load:
    """Payments a second of the whole city, on average over a day, and the shards of the stream, each with an equal part."""

    payments_a_second: float
    shards: int


@dataclass(frozen=True)
class Mapping:
    """An event source: the most records of a batch, the window in seconds, and the seconds that a call takes."""

    batch_size: int = 100
    window: float = 0
    call_seconds: float = 0.1


@dataclass(frozen=True)
class Batching:
    """For each payment: calls of the function and transactions that post. Seconds from a payment to its cashback."""

    calls: float
    transactions: float
    median_delay: float
    late_delay: float
    """95 of 100 payments have their cashback after these seconds."""

    @property
    def together(self) -> float:
        """Payments of a transaction."""
        return 1 / self.transactions


def simulate(load: Load, mapping: Mapping, seed: int = 2021, payments: int = PAYMENTS) -> Batching:
    """Simulate whole days of one shard until it has this many payments.

    A posted payment's earning is a record of the same shard, since it has the wallet's partition. It comes when the call has ended, and is
    only published.
    """
    chance = random.Random(seed)
    rate = load.payments_a_second / load.shards
    shortest = WINDOWS_AN_HOUR * max(mapping.window, mapping.call_seconds)
    hour = min(HOUR_SECONDS, max(payments / rate / len(DAY), shortest))
    end = hour * len(DAY) * math.ceil(payments / (rate * hour * len(DAY)))
    incoming = _Incoming(_records(rate, hour, chance))
    free = 0.0
    calls = transactions = 0
    delays: list[float] = []
    while incoming.first() < end:
        start = max(free, incoming.first())
        waited = POLL_SECONDS * chance.random() if incoming.first() >= free else 0.0
        batch, taken_at = incoming.take(start + waited, mapping)
        free = taken_at + mapping.call_seconds
        paid = [at for at, is_payment in batch if is_payment]
        calls += 1
        transactions += -(-len(paid) // MOST_TOGETHER)
        delays += [free - at for at in paid]
        incoming.echo(free, len(paid))
    late = statistics.quantiles(delays, n=20)[-1]
    return Batching(calls / len(delays), transactions / len(delays), statistics.median(delays), late)


def _records(rate: float, hour: float, chance: random.Random) -> Iterator[tuple[float, bool]]:
    """Instants of payments (True) and top-ups (False) by Poisson's law, at the rate of each hour, which has so many seconds."""
    mean = sum(DAY) / len(DAY)
    of_all = rate * (1 + 1 / TOP_UPS)
    number, at = 0, 0.0
    while True:
        at += chance.expovariate(of_all * DAY[number % len(DAY)] / mean)
        if at >= (number + 1) * hour:
            # The law has no memory: an hour begins again at its own rate.
            number += 1
            at = number * hour
            continue
        yield at, chance.random() < TOP_UPS / (TOP_UPS + 1)


class _Incoming:
    """The records of a shard in the order of their instants: those that arrive, and the earnings that calls store."""

    def __init__(self, arriving: Iterator[tuple[float, bool]]) -> None:
        self._arriving = arriving
        self._next = next(arriving)
        self._earnings: deque[float] = deque()

    def first(self) -> float:
        return min(self._next[0], self._earnings[0]) if self._earnings else self._next[0]

    def echo(self, at: float, earnings: int) -> None:
        self._earnings.extend([at] * earnings)

    def take(self, start: float, mapping: Mapping) -> tuple[list[tuple[float, bool]], float]:
        """The batch of a reader that finds the first record at `start`, and when it is full or its window ends."""
        end = start + mapping.window
        batch = list(islice(self._until(end), mapping.batch_size))
        full = len(batch) == mapping.batch_size
        return batch, max(start, batch[-1][0]) if full else end

    def _until(self, end: float) -> Iterator[tuple[float, bool]]:
        while self.first() <= end:
            if self._earnings and self._earnings[0] <= self._next[0]:
                yield self._earnings.popleft(), False
            else:
                taken, self._next = self._next, next(self._arriving)
                yield taken
