"""One request, one effect, one answer: how every request that moves money is answered.

The stored entry is checked first, and a request that loses a race returns the stored answer. An answer is sent only after its entry is
stored. A decline is stored too, so another attempt needs a new key.
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
    """A decision and how to store it. `keep` raises `ConditionsFailed` when what was read no longer holds."""

    entry: StoredEntry
    keep: Callable[[], None]


class Answer(NamedTuple, Generic[StoredEntry]):
    """The entry that answers a request, and whether it was stored before."""

    entry: StoredEntry
    replayed: bool


def answer_once(
    request: Request,
    patience: Patience,
    read: Callable[[], tuple[StoredEntry | None, State]],
    decide: Callable[[State], Decision[StoredEntry]],
) -> Answer[StoredEntry]:
    """Answer `request` with its stored entry, or decide, store and answer.

    When a condition fails on storing, it reads and decides again: a balance changed, or the same request was faster elsewhere.

    Raises:
        IdempotencyKeyReused: the entry was stored for another body.
        Busy: the time ran out; repeating the same request returns its answer.
    """
    attempt = 0
    while True:
        stored, state = read()
        if stored is not None:
            if stored.acceptance.body_hash != request.body_hash:
                raise IdempotencyKeyReused(
                    "This Idempotency-Key was used for a request with another body; send a new request with a new key."
                )
            return Answer(stored, replayed=True)
        decision = decide(state)
        try:
            decision.keep()
            return Answer(decision.entry, replayed=False)
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)
