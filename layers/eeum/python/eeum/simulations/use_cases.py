"""Asking for a simulation, looking at it, and working it out, in terms of a store, a queue and whoever replays payments."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from eeum.errors import IdempotencyKeyReused, NotFound
from eeum.ids import digest_of
from eeum.request import Request
from eeum.simulations.rules import Fault, Question, Simulation, State, begun, finished, refused
from eeum.simulations.store import SimulationStore
from eeum.storage import ConditionsFailed

Clock = Callable[[], datetime]


class Unanswerable(Exception):
    """What was asked cannot be answered: a stable `code`, and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Replay(Protocol):
    def __call__(self, simulation: Simulation) -> tuple[dict[str, object], tuple[str, ...]]:
        """The summary, and the names of the tables that were stored. Raises `Unanswerable`."""


class Asked(NamedTuple):
    """A simulation, and whether it had been asked for before."""

    simulation: Simulation
    replayed: bool


def ask(
    store: SimulationStore, send: Callable[[str], None], request: Request, question: Question, clock: Clock
) -> Asked:
    """Stores the question under its request, and sends its worker there; the same request again is the same simulation.

    Raises `IdempotencyKeyReused` for another question under the same key.
    """
    known = store.simulation(request.digest)
    if known is None:
        acceptance = request.accept(clock())
        simulation = Simulation(
            acceptance.id, request.digest, request.body_hash, question, request.caller, acceptance.accepted_at
        )
        try:
            store.add(simulation)
        except ConditionsFailed:
            known = store.simulation(request.digest)
        else:
            send(request.digest)
            return Asked(simulation, replayed=False)
    assert known is not None
    if known.body_hash != request.body_hash:
        raise IdempotencyKeyReused("This key was used for another simulation.")
    if known.state is State.REQUESTED:
        # Whoever asked first may have broken off before it was sent. A worker that is told twice works once.
        send(request.digest)
    return Asked(known, replayed=True)


def simulation_named(store: SimulationStore, simulation_id: str) -> Simulation:
    """Raises `NotFound`."""
    request = digest_of(simulation_id)
    found = store.simulation(request) if request else None
    if found is None or found.id != simulation_id:
        raise NotFound("There is no such simulation.")
    return found


def work_out(store: SimulationStore, request: str, replay: Replay, clock: Clock) -> Simulation | None:
    """Answers a question that was sent; None when nothing is to be done. What breaks off leaves it running, until another attempt."""
    asked = store.simulation(request)
    running = begun(asked, clock()) if asked else None
    if asked is None or running is None:
        return None
    try:
        store.store(running, asked)
    except ConditionsFailed:
        return None  # another worker was told, too
    try:
        summary, tables = replay(running)
    except Unanswerable as problem:
        done = refused(running, Fault(problem.code, str(problem)), clock())
    else:
        done = finished(running, summary, tables, clock())
    store.store(done, running)
    return done
