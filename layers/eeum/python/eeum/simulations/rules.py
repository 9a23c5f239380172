"""A simulation's question, state and answer: pure functions over plain values, amounts in won."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from eeum.calendar import Month
from eeum.errors import Invalid
from eeum.ids import Digest

ATTEMPTS = 3
"""How often a simulation is attempted before it has failed."""

LONGEST = timedelta(minutes=15)
"""The longest that one attempt may take, which is the function's timeout. An attempt that began earlier has ended."""

MOST_MONTHS = 36


class State(StrEnum):
    """The state of a simulation. `failed` is never stored: `seen` shows it for one that began too long ago."""

    REQUESTED = "requested"
    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments of a folder in the bucket, from the first month to the last, both included."""

    source: str
    first: Month
    last: Month


@dataclass(frozen=True, slots=True)
class Question:
    """What `document` would have cost, compared with `against`; `budgets` in won, in the form that `make simulate-policy` takes."""

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
    """A simulation and its progress. `attempts` counts its starts; the summary has key figures, the tables are stored elsewhere."""

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
    """The payments that a request selects. Raises `Invalid` for months in the wrong order, or more than `MOST_MONTHS` of them."""
    months = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7]) + 1
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid("payments.until", f"is {months} months from the first, and must be 1 to {MOST_MONTHS}", "period")
    return Payments(source, first, last)


def begun(simulation: Simulation, now: datetime) -> Simulation | None:
    """The next attempt; None if it is answered, an attempt is running, or all attempts are used."""
    answered = simulation.state in (State.FINISHED, State.REFUSED)
    if answered or _at_work(simulation, now) or simulation.attempts >= ATTEMPTS:
        return None
    return replace(simulation, state=State.RUNNING, attempts=simulation.attempts + 1, started_at=now)


def finished(simulation: Simulation, summary: Mapping[str, Any], tables: tuple[str, ...], now: datetime) -> Simulation:
    return replace(simulation, state=State.FINISHED, summary=summary, tables=tables, finished_at=now)


def refused(simulation: Simulation, fault: Fault, now: datetime) -> Simulation:
    """The simulation, refused as it was asked: another attempt would not help."""
    return replace(simulation, state=State.REFUSED, fault=fault, finished_at=now)


def seen(simulation: Simulation, now: datetime) -> Simulation:
    """The simulation as shown: `failed` if its attempt ended without an answer; another attempt may still follow."""
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
