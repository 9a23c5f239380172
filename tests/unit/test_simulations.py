"""A simulation is requested once, computed once, and shown in its present state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.errors import IdempotencyKeyReused, Invalid, NotFound
from eeum.request import Request
from eeum.simulations.rules import (
    ATTEMPTS,
    LONGEST,
    MOST_MONTHS,
    Fault,
    Payments,
    Question,
    Simulation,
    State,
    begun,
    payments_asked,
    seen,
)
from eeum.simulations.store import SimulationStore
from eeum.simulations.use_cases import Unanswerable, ask, simulation_named, work_out
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=SEOUL)
QUESTION = Question("d" * 64, {"version": "a"}, {"version": "b"}, Payments("city", "2020-01", "2020-03"), ())
KEY = "a-key-of-the-caller-0001"


class Desk:
    """A store, the queue of the worker, and a clock."""

    def __init__(self) -> None:
        self.store = SimulationStore(InMemoryStorage(), patience_of(), "incheon")
        self.queue: list[str] = []
        self.now = NOON

    def clock(self) -> datetime:
        return self.now

    def ask(self, body: dict[str, Any] | None = None, key: str = KEY) -> Any:
        request = Request.of("operator", "policy_simulations", key, body or {"policy": "a"})
        return ask(self.store, self.queue.append, request, QUESTION, self.clock)

    def work(self, outcome: Any = ({"cost": 7}, ("summary",))) -> Simulation | None:
        def replay(_: Simulation) -> Any:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return work_out(self.store, self.queue[0], replay, self.clock)


def test_the_same_request_is_the_same_simulation() -> None:
    desk = Desk()
    first = desk.ask()
    again = desk.ask()
    assert (first.replayed, again.replayed) == (False, True)
    assert first.simulation == again.simulation
    # It has not begun, so the message is sent again: the first caller may have failed before sending it.
    assert desk.queue == [first.simulation.request] * 2
    desk.work()
    desk.ask()
    assert len(desk.queue) == 2
    with pytest.raises(IdempotencyKeyReused):
        desk.ask({"policy": "c"})


def test_an_answer_is_found_by_its_id() -> None:
    desk = Desk()
    asked = desk.ask().simulation
    done = desk.work()
    assert done is not None
    assert (done.state, done.attempts, done.summary, done.tables) == (State.FINISHED, 1, {"cost": 7}, ("summary",))
    assert simulation_named(desk.store, asked.id) == done
    for unknown in ("nothing", "00000000-0000-8000-8000-000000000000", asked.id[:-1] + "0"):
        with pytest.raises(NotFound):
            simulation_named(desk.store, unknown)


def test_an_answered_simulation_is_not_computed_again() -> None:
    desk = Desk()
    desk.ask()
    desk.work()
    assert desk.work(({"cost": 8}, ())) is None
    desk = Desk()
    desk.ask()
    done = desk.work(Unanswerable("no_payments", "There is no Parquet file."))
    assert done is not None
    assert (done.state, done.fault) == (State.REFUSED, Fault("no_payments", "There is no Parquet file."))
    assert desk.work() is None


def test_an_interrupted_simulation_is_shown_as_failed_and_retried() -> None:
    desk = Desk()
    asked = desk.ask().simulation
    for attempt in range(1, ATTEMPTS + 1):
        with pytest.raises(MemoryError):
            desk.work(MemoryError())
        running = simulation_named(desk.store, asked.id)
        assert (running.state, running.attempts) == (State.RUNNING, attempt)
        assert seen(running, desk.now) == running
        assert desk.work() is None, "another worker has it"
        desk.now += LONGEST
        told = seen(running, desk.now)
        assert told.state is State.FAILED
        assert told.fault is not None
        assert told.fault.code == "simulation_broke_off"
    assert desk.work() is None, "no attempts are left"


def test_two_workers_with_one_message_compute_once() -> None:
    desk = Desk()
    asked = desk.ask().simulation
    running = begun(asked, NOON)
    assert running
    desk.store.store(running, asked)
    assert desk.work() is None
    desk.now += LONGEST
    assert begun(replace(running, attempts=2), desk.now) is not None
    assert work_out(desk.store, "no request", lambda _: ({}, ()), desk.clock) is None


def test_a_period_has_whole_months_in_order() -> None:
    assert payments_asked("city", "2020-12", "2021-01") == Payments("city", "2020-12", "2021-01")
    assert payments_asked("city", "2020-01", f"{2019 + MOST_MONTHS // 12}-12").first == "2020-01"
    for first, last in (("2020-02", "2020-01"), ("2020-01", f"{2020 + MOST_MONTHS // 12}-01")):
        with pytest.raises(Invalid):
            payments_asked("city", first, last)
