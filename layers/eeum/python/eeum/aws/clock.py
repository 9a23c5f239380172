"""The clock, which only the edge reads: rules receive instants. In the stage `local` it may be shifted to another month."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from eeum.calendar import SEOUL

Clock = Callable[[], datetime]


def shifted_clock(shift: timedelta) -> Clock:
    """Seoul's time, `shift` from the system clock; `Settings` allows a shift in the stage `local` only."""

    def now() -> datetime:
        return (datetime.now(UTC) + shift).astimezone(SEOUL)

    return now
