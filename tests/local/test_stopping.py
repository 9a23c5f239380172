"""However the runner is ended, and however often, an open city waits for its cashback once, and is saved."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.draining import BalancesDrain, Drain, counted

ROOT = Path(__file__).parents[2]
#: The runner with a city that only prints its calls; its cashback takes the given number of seconds.
#: It handles Ctrl-C even if a shell that ignores it for background work started the tests.
RUNNER = """
import signal, sys, time
from pathlib import Path
from local import building, run

signal.signal(signal.SIGINT, signal.default_int_handler)
seconds = float(sys.argv[1])

class City:
    check = start = lambda self, *given: None

    def drain(self):
        run._print("waits")
        time.sleep(seconds)
        return 1

    def stop(self):
        run._print("saves")

def live(city):
    while True:
        try:
            time.sleep(0.05)
        except Exception:
            pass  # as boto3 takes it, in the middle of a call

building.build = lambda: Path()
run.the_served_city = lambda port, report: City()
run.web.build = lambda: None
run._hand_out_tokens = lambda city: None
run._welcome = lambda city, seconds: "open"
run._live = live
sys.argv = sys.argv[:1]
sys.exit(run.main())
"""
ASKED = "· Stopping: waiting for pending cashback."
FOUND = "· 1 payment without cashback yet; a catch-up finds it when the city runs again."
KEPT = "· Stopped; everything is kept. `make run` continues from here, `make reset` empties the city."


@contextmanager
def opened(cashback_seconds: float) -> Iterator[subprocess.Popen[str]]:
    """The runner, with its city open."""
    command = [sys.executable, "-c", RUNNER, str(cashback_seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            assert "Building" in process.stdout.readline()
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    lines = process.stdout.read().splitlines()
    process.wait()
    return lines


@pytest.mark.parametrize("end", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM], ids=lambda end: end.name)
def test_an_open_city_waits_for_its_cashback_and_is_saved(end: signal.Signals) -> None:
    with opened(0) as runner:
        runner.send_signal(end)
        assert said(runner) == [ASKED, "waits", FOUND, "saves", KEPT]
        assert runner.returncode == 0


def test_one_request_that_arrives_several_times_is_one() -> None:
    """`timeout` does this: it ends make and its children, and make passes the signal on."""
    with opened(0.5) as runner:
        for pause in (0.0, 0.01, 0.1):
            runner.send_signal(signal.SIGTERM)
            time.sleep(pause)
        assert said(runner) == [ASKED, "waits", FOUND, "saves", KEPT]
        assert runner.returncode == 0


def test_a_second_request_ends_the_wait_and_the_city_is_saved() -> None:
    with opened(30) as runner:
        runner.send_signal(signal.SIGINT)
        time.sleep(1.3)
        runner.send_signal(signal.SIGINT)
        assert said(runner) == [ASKED, "waits", "· Not waiting any longer.", "saves", KEPT]


def test_a_terminal_that_is_gone_keeps_no_city_from_being_saved() -> None:
    with opened(0) as runner:
        assert runner.stdout
        runner.stdout.close()
        runner.send_signal(signal.SIGHUP)
        assert runner.wait(10) == 0


# --- what it waits for ----------------------------------------------------------------------------------------------------


class Wallets:
    """A ledger with only wallets, through the emulator's client: (due, posted) by wallet."""

    def __init__(self, **wallets: tuple[int, int]) -> None:
        self.wallets = wallets

    def client(self, _service: str) -> Any:
        return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [self._page()]))

    def _page(self) -> dict[str, Any]:
        gaps = {name: each for name, each in self.wallets.items() if each[0] != each[1]}
        return {
            "Items": [
                {"pk": {"S": name}, "due": {"N": str(due)}, "posted": {"N": str(posted)}}
                for name, (due, posted) in gaps.items()
            ]
        }


def test_what_was_lost_before_the_city_opened_is_not_waited_for() -> None:
    ledger = Wallets(one=(5, 3), two=(7, 7))
    drain = Drain(ledger, "ledger")  # type: ignore[arg-type]
    assert drain.waiting() == 0
    ledger.wallets |= {"one": (6, 3), "two": (8, 7)}
    assert drain.waiting() == 2
    ledger.wallets |= {"one": (6, 4), "two": (8, 8)}
    assert drain.waiting() == 0
    ledger.wallets |= {"one": (6, 6)}  # a catch-up posted what was lost
    assert drain.waiting() == 0


def test_one_is_one_and_two_are_two() -> None:
    assert [counted(number, "payment") for number in (1, 2, 1_000)] == ["1 payment", "2 payments", "1,000 payments"]


class Books:
    """A ledger and its balances, through the emulator's client: postings, and a merchant's payable in pages and batches."""

    def __init__(self) -> None:
        self.postings: list[dict[str, int]] = []
        self.balances: list[dict[str, Any]] = []

    def client(self, _service: str) -> Any:
        return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=self._pages))

    def _pages(self, TableName: str, **_: Any) -> list[dict[str, Any]]:  # noqa: N803
        if TableName == "ledger":
            return [
                {"Items": [{"postings": {"M": {name: {"N": str(won)} for name, won in each.items()}}}]}
                for each in self.postings
            ]
        return [{"Items": [_state(4), *self.balances]}]


def _state(round_number: int, generation: int = 1) -> dict[str, Any]:
    return {"kind": {"S": "projection"}} | _of(round_number, generation)


def _of(round_number: int, generation: int = 1) -> dict[str, Any]:
    return {"round": {"N": str(round_number)}, "generation": {"N": str(generation)}}


def _payable(kind: str, won: int, round_number: int, generation: int = 1) -> dict[str, Any]:
    return {"kind": {"S": kind}, "payable": {"M": {"shop": {"N": str(won)}}}} | _of(round_number, generation)


def test_balances_are_waited_for_unless_they_were_behind_before() -> None:
    books = Books()
    books.postings = [{"purse/charged": -500, "merchant_payable/shop": 500}]
    drain = BalancesDrain(books, "ledger", "balances")  # type: ignore[arg-type]
    assert drain.wait(0), "what was lost before is not pending"
    books.postings.append({"purse/charged": -70, "merchant_payable/shop": 70})
    assert not drain.wait(0)
    books.balances = [_payable("page", 30, 3), _payable("batch", 40, 4)]
    assert drain.wait(0)
    # Amounts that are in a page, or from before a rebuild, are not counted again.
    books.balances += [_payable("batch", 30, 3), _payable("batch", 5, 4, generation=0)]
    assert drain.wait(0)
