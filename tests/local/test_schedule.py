"""The runner's calendar: one call a midnight, with the event that EventBridge Scheduler would send."""

from __future__ import annotations

from datetime import datetime

import pytest

from local.clock import SEOUL
from local.schedule import Calendar, scheduled_time


class Unconnected:
    """Stands for the emulator: the calendar's calls are recorded, not sent."""

    def client(self, _service: str) -> None:
        return None


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(Calendar, "invoke", lambda _self, instant: calls.append(scheduled_time(instant)))
    return calls


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def test_the_start_catches_up_with_the_current_month(invoked: list[str]) -> None:
    Calendar(Unconnected()).open_month(local("2021-01-31T23:58:00"))  # type: ignore[arg-type]
    assert invoked == ["2020-12-31T15:00:00Z"]


def test_each_midnight_is_called_once(invoked: list[str]) -> None:
    calendar = Calendar(Unconnected())  # type: ignore[arg-type]
    calendar.open_month(local("2021-01-31T23:59:58"))
    passed = [
        calendar.tick(local(f"2021-{second}")) for second in ("01-31T23:59:59", "02-01T00:00:00", "02-01T00:00:01")
    ]
    assert passed == [None, local("2021-02-01T00:00:00"), None]
    assert invoked == ["2020-12-31T15:00:00Z", "2021-01-31T15:00:00Z"]


def test_a_machine_that_slept_gets_the_latest_midnight_only(invoked: list[str]) -> None:
    calendar = Calendar(Unconnected())  # type: ignore[arg-type]
    calendar.open_month(local("2021-01-30T12:00:00"))
    calendar.tick(local("2021-02-02T09:00:00"))
    assert invoked[1:] == ["2021-02-01T15:00:00Z"]
