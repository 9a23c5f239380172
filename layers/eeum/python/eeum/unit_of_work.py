"""A unit of work: the writes of one use case in one transaction, repeated while other writes conflict.

AWS SDKs do not retry a cancelled transaction. This module does: with jitter, with the same token, within the caller's time.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from eeum.errors import Busy, TooManyItems
from eeum.storage import MOST_WRITES, ConditionsFailed, Contended, Storage, Unavailable, Write

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5
BRIEF_ATTEMPTS = 3

# The system's random source. A seeded generator would be in the snapshot that every function starts from, so all would wait in step.
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a use case may retry. A function makes it from its remaining time.

    `remaining_seconds` counts down; `pause` waits that many seconds. `most_attempts` limits the attempts where the caller has an
    alternative.
    """

    remaining_seconds: Callable[[], float]
    pause: Callable[[float], None]
    most_attempts: int | None = None

    def briefly(self) -> "Patience":
        """The same patience, for a few attempts only."""
        return replace(self, most_attempts=BRIEF_ATTEMPTS)

    def wait(self, attempt: int) -> None:
        """Wait before attempt `attempt` (from 1) is repeated. Raises `Busy` when there is no time for it."""
        longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        given_up = self.most_attempts is not None and attempt >= self.most_attempts
        if given_up or self.remaining_seconds() < longest:
            raise Busy("Other requests are writing to the same wallet or merchant; send the same request again.")
        self.pause(_random.uniform(0, longest))


def commit(storage: Storage, patience: Patience, *writes: Write) -> None:
    """Store all `writes` or none, under one token, so that a repeated transaction has one effect.

    Writes to one item are merged (`eeum.merging`). Raises `ConditionsFailed` when a condition does not hold, and `Busy` when the time runs
    out. Raises `TooManyItems`, before anything is sent, when a transaction cannot take so many items.
    """
    if len({write.key for write in writes}) < len(writes):
        # Most transactions write each item once and never load this module.
        from eeum.merging import merge_writes

        writes = merge_writes(writes)
    if len(writes) > MOST_WRITES:
        raise TooManyItems(f"This takes {len(writes)} items in one transaction, of at most {MOST_WRITES}.")
    token = f"{_random.getrandbits(128):032x}"
    attempt = 0
    while True:
        try:
            storage.transact(writes, token)
            return
        except ConditionsFailed as failed:
            raise ConditionsFailed(failed.positions, tuple(writes[each].key for each in failed.positions)) from failed
        except (Contended, Unavailable):
            attempt += 1
            patience.wait(attempt)
