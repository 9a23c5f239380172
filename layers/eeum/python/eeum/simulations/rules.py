"""What is asked of a simulation, and what becomes of it: pure functions over plain values, amounts in won."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from eeum.calendar import Month
from eeum.errors import Invalid
from eeum.ids import Digest

ATTEMPTS = 3
"""How often a simulation that fails is tried."""

LONGEST = timedelta(minutes=15)
"""How long one attempt may take: as long as a function runs. Who began earlier and did not end is not at work any more."""

MOST_MONTHS = 36


class State(StrEnum):
    """`failed` is never stored: it is how one looks that was begun too long ago (`seen`)."""

    REQUESTED = "requested"
    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments of a bucket's folder, from one month to another, both of them whole."""

    source: str
    first: Month
    last: Month


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: what `document` would have cost, beside `against`; budgets in won by who funds what, as the command takes them."""

    digest: str
    document: Mapping[str, Any]
    against: Mapping[str, Any] | None
    payments: Payments
    budgets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no answer: a stable code, and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulation and how far it is; `attempts` counts how often it was begun. The summary is a few figures, the tables are elsewhere."""

    id: str
    request: Digest
    body_hash: str
    question: Question
    asked_by: str
    asked_at: datetime
    state: State = State.REQUESTED
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    summary: Mapping[str, Any] | None = None
    tables: tuple[str, ...] = ()
    fault: Fault | None = None


def payments_asked(source: str, first: Month, last: Month) -> Payments:
    """Raises `Invalid` for months in the wrong order, or more than `MOST_MONTHS` of them."""
    months = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7]) + 1
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid("payments.until", f"makes {months} months: 1 to {MOST_MONTHS} are simulated at once", "period")
    return Payments(source, first, last)


def begun(simulation: Simulation, now: datetime) -> Simulation | None:
    """The next attempt; None when there is an answer already, when somebody is at work, or when it was tried often enough."""
    answered = simulation.state in (State.FINISHED, State.REFUSED)
    if answered or _at_work(simulation, now) or simulation.attempts >= ATTEMPTS:
        return None
    return replace(simulation, state=State.RUNNING, attempts=simulation.attempts + 1, started_at=now)


def finished(simulation: Simulation, summary: Mapping[str, Any], tables: tuple[str, ...], now: datetime) -> Simulation:
    return replace(simulation, state=State.FINISHED, summary=summary, tables=tables, finished_at=now)


def refused(simulation: Simulation, fault: Fault, now: datetime) -> Simulation:
    """It cannot be answered as it was asked: trying again would change nothing."""
    return replace(simulation, state=State.REFUSED, fault=fault, finished_at=now)


def seen(simulation: Simulation, now: datetime) -> Simulation:
    """As it is told: one that nobody is at work on any more, and that has no answer, has failed; it may be tried again yet."""
    if simulation.state is State.RUNNING and not _at_work(simulation, now):
        broken = Fault("simulation_broke_off", f"Attempt {simulation.attempts} of {ATTEMPTS} ended without an answer.")
        return replace(simulation, state=State.FAILED, fault=broken)
    return simulation


def _at_work(simulation: Simulation, now: datetime) -> bool:
    return (
        simulation.state is State.RUNNING
        and simulation.started_at is not None
        and now - simulation.started_at < LONGEST
    )
