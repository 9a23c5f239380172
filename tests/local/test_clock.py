"""The city's clock: shifted, kept, and never running backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.clock import SEOUL, START, CityClock
from local.failure import CityFailure


class Machine:
    """A machine whose time the test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 6, 1, 12, 0, 0, 500_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def passes(self, **time: float) -> None:
        self.time += timedelta(**time)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


def test_an_empty_city_starts_in_the_month_of_the_published_policy(file: Path, machine: Machine) -> None:
    clock = CityClock(file, machine)
    assert clock.start(None) == START
    machine.passes(hours=2)
    assert timedelta(0) <= clock.now() - START - timedelta(hours=2) < timedelta(seconds=1)


def test_a_restart_continues_from_the_last_local_time(file: Path, machine: Machine) -> None:
    clock = CityClock(file, machine)
    clock.start("2021-01-31T23:58+09:00")
    machine.passes(minutes=1)
    clock.remember()
    machine.passes(days=9)
    again = CityClock(file, machine)
    again.start(None)
    assert again.now() - datetime(2021, 1, 31, 23, 59, tzinfo=SEOUL) < timedelta(seconds=2)
    assert again.now() >= datetime.fromisoformat("2021-01-31T23:59:00+09:00")


def test_now_is_the_machines_own_time(file: Path, machine: Machine) -> None:
    clock = CityClock(file, machine)
    clock.start("now")
    assert clock.shift_seconds == 0


def test_an_instant_without_offset_is_local(file: Path, machine: Machine) -> None:
    assert CityClock(file, machine).start("2021-01-31T23:58") == datetime(2021, 1, 31, 23, 58, tzinfo=SEOUL)


def test_an_earlier_instant_needs_a_reset(file: Path, machine: Machine) -> None:
    clock = CityClock(file, machine)
    clock.start("2021-02-03T10:00+09:00")
    clock.remember()
    with pytest.raises(CityFailure, match="make reset"):
        CityClock(file, machine).start("2021-02-03T09:59+09:00")


@pytest.mark.parametrize("at", ["tomorrow", "2021-13-01", "12:00"])
def test_what_is_no_instant_is_refused(file: Path, machine: Machine, at: str) -> None:
    with pytest.raises(CityFailure, match="neither"):
        CityClock(file, machine).start(at)
