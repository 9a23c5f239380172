"""Ask for a simulation, show it, and compute its answer, in terms of a store, a queue and a replay of payments."""

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
    """A question that cannot be answered: a stable `code`, and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Replay(Protocol):
    def __call__(self, simulation: Simulation) -> tuple[dict[str, object], tuple[str, ...]]:
        """Replay the payments; return the summary and the names of the stored tables. Raises `Unanswerable`."""


class Asked(NamedTuple):
    """A simulation, and whether the same request had asked for it before."""

    simulation: Simulation
    replayed: bool


def ask(
    store: SimulationStore, send: Callable[[str], None], request: Request, question: Question, clock: Clock
) -> Asked:
    """Store the question under its request, and send it to a worker; the same request again returns the same simulation.

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
        # The first request may have stopped before it sent the message. Workers that receive it twice answer it once.
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
    """Answer a question from the queue; None if nothing is to be done. An interrupted attempt stays `running` until the next."""
    asked = store.simulation(request)
    running = begun(asked, clock()) if asked else None
    if asked is None or running is None:
        return None
    try:
        store.store(running, asked)
    except ConditionsFailed:
        return None  # another worker received the message too
    try:
        summary, tables = replay(running)
    except Unanswerable as problem:
        done = refused(running, Fault(problem.code, str(problem)), clock())
    else:
        done = finished(running, summary, tables, clock())
    store.store(done, running)
    return done
