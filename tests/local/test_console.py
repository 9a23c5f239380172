"""The requests of the page at `/`, and their answers when they fail."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from local import environment
from local.clock import SEOUL
from local.failure import CityFailure
from local.front import views
from local.front.console import CityConsole
from local.roles import Tokens

NOW = datetime(2021, 1, 4, 9, 0, tzinfo=SEOUL)


class City:
    """A city whose clock moves when the test continues it."""

    port = 4600

    def __init__(self) -> None:
        self.clock = SimpleNamespace(now=lambda: self.time)
        self.stack = SimpleNamespace(functions={"CashbackFunction": "eeum-local-cashback"})
        self.time = NOW
        self.sign_ins = 0
        self.go_on = threading.Event()
        self.failure: Exception | None = None

    def move_clock(self, at: datetime) -> None:
        assert self.go_on.wait(10)
        if self.failure:
            raise self.failure
        self.time = at

    def sign_everyone_in(self) -> Tokens:
        self.sign_ins += 1
        return Tokens("r", "m", "o", "c", "a", "b")


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setattr(views, "due", lambda _city, _until: ["MonthClosingSchedule"])
    events = iter([{"earlier": "CashbackFunction"}])
    changed = {"earlier": "CashbackFunction", "later": "CashbackFunction", "latest": "CashbackFunctionVersion1"}
    monkeypatch.setattr(views, "stack_events", lambda _city: next(events, changed))
    monkeypatch.setattr(environment, "write_for_containers", lambda _city: None)
    return City()


@pytest.fixture
def console(city: City) -> CityConsole:
    return CityConsole(city)  # type: ignore[arg-type]


def ended(console: CityConsole) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        _, work = console.answer("GET", "/local/api/work", None)
        if work["status"] != "running":
            return dict(work)
        time.sleep(0.02)
    raise AssertionError("the work does not end")


def test_the_clock_moves_with_its_progress(city: City, console: CityConsole) -> None:
    at = (NOW + timedelta(days=27)).isoformat()
    status, work = console.answer("POST", "/local/api/clock", {"at": at})
    assert (status, work["kind"], work["status"]) == (200, "clock", "running")

    time.sleep(0.5)
    steps = console.answer("GET", "/local/api/work", None)[1]["steps"]
    assert steps == [{"name": "prepare", "done": 1, "total": 1}, {"name": "deploy", "done": 2, "total": 3}]

    city.go_on.set()
    done = ended(console)
    assert done["status"] == "done"
    assert done["result"] == {"time": at, "due": ["MonthClosingSchedule"]}


def test_one_piece_of_work_runs_at_a_time(city: City, console: CityConsole) -> None:
    console.answer("POST", "/local/api/clock", {"at": "2021-01-05T09:00"})
    status, refused = console.answer("POST", "/local/api/days", {})
    assert (status, refused["work"]["kind"]) == (409, "clock")

    city.go_on.set()
    ended(console)
    assert console.answer("POST", "/local/api/clock", {"at": "2021-01-06T09:00"})[0] == 200


@pytest.mark.parametrize(
    "failure",
    [CityFailure("The deployment failed at LedgerTable."), RuntimeError("something else")],
    ids=["told", "other"],
)
def test_work_that_fails_says_why_and_other_work_can_begin(
    city: City, console: CityConsole, failure: Exception
) -> None:
    city.failure = failure
    city.go_on.set()
    console.answer("POST", "/local/api/clock", {"at": "2021-01-05T09:00"})
    failed = ended(console)

    assert failed["status"] == "failed"
    assert str(failure) in failed["failure"]
    city.failure = None
    console.answer("POST", "/local/api/clock", {"at": "2021-01-05T09:00"})
    assert ended(console)["status"] == "done"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"at": "2021-01-04T08:59"}, "never runs backwards"),
        ({"at": "2200-01-01T00:00"}, "must be before 2200"),
        ({"at": "tomorrow"}, "no instant"),
        ({"at": "0001-01-01T00:00+14:00"}, "no instant"),
        ({"at": 5}, "at is missing"),
        ({}, "at is missing"),
        ([], "at is missing"),
        (None, "at is missing"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_a_sentence(console: CityConsole, body: Any, says: str) -> None:
    status, refused = console.answer("POST", "/local/api/clock", body)
    assert status == 422
    assert says in refused["message"]
    assert console.answer("GET", "/local/api/work", None) == (200, None)


def test_everyone_is_signed_in_once_for_many_tokens(city: City, console: CityConsole) -> None:
    tokens = [console.answer("POST", "/local/api/tokens", {"role": role}) for role in ("operator", "bank", "operator")]
    assert [each[1]["token"] for each in tokens] == ["o", "b", "o"]
    assert city.sign_ins == 1
    assert console.answer("POST", "/local/api/tokens", {"role": "mayor"})[0] == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("GET", "clock", 405),
        ("POST", "wallets", 405),
        ("GET", "logs/CashbackTable", 404),
        ("GET", "logs/UnknownFunction", 404),
        ("GET", "logs/../work", 404),
        ("GET", "openapi", 200),
    ],
)
def test_unknown_paths_are_refused(console: CityConsole, method: str, path: str, status: int) -> None:
    assert console.answer(method, f"/local/api/{path}", None)[0] == status


def test_what_a_function_printed_is_found_in_the_emulator_s_log() -> None:
    log = """2026-12-01 10:46:43 INFO [lambda] Lambda eeum-local-One output:
{"level":"ERROR","message":"first"}
Traceback (most recent call last):
2026-12-01 10:46:44 INFO [lambda] Lambda eeum-local-Two output:
{"level":"INFO","message":"another's"}
2026-12-01 10:46:45 WARNING [lambda_runtime] Lambda worker of eeum-local-One ended
2026-12-01 10:46:46 INFO [sqs] something else
2026-12-01 10:46:47 INFO [lambda] Lambda eeum-local-One output:
{"level":"INFO","message":"last"}"""
    assert views.lines_of("eeum-local-One", log) == [
        '{"level":"ERROR","message":"first"}',
        "Traceback (most recent call last):",
        "2026-12-01 10:46:45 WARNING [lambda_runtime] Lambda worker of eeum-local-One ended",
        '{"level":"INFO","message":"last"}',
    ]
