"""A unit of work: the writes of one use case, sent as one transaction, again where others were in the way.

Software kits do not retry a cancelled transaction, so this does: with jitter, with the same token, within the time the caller has.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from eeum.errors import Busy
from eeum.storage import Contended, Storage, Unavailable, Write

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a use case may go on trying: made at the edge, from what is left of the function's time.

    `remaining_seconds` counts down; `pause` waits that many seconds.
    """

    remaining_seconds: Callable[[], float]
    pause: Callable[[float], None]

    def wait(self, attempt: int) -> None:
        """Waits before attempt `attempt` (from 1) is repeated; raises `Busy` when there is no time for it."""
        longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        if self.remaining_seconds() < longest:
            raise Busy("Others are writing to the same wallet or merchant; send the same request again.")
        self.pause(random.uniform(0, longest))


class UnitOfWork:
    """Collects writes and commits them together."""

    def __init__(self, storage: Storage, patience: Patience, token: str) -> None:
        """`token` names this attempt: sent again with the same writes, it has one effect."""
        self._storage = storage
        self._patience = patience
        self._token = token
        self._writes: list[Write] = []

    def add(self, *writes: Write) -> None:
        self._writes.extend(writes)

    def commit(self) -> None:
        """Raises `ConditionsFailed` when a condition does not hold, `Busy` when time runs out."""
        attempt = 0
        while True:
            try:
                self._storage.transact(self._writes, self._token)
                return
            except (Contended, Unavailable):
                attempt += 1
                self._patience.wait(attempt)
