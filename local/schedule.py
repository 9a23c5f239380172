"""The city's calendar: what EventBridge Scheduler does on AWS, at the city's own local time.

The emulator knows neither time zones nor the city's clock. So the deployed schedules are switched off, and the runner sends each
schedule's own input to its own target when it is due: a function, or the machine that goes through all wallets. A
repeated run has no further effect.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.emulator import Emulator
from local.failure import CityFailure

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
FIRST_OF_THE_MONTH = "MonthlyCapResetFunctionFirstOfTheMonth"
MONTH_CLOSING = "MonthClosingSchedule"
CATCH_UP = "CashbackCatchUpSchedule"
LEDGER_AUDIT = "LedgerAuditSchedule"
HOLD_EXPIRY = "HoldExpiryFunctionEveryQuarterOfAnHour"
BALANCE_FOLD = "BalanceFoldFunctionEveryHour"

MINUTE = timedelta(minutes=1)
#: At its start the city looks back this long, and runs once what was due while it was stopped.
LOOK_BACK = timedelta(hours=1)
MACHINE_SECONDS = 300


@dataclass(frozen=True)
class Schedule:
    """A deployed schedule: its name holds its logical id, `expression` is such as `cron(0/15 * * * ? *)`."""

    name: str
    expression: str
    target: dict[str, Any]

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The latest instant after `after`, and not later than `until`, at which it is due; local times."""
        instant = until.replace(second=0, microsecond=0)
        while instant > after:
            if is_due(self.expression, instant):
                return instant
            instant -= MINUTE
        return None


@dataclass(frozen=True)
class Run:
    """The answer of one run of a schedule's target."""

    schedule: str
    scheduled_at: datetime
    answer: Any


class Calendar:
    """Starts the targets of the deployed schedules."""

    def __init__(self, emulator: Emulator) -> None:
        self._schedules = emulator.client("scheduler")
        self._functions = emulator.client("lambda")
        self._machines = emulator.client("stepfunctions")
        self._seen: datetime | None = None

    def open_month(self, local_time: datetime) -> None:
        """Run what was due on the last 1st of a month. Called at the start; later runs follow the clock."""
        self.run(FIRST_OF_THE_MONTH, midnight(local_time).replace(day=1))
        self._seen = local_time - LOOK_BACK

    def tick(self, local_time: datetime) -> Iterator[Run]:
        """Run what has become due since the last tick, in order. After the machine slept, only the latest run of each schedule."""
        if self._seen is None or local_time.replace(second=0, microsecond=0) <= self._seen:
            return
        seen, self._seen = self._seen, local_time
        due = [(instant, each) for each in self.deployed() if (instant := each.latest(seen, local_time))]
        for instant, schedule in sorted(due, key=lambda pair: pair[0]):
            yield self._run(schedule, instant)

    def run(self, logical_id: str, scheduled_at: datetime) -> Any:
        """Send one schedule's input, for that instant, to its target; return the target's answer."""
        (schedule,) = [each for each in self.deployed() if f"-{logical_id}-" in each.name]
        return self._run(schedule, scheduled_at).answer

    def deployed(self) -> list[Schedule]:
        summaries = self._schedules.list_schedules()["Schedules"]
        described = [
            self._schedules.get_schedule(Name=summary["Name"], GroupName=summary["GroupName"]) for summary in summaries
        ]
        return [Schedule(each["Name"], each["ScheduleExpression"], each["Target"]) for each in described]

    def _run(self, schedule: Schedule, scheduled_at: datetime) -> Run:
        event = schedule.target["Input"].replace(SCHEDULED_TIME, scheduled_time(scheduled_at))
        start = self._start_machine if ":stateMachine:" in schedule.target["Arn"] else self._invoke
        try:
            return Run(schedule.name, scheduled_at, start(schedule.target["Arn"], event))
        except CityFailure as failure:
            raise CityFailure(f"The scheduled run for {scheduled_at:%Y-%m-%d %H:%M} failed: {failure}") from failure

    def _invoke(self, function: str, event: str) -> Any:
        answer = self._functions.invoke(FunctionName=function, Payload=event.encode())
        contents = answer["Payload"].read()
        if "FunctionError" in answer:
            raise CityFailure(contents.decode()[:500])
        return json.loads(contents or b"null")

    def _start_machine(self, machine: str, event: str) -> Any:
        """Start an execution and wait for its end."""
        execution = self._machines.start_execution(stateMachineArn=machine, input=event)["executionArn"]
        deadline = time.monotonic() + MACHINE_SECONDS
        while time.monotonic() < deadline:
            described = self._machines.describe_execution(executionArn=execution)
            if described["status"] == "SUCCEEDED":
                return json.loads(described["output"])
            if described["status"] != "RUNNING":
                raise CityFailure(f"{described.get('error')}: {str(described.get('cause'))[:500]}")
            time.sleep(0.1)
        raise CityFailure(f"the machine did not end within {MACHINE_SECONDS} seconds.")


def is_due(expression: str, instant: datetime) -> bool:
    """Whether a cron expression of EventBridge Scheduler names this minute; no schedule here has days of the week."""
    fields = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) \? (\S+)\)", expression)
    if fields is None:
        raise CityFailure(f"The calendar does not understand the schedule {expression}.")
    now = (instant.minute, instant.hour, instant.day, instant.month, instant.year)
    return all(_fits(field, value) for field, value in zip(fields.groups(), now, strict=True))


def _fits(field: str, value: int) -> bool:
    if field == "*":
        return True
    first, _, step = field.partition("/")
    if step:
        return value >= int(first) and (value - int(first)) % int(step) == 0
    return value in {int(each) for each in field.split(",")}


def midnight(local_time: datetime) -> datetime:
    """The midnight at which the local day began."""
    return local_time.replace(hour=0, minute=0, second=0, microsecond=0)


def scheduled_time(instant: datetime) -> str:
    """The time as EventBridge Scheduler writes it: in UTC, to the second, with a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
