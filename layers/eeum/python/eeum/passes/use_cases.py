"""Scheduled passes over all wallets: each run continues where the one before stopped, and a finished pass rests until the next is due.

A run is a chain of calls: each answers the event of the next one. `resume` is the place in the segment, None at the end. An event with
`at_once` asks for a whole pass of its own, now: it neither reads nor keeps a position.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from eeum.calendar import parse_instant, text_of, whole_milliseconds
from eeum.passes.store import PassStore
from eeum.segments import BEGINNING, Segment

Event = dict[str, Any]

LONGEST_RUN = timedelta(minutes=50)
"""After this long a run begins no further call: the next hourly run continues."""


@dataclass(frozen=True, slots=True)
class Passes:
    """The passes of one kind. A new one begins when `every` has gone by since the one before began; `now` is the system clock."""

    store: PassStore
    name: str
    every: timedelta
    now: Callable[[], datetime]

    def begin(self, event: Event, **about: Any) -> Event | None:
        """The event to work on: `event` itself, or at the beginning of a run the position where the last run stopped.

        `about` says what the pass is about, such as its month: a position about something else is not continued. None when the last pass
        is finished and the next is not due.
        """
        # A run of an earlier release, which kept no position, has no `begun_at`: its place is one in the whole ledger.
        if event.get("at_once") or "begun_at" in event:
            return event
        now = whole_milliseconds(self.now())
        until = text_of(now + LONGEST_RUN)
        stored = self.store.position(self.name, Segment(event["segment"], event["segments"]))
        if stored is not None and all(stored.get(name) == value for name, value in about.items()):
            if stored["resume"] is not None:
                return {**stored, "until": until}
            if now < parse_instant(stored["begun_at"], "begun_at") + self.every:
                return None
        start = {"segment": event["segment"], "segments": event["segments"], "resume": BEGINNING}
        return {**start, **about, "begun_at": text_of(now), "until": until}

    def end(self, event: Event, answer: Event) -> Event:
        """What a call answers: `answer`, the event of the next call. Its position is kept first.

        `finished` says whether the whole pass is over. A run whose time is over answers no `resume`, though its pass is not finished.
        """
        finished = answer["resume"] is None
        if event.get("at_once"):
            return {**answer, "at_once": True, "finished": finished}
        following = {**answer, "begun_at": event["begun_at"], "until": event["until"], "finished": finished}
        self.store.keep(self.name, Segment(answer["segment"], answer["segments"]), following)
        is_over = self.now() >= parse_instant(event["until"], "until")
        return {**following, "resume": None} if is_over else following

    def hours(self, event: Event) -> float:
        """How long ago the pass began, in hours; 0 for one `at_once`."""
        begun_at = event.get("begun_at")
        return (self.now() - parse_instant(begun_at, "begun_at")) / timedelta(hours=1) if begun_at else 0.0
