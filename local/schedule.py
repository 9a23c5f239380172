"""The city's calendar: what EventBridge Scheduler does on AWS, at the city's own local time.

The emulator knows neither time zones nor the city's clock. So the deployed schedules are switched off, and the runner
sends each schedule's own input to its own target: at every local midnight, and once at the start, to catch up. The
function opens a month once, however often it is asked.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from local.emulator import Emulator
from local.failure import CityFailure

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


class Calendar:
    """Invokes the targets of the deployed schedules."""

    def __init__(self, emulator: Emulator) -> None:
        self._schedules = emulator.client("scheduler")
        self._functions = emulator.client("lambda")
        self._next: datetime | None = None

    def open_month(self, local_time: datetime) -> None:
        """What the last 1st of a month would have brought; for the start, after which midnights are watched."""
        self.invoke(midnight(local_time).replace(day=1))
        self._next = midnight(local_time) + timedelta(days=1)

    def tick(self, local_time: datetime) -> datetime | None:
        """Invoke the targets if a midnight has passed, and give it; a machine that slept gets the latest only."""
        if self._next is None or local_time < self._next:
            return None
        passed = midnight(local_time)
        self.invoke(passed)
        self._next = passed + timedelta(days=1)
        return passed

    def invoke(self, scheduled_at: datetime) -> list[Any]:
        """Send every schedule's input, for that instant, to its target; what the targets answered."""
        return [self._invoke(target, scheduled_at) for target in self._targets()]

    def _targets(self) -> list[dict[str, Any]]:
        summaries = self._schedules.list_schedules()["Schedules"]
        return [
            self._schedules.get_schedule(Name=summary["Name"], GroupName=summary["GroupName"])["Target"]
            for summary in summaries
        ]

    def _invoke(self, target: dict[str, Any], scheduled_at: datetime) -> Any:
        event = target["Input"].replace(SCHEDULED_TIME, scheduled_time(scheduled_at))
        answer = self._functions.invoke(FunctionName=target["Arn"], Payload=event.encode())
        contents = answer["Payload"].read()
        if "FunctionError" in answer:
            raise CityFailure(f"The scheduled run for {scheduled_at:%Y-%m-%d %H:%M} failed: {contents.decode()[:500]}")
        return json.loads(contents or b"null")


def midnight(local_time: datetime) -> datetime:
    """The one that began the local day."""
    return local_time.replace(hour=0, minute=0, second=0, microsecond=0)


def scheduled_time(instant: datetime) -> str:
    """As EventBridge Scheduler writes it: in UTC, to the second, with a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
