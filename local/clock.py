"""The city's clock: the machine's, shifted, so that a laptop can live in January 2021 or at five minutes to midnight.

The shift reaches the functions as a parameter of the template, which only the stage `local` accepts. The last local time is
stored, so that a stopped city continues from there: its time never runs backwards over stored data.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from math import ceil
from pathlib import Path

from local.failure import CityFailure

SEOUL = timezone(timedelta(hours=9), "Asia/Seoul")
#: The month of the published policy that the README describes: 10 % to 500,000 won, 1 % to 1,000,000.
START = datetime(2021, 1, 4, 9, 0, tzinfo=SEOUL)
#: No policy may start or end later; Python's calendar ends soon after.
LATEST = datetime(2200, 1, 1, tzinfo=SEOUL)
_SECOND = timedelta(seconds=1)


def machine_time() -> datetime:
    return datetime.now(UTC)


class CityClock:
    """Remembers the shift and the last local time in a file."""

    def __init__(self, file: Path, machine: Callable[[], datetime] = machine_time) -> None:
        self._file = file
        self._machine = machine
        self.shift_seconds = 0

    def now(self) -> datetime:
        return (self._machine() + timedelta(seconds=self.shift_seconds)).astimezone(SEOUL)

    @property
    def last(self) -> datetime | None:
        """The last local time that was stored; None for an empty city."""
        if not self._file.exists():
            return None
        return datetime.fromisoformat(json.loads(self._file.read_text())["last_local_time"])

    def start(self, at: str | None) -> datetime:
        """Set the clock to `at` (`now`, an instant, or nothing: continue from the last local time); return the instant."""
        last = self.last
        wanted = self._wanted(at, last)
        if last is not None and wanted < last:
            raise CityFailure(
                f"The clock of this city shows {last:%Y-%m-%d %H:%M}, and its time never runs backwards:"
                f" empty the city with `make reset`, then AT={at} works."
            )
        self.set(wanted)
        return wanted

    def resume(self) -> None:
        """Read the shift that a running city has stored."""
        self.shift_seconds = int(json.loads(self._file.read_text())["shift_seconds"])

    def set(self, local_time: datetime) -> None:
        self.shift_seconds = ceil((local_time - self._machine()) / _SECOND)  # up: never before the last local time

    def remember(self) -> None:
        """Store the shift and the current local time, both or neither."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        contents = {"shift_seconds": self.shift_seconds, "last_local_time": self.now().isoformat(timespec="seconds")}
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(contents) + "\n")
        partial.replace(self._file)

    def _wanted(self, at: str | None, last: datetime | None) -> datetime:
        if not at:
            return last or START
        if at == "now":
            return self._machine().astimezone(SEOUL)
        try:
            instant = datetime.fromisoformat(at)
            local = instant.replace(tzinfo=SEOUL) if instant.tzinfo is None else instant.astimezone(SEOUL)
        except (ValueError, OverflowError):
            raise CityFailure(f"AT={at} is neither `now` nor an instant such as 2021-01-31T23:58+09:00.") from None
        if local >= LATEST:
            raise CityFailure(f"AT={at} is too late: it must be before {LATEST:%Y}.")
        return local
