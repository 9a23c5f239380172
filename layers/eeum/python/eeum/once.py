"""One request, one effect, one answer: the way every request that moves money is answered.

The stored entry is judged before anything else, and whoever loses a race gives the stored answer. An answer leaves only
after the entry that carries it is stored; a decline is stored too, and a new attempt needs a new key.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from eeum.errors import IdempotencyKeyReused, Invalid
from eeum.ids import Digest, entry_id, request_digest
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience

SHORTEST_KEY = 16
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What every entry carries of its request: its id, who asked, for what, and when the server first accepted it."""

    id: str
    wallet_id: str
    digest: Digest
    body_hash: str
    caller: str
    accepted_at: datetime


class Entry(Protocol):
    @property
    def acceptance(self) -> Acceptance: ...


StoredEntry = TypeVar("StoredEntry", bound=Entry)
State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what under which key. `digest` finds the entry, `body_hash` tells whether the body is the same."""

    caller: str
    wallet_id: str
    digest: Digest
    body_hash: str

    @classmethod
    def of(cls, caller: str, wallet_id: str, idempotency_key: str | None, body: Mapping[str, Any]) -> "Request":
        """Raises `Invalid` when the key is missing, too short, too long or not printable."""
        if not idempotency_key:
            raise Invalid("Idempotency-Key", "is missing: each request that moves money needs one", "missing")
        if not SHORTEST_KEY <= len(idempotency_key) <= LONGEST_KEY:
            raise Invalid("Idempotency-Key", f"must have {SHORTEST_KEY} to {LONGEST_KEY} characters", "length")
        if not (idempotency_key.isascii() and idempotency_key.isprintable()):
            raise Invalid("Idempotency-Key", "must be printable ASCII", "characters")
        return cls(caller, wallet_id, request_digest(caller, wallet_id, idempotency_key), _hash_of(body))

    def accept(self, at: datetime) -> Acceptance:
        """The request as first accepted at `at`, the server's clock: month, policy and funding follow it."""
        return Acceptance(entry_id(at, self.digest), self.wallet_id, self.digest, self.body_hash, self.caller, at)


def _hash_of(body: Mapping[str, Any]) -> str:
    """The hash of what was asked for; `requested_at` decides nothing, so it is left out."""
    asked = {name: value for name, value in body.items() if name != "requested_at" and value is not None}
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Decision(Generic[StoredEntry]):
    """What was decided, and how to keep it: `keep` raises `ConditionsFailed` when what was read no longer holds."""

    entry: StoredEntry
    keep: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Answer(Generic[StoredEntry]):
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
