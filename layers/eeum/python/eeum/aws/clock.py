"""The one clock, made at the edge: no rule reads it. In the stage `local` it may be shifted, so that a laptop can live in another month."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from eeum.calendar import SEOUL

Clock = Callable[[], datetime]


def shifted_clock(shift: timedelta) -> Clock:
    """Seoul's time, `shift` away from the machine's; `Settings` lets only the stage `local` have a shift."""

    def now() -> datetime:
        return (datetime.now(UTC) + shift).astimezone(SEOUL)

    return now
