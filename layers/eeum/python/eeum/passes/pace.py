"""The pace of a pass: how fast it reads, and how long it waits when the table is throttled."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from eeum.errors import Busy
from eeum.storage import Contended, Unavailable

THROTTLED = (Busy, Contended, Unavailable)
"""Errors after which the same page can be read again, a moment later."""

MOST_TRIES = 5
"""How often in succession a page is tried."""


@dataclass
class Pace:
    """Keeps a pass below `read_units` a second, by pausing after each page. Without a limit it never pauses.

    `clock` counts seconds from any start; `pause` waits that many seconds.
    """

    read_units: float = math.inf
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    _free_at: float = field(default=-math.inf, init=False)

    def spend(self, units: float) -> None:
        """Count `units` that were read, and wait until the next ones may be."""
        now = self.clock()
        self._free_at = max(self._free_at, now) + units / self.read_units
        if self._free_at > now:
            self.pause(self._free_at - now)


@dataclass
class Setbacks:
    """Failures of pages in succession. `pause` waits that many seconds."""

    pause: Callable[[float], None]
    error: Exception | None = None
    _count: int = 0

    def clear(self) -> None:
        """Note that a page succeeded."""
        self.error, self._count = None, 0

    def again(self, error: Exception) -> bool:
        """Whether to try the page again after `error`; waits before it answers so: 1 s at first, then twice as long each time."""
        self.error = error
        self._count += 1
        if self._count >= MOST_TRIES:
            return False
        self.pause(2.0 ** (self._count - 1))
        return True


class Resumable(Protocol):
    """What a call of a pass did so far. `resume` is where the next page begins, None at the end."""

    resume: str | None


def read_pages(
    done: Resumable, page: Callable[[], bool], has_time: Callable[[], bool], pause: Callable[[float], None]
) -> None:
    """Read page after page until the end, or until the end of the time. `page` reads one and moves `done.resume`, or returns False if
    there is no time for all of it.

    A throttled page is read again after a pause. What remains after some tries is left to the next call; a call that finishes no page
    raises the error.
    """
    begun, setbacks = done.resume, Setbacks(pause)
    while done.resume is not None and has_time():
        try:
            if not page():
                break
            setbacks.clear()
        except THROTTLED as error:
            if not setbacks.again(error):
                break
    if setbacks.error and done.resume == begun:
        raise setbacks.error
