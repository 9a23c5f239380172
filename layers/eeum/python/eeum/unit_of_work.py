"""A unit of work: the writes of one use case, sent as one transaction, again where others were in the way.

Software kits do not retry a cancelled transaction, so this does: with jitter, with the same token, within the time the caller has.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from eeum.errors import Busy, TooManyItems
from eeum.storage import MOST_WRITES, ConditionsFailed, Contended, Storage, Unavailable, Write

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5
BRIEF_ATTEMPTS = 3

# The system's: a generator with a seed would be in the snapshot that every function starts from, and all would wait in step.
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a use case may go on trying: made at the edge, from what is left of the function's time.

    `remaining_seconds` counts down; `pause` waits that many seconds. `most_attempts` bounds the tries where something else can be done.
    """

    remaining_seconds: Callable[[], float]
    pause: Callable[[float], None]
    most_attempts: int | None = None

    def briefly(self) -> "Patience":
        """The same, for a few attempts only."""
        return replace(self, most_attempts=BRIEF_ATTEMPTS)

    def wait(self, attempt: int) -> None:
        """Waits before attempt `attempt` (from 1) is repeated; raises `Busy` when there is no time for it."""
        longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        given_up = self.most_attempts is not None and attempt >= self.most_attempts
        if given_up or self.remaining_seconds() < longest:
            raise Busy("Others are writing to the same wallet or merchant; send the same request again.")
        self.pause(_random.uniform(0, longest))


def commit(storage: Storage, patience: Patience, *writes: Write) -> None:
    """Does all `writes` or none, under a token of their own, so that what is sent again has one effect.

    Writes to one item are merged (`eeum.merging`). Raises `ConditionsFailed` when a condition does not hold, `Busy` when time runs out,
    and, before anything is sent, `TooManyItems` for more items than a transaction takes.
    """
    if len({write.key for write in writes}) < len(writes):
        # Most transactions write each item once, and never load this.
        from eeum.merging import merge_writes

        writes = merge_writes(writes)
    if len(writes) > MOST_WRITES:
        raise TooManyItems(f"This takes {len(writes)} items in one transaction, of at most {MOST_WRITES}.")
    token = str(uuid.uuid4())
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
