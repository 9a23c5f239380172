"""When requests arrive, and what they ask: a Poisson process that does not wait for answers.

Members do not wait for each other. A generator that sends a request only after the last answer slows down with the city, and so hides
how long people would have waited.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a request asks."""

    PAYMENT = "payment"
    HOLD = "hold"
    CAPTURE = "capture"
    CANCELLATION = "cancellation"
    TOP_UP = "top-up"
    READ = "read"


MIX: Mapping[Kind, float] = {
    Kind.PAYMENT: 0.70,
    Kind.HOLD: 0.04,
    Kind.CAPTURE: 0.03,
    Kind.CANCELLATION: 0.05,
    Kind.TOP_UP: 0.08,
    Kind.READ: 0.10,
}
"""Shares of the requests. A capture or cancellation needs an earlier hold or payment; where there is none, a payment is sent."""


@dataclass(frozen=True)
class Arrival:
    """A request that is due `at` seconds after the beginning; `number` counts them from 0."""

    number: int
    at: float
    kind: Kind


def arrivals(rate: float, seconds: float, chance: random.Random, mix: Mapping[Kind, float] = MIX) -> Iterator[Arrival]:
    """Requests with independent arrivals, `rate` a second on average, for `seconds`."""
    kinds, shares = list(mix), list(mix.values())
    at, number = chance.expovariate(rate), 0
    while at < seconds:
        yield Arrival(number, at, chance.choices(kinds, shares)[0])
        at += chance.expovariate(rate)
        number += 1
