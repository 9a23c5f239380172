"""One request, one effect, one answer: the way every request that moves money is answered.

The stored entry is judged before anything else, and whoever loses a race gives the stored answer. An answer leaves only
after the entry that carries it is stored; a decline is stored too, and a new attempt needs a new key.
"""

from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, TypeVar

from eeum.errors import IdempotencyKeyReused
from eeum.request import Acceptance, Request
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience


class Entry(Protocol):
    @property
    def acceptance(self) -> Acceptance: ...


StoredEntry = TypeVar("StoredEntry", bound=Entry)
State = TypeVar("State")


class Decision(NamedTuple, Generic[StoredEntry]):
    """What was decided, and how to keep it: `keep` raises `ConditionsFailed` when what was read no longer holds."""

    entry: StoredEntry
    keep: Callable[[], None]


class Answer(NamedTuple, Generic[StoredEntry]):
    """The entry that answers a request, and whether it was there before."""

    entry: StoredEntry
    replayed: bool


def answer_once(
    request: Request,
    patience: Patience,
    read: Callable[[], tuple[StoredEntry | None, State]],
    decide: Callable[[State], Decision[StoredEntry]],
) -> Answer[StoredEntry]:
    """Answers `request` with its stored entry, or decides, keeps and answers.

    When a condition fails on keeping (the balance went, or a twin of the request was faster), it reads and decides again.

    Raises:
        IdempotencyKeyReused: the entry was stored for another body.
        Busy: the time ran out; the same request finds the answer, whatever became of it.
    """
    attempt = 0
    while True:
        stored, state = read()
        if stored is not None:
            if stored.acceptance.body_hash != request.body_hash:
                raise IdempotencyKeyReused(
                    "This Idempotency-Key was used for a request with another body; a new request needs a new key."
                )
            return Answer(stored, replayed=True)
        decision = decide(state)
        try:
            decision.keep()
            return Answer(decision.entry, replayed=False)
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)
