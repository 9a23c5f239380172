"""`make demo-with-kills`: the demonstration, again and again, while processes of the functions are killed at random.

It has a city of its own in a temporary folder. After that time the city is stopped, even with cashback pending, and started again. A
catch-up then posts what the emulator lost, and the audit must find nothing.

Exit status: 0 when the audit is clean, 1 when it is not, 2 when the city itself failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from eeum.audit.report import Report
from local import building, demo
from local.city import City
from local.emulator import free_port
from local.failure import CityFailure
from local.killer import Killer, PatientCity
from local.restarting import audited_after_restart
from local.schedule import BALANCE_FOLD
from operations import audit
from operations.failure import OperationFailed

SECONDS = 60.0
FOLD_SECONDS = 0.5


@dataclass(frozen=True)
class Survived:
    """The number of kills, of answered and of repeated requests, what the catch-up found, and the audit."""

    killed: int
    answered: int
    sent_again: int
    caught_up: dict[str, int]
    audited: Report


def survive(data: Path, seconds: float, report: Callable[[str], None]) -> Survived:
    """Kill processes for `seconds` of the demonstration, restart, catch up and audit. Raises `CityFailure` and `OperationFailed`."""
    built, port = building.build(), free_port()
    city = PatientCity(data, port, report)
    city.start(built)
    try:
        report(f"The demonstration begins; processes of functions are killed for {seconds:.0f} seconds of it.")
        killed = _kill_during_the_demonstration(city, seconds)
    finally:
        city.stop()
    report(f"{killed} killed; starting again.")
    caught_up, audited = audited_after_restart(data, port, built, report)
    asked = city.persistence
    return Survived(killed, asked.answered, asked.sent_again, caught_up, audited)


def _kill_during_the_demonstration(city: PatientCity, seconds: float) -> int:
    failures: list[CityFailure] = []

    def live() -> None:
        try:
            while True:
                demo.live_through(city, demo.Unwatched())
        except CityFailure as failure:
            failures.append(failure)

    living = threading.Thread(target=live)
    living.start()
    asking = city.persistence
    while living.is_alive() and not asking.paying.wait(0.1):
        pass  # members arrive
    with Killer(city.emulator.process_id) as killer:
        deadline = time.monotonic() + seconds
        while living.is_alive() and time.monotonic() < deadline:
            living.join(FOLD_SECONDS)
            _fold(city)
    # A demonstration that ends early has failed: a caller got no answer, despite its retries.
    ended_too_early = not living.is_alive()
    asking.ended.set()
    living.join()
    if ended_too_early:
        raise failures[0]
    return killer.killed


def _fold(city: City) -> None:
    """Balances are folded far more often than the schedule does, so that some folds are interrupted, too; the next one continues."""
    with suppress(CityFailure, BotoCoreError, ClientError):
        city.calendar.run(BALANCE_FOLD, city.clock.now())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.demo_with_kills", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    try:
        with tempfile.TemporaryDirectory(prefix="eeum-kills-") as folder:
            survived = survive(Path(folder), parser.parse_args().seconds, lambda text: print(f"· {text}", flush=True))
    except (CityFailure, OperationFailed) as failure:
        print(f"make demo-with-kills: {failure}", file=sys.stderr)
        return 2
    print(
        f"· {survived.killed} processes were killed; {survived.answered} requests were answered,"
        f" {survived.sent_again} had to be sent again.\n"
        f"· The catch-up posted {survived.caught_up['posted']} of what had not come."
    )
    print(audit.printed(survived.audited))
    return 1 if survived.audited.deviations or survived.caught_up["unposted"] else 0


if __name__ == "__main__":
    sys.exit(main())
