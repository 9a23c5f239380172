"""Windows that limits and pools count in, and their names. Days and months are always those of Seoul.

A window's name is part of the key of its usage. So a new window needs no job: its first payment finds no usage under its name.
"""

from datetime import datetime
from typing import NamedTuple

from eeum.calendar import SEOUL, Month, month_of, previous_month

MONTH, HALF_MONTH, YEAR, EVENT = "month", "half_month", "year", "event"
KINDS = (MONTH, HALF_MONTH, YEAR, EVENT)

WindowName = str
"""`2021-01` (a month), `2021-01-1` and `2021-01-2` (its halves), `2021` (a year), `until-2024-10` (an event, by the month of its end)."""

_LAST_DAY_OF_THE_FIRST_HALF = 15
_EVENT_PREFIX = "until-"


class Window(NamedTuple):
    """The period that a limit counts in. `kind` is one of `KINDS`; only an event has `start` and `until` (exclusive)."""

    kind: str = MONTH
    start: datetime | None = None
    until: datetime | None = None

    def is_open(self, instant: datetime) -> bool:
        """Whether the window counts at `instant`: an event between its start and end, any other window always."""
        return (self.start is None or self.start <= instant) and (self.until is None or instant < self.until)


CALENDAR_MONTH = Window(MONTH)


def window_name(window: Window, instant: datetime) -> WindowName:
    """The name of the window that `instant` falls into."""
    if window.kind == EVENT and window.until is not None:
        return f"{_EVENT_PREFIX}{month_of(window.until)}"
    month = month_of(instant)
    if window.kind == HALF_MONTH:
        first = instant.astimezone(SEOUL).day <= _LAST_DAY_OF_THE_FIRST_HALF
        return f"{month}-{1 if first else 2}"
    return month[:4] if window.kind == YEAR else month


def previous_window(window: Window, name: WindowName) -> WindowName | None:
    """The window before the one of this name; an event has none."""
    if window.kind == EVENT:
        return None
    if window.kind == YEAR:
        return f"{int(name) - 1:04d}"
    if window.kind == HALF_MONTH:
        return f"{name[:7]}-1" if name.endswith("-2") else f"{previous_month(name[:7])}-2"
    return previous_month(name)


def start_of_window(window: Window, name: WindowName) -> datetime:
    """The instant at which the window of this name begins."""
    if window.kind == EVENT and window.start is not None:
        return window.start
    if window.kind == YEAR:
        return datetime(int(name), 1, 1, tzinfo=SEOUL)
    second_half = window.kind == HALF_MONTH and name.endswith("-2")
    return datetime(int(name[:4]), int(name[5:7]), _LAST_DAY_OF_THE_FIRST_HALF + 1 if second_half else 1, tzinfo=SEOUL)


def months_of(window: Window, name: WindowName) -> tuple[Month, Month]:
    """The first and the last month that the window of this name touches."""
    if window.kind == EVENT:
        last = name.removeprefix(_EVENT_PREFIX)
        return (month_of(window.start) if window.start else last), last
    if window.kind == YEAR:
        return f"{name}-01", f"{name}-12"
    return name[:7], name[:7]


def last_month_of(name: WindowName) -> Month:
    """The last month that a window touches, from its name alone."""
    bare = name.removeprefix(_EVENT_PREFIX)
    return f"{bare}-12" if len(bare) == len("2021") else bare[:7]


def window_key(limit_id: str, name: WindowName) -> str:
    """The key of a limit's usage in a window: `monthly-spend@2021-01`."""
    return f"{limit_id}@{name}"


def carried_into(amount: int, used_in_previous: int) -> int:
    """The won that a window of `amount` won carries into the next one.

    An amount that was carried into the window is used last and is not carried again.
    """
    return max(amount - used_in_previous, 0)
