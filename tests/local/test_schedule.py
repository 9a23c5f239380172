"""The runner's calendar: it runs each schedule when it is due, with the event that EventBridge Scheduler would send."""

from __future__ import annotations

import json
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest

from local.clock import SEOUL
from local.failure import CityFailure
from local.schedule import FIRST_OF_THE_MONTH, Calendar, is_due, scheduled_time

SCHEDULES = {
    FIRST_OF_THE_MONTH: ("cron(0 0 1 * ? *)", '{"scheduled_at": "<aws.scheduler.scheduled-time>"}'),
    "Hourly": ("cron(0 * * * ? *)", '{"hourly": true}'),
    "Quarterly": ("cron(0/15 * * * ? *)", "{}"),
}


class Recording:
    """A fake emulator, with the schedules; it records what is started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, Any]] = []

    def client(self, _service: str) -> Recording:
        return self

    def list_schedules(self) -> Any:
        return {"Schedules": [{"Name": f"eeum-local-{name}-1F", "GroupName": "default"} for name in SCHEDULES]}

    def get_schedule(self, *, Name: str, GroupName: str) -> Any:  # noqa: N803 - as boto3 calls them
        logical_id = Name.split("-")[2]
        expression, event = SCHEDULES[logical_id]
        machine = "arn:aws:states:::stateMachine:all" if logical_id == "Hourly" else f"arn:aws:lambda:::{logical_id}"
        return {"Name": Name, "ScheduleExpression": expression, "Target": {"Arn": machine, "Input": event}}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803
        self.started.append((FunctionName.rpartition(":")[2], json.loads(Payload)))
        return {"Payload": BytesIO(b"{}")}

    def start_execution(self, *, stateMachineArn: str, input: str) -> Any:  # noqa: A002, N803
        self.started.append((stateMachineArn.rpartition(":")[2], json.loads(input)))
        return {"executionArn": "execution"}

    def describe_execution(self, *, executionArn: str) -> Any:  # noqa: N803
        return {"status": "SUCCEEDED", "output": "[]"}


@pytest.fixture
def emulator() -> Recording:
    return Recording()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def ticked(calendar: Calendar, at: str) -> list[str]:
    """Which schedules ran, each with its instant."""
    return [f"{run.schedule.split('-')[2]} {run.scheduled_at:%d %H:%M}" for run in calendar.tick(local(at))]


def test_the_start_catches_up_with_the_current_month(emulator: Recording) -> None:
    Calendar(emulator).open_month(local("2021-01-31T23:58:00"))  # type: ignore[arg-type]
    assert emulator.started == [(FIRST_OF_THE_MONTH, {"scheduled_at": "2020-12-31T15:00:00Z"})]


def test_what_came_within_the_hour_before_the_start_is_done_once(emulator: Recording) -> None:
    calendar = Calendar(emulator)  # type: ignore[arg-type]
    calendar.open_month(local("2021-01-31T12:20:00"))
    assert ticked(calendar, "2021-01-31T12:20:01") == ["Hourly 31 12:00", "Quarterly 31 12:15"]
    assert ticked(calendar, "2021-01-31T12:20:02") == []
    assert emulator.started[1:] == [("all", {"hourly": True}), ("Quarterly", {})]


def test_each_instant_is_called_once_at_midnight_in_order(emulator: Recording) -> None:
    calendar = Calendar(emulator)  # type: ignore[arg-type]
    calendar.open_month(local("2021-01-31T23:59:58"))
    assert len(ticked(calendar, "2021-01-31T23:59:59")) == 2
    assert ticked(calendar, "2021-02-01T00:00:00") == [
        f"{FIRST_OF_THE_MONTH} 01 00:00",
        "Hourly 01 00:00",
        "Quarterly 01 00:00",
    ]
    assert ticked(calendar, "2021-02-01T00:00:01") == []
    assert (FIRST_OF_THE_MONTH, {"scheduled_at": "2021-01-31T15:00:00Z"}) in emulator.started


def test_a_machine_that_slept_gets_the_latest_of_each_only(emulator: Recording) -> None:
    calendar = Calendar(emulator)  # type: ignore[arg-type]
    calendar.open_month(local("2021-01-30T12:00:00"))
    ticked(calendar, "2021-01-30T12:00:30")
    assert ticked(calendar, "2021-02-02T09:07:00") == [
        f"{FIRST_OF_THE_MONTH} 01 00:00",
        "Hourly 02 09:00",
        "Quarterly 02 09:00",
    ]


def test_a_run_that_fails_says_for_when(emulator: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"status": "FAILED", "error": "States.TaskFailed", "cause": "no reason"}
    monkeypatch.setattr(emulator, "describe_execution", lambda **_: failed)
    calendar = Calendar(emulator)  # type: ignore[arg-type]
    with pytest.raises(CityFailure, match=r"2021-01-31 12:00 failed: States.TaskFailed: no reason"):
        calendar.run("Hourly", local("2021-01-31T12:00:00"))


@pytest.mark.parametrize(
    ("expression", "due", "not_due"),
    [
        ("cron(0 0 1 * ? *)", ["2021-02-01T00:00:00"], ["2021-02-01T00:01:00", "2021-02-02T00:00:00"]),
        ("cron(30 * * * ? *)", ["2021-02-01T07:30:00"], ["2021-02-01T07:00:00"]),
        ("cron(0/15 * * * ? *)", ["2021-02-01T07:45:00"], ["2021-02-01T07:46:00"]),
        ("cron(* * * * ? *)", ["2021-02-01T07:45:00", "2021-12-31T23:59:00"], []),
        ("cron(5,35 3 * * ? *)", ["2021-02-01T03:35:00"], ["2021-02-01T04:35:00", "2021-02-01T03:34:00"]),
    ],
)
def test_when_a_schedule_is_due(expression: str, due: list[str], not_due: list[str]) -> None:
    assert [is_due(expression, local(instant)) for instant in due] == [True] * len(due)
    assert [is_due(expression, local(instant)) for instant in not_due] == [False] * len(not_due)


def test_an_unreadable_schedule_is_an_error() -> None:
    with pytest.raises(CityFailure, match="rate"):
        is_due("rate(1 hour)", local("2021-02-01T00:00:00"))


def test_an_instant_is_written_in_utc() -> None:
    assert scheduled_time(local("2021-02-01T00:00:00")) == "2021-01-31T15:00:00Z"
