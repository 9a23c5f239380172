"""`make load`: payments, holds, captures, cancellations, top-ups and reads at a stated rate, then the audit.

The local city must be running. A deployed one needs FILE=, a file of its cards and merchants, and its stage must not be prod.

Exit status: 0 when each request was answered at the wanted rate and the audit finds no deviation; 1 when not; 2 when the load failed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from bench.load.arrivals import arrivals
from bench.load.callers import Callers, Place
from bench.load.places import deployed_place, local_place
from bench.load.report import failed, printed
from bench.load.running import Loaded, run
from eeum.audit.report import Report
from local import variables
from local.city import the_running_city
from local.failure import CityFailure
from operations import audit
from operations.deployed_city import city_of, roots_of
from operations.failure import OperationFailed
from operations.stack import LOCAL, Stack, add_arguments, stack_of

RATE, SECONDS, MEMBERS = 5.0, 60.0, 40
PRODUCTION = "prod"
KEPT = 0.95
"""Share of the wanted rate at which requests must be answered."""
SETTLING_SECONDS = 30.0
"""Pause before the audit, in which cashback on its way arrives; the audit counts what is younger as on its way."""


def show(seconds: float) -> None:
    """Remove the line of progress."""
    print(f"\r· {seconds:.0f} s are over.{' ' * 30}", file=sys.stderr, flush=True)


def loaded(place: Place, rate: float, seconds: float, seed: int) -> Loaded:
    """Load a place at `rate` requests a second for `seconds`."""
    began = time.monotonic()

    def progress(sent: int) -> None:
        passed = time.monotonic() - began
        if sys.stderr.isatty():
            print(f"\r· {passed:5.0f} of {seconds:.0f} s: {sent:,} requests sent", end="", file=sys.stderr, flush=True)

    found = run(Callers(place, seed), arrivals(rate, seconds, random.Random(seed)), progress)
    show(found.seconds)
    return found


def audited(stack: Stack, stage: str) -> Report:
    """The audit of a city after a load. Raises `OperationFailed`."""
    city, now = city_of(stack, stage)
    return audit.audit(city, roots_of(stack, stage), now, lambda _: None, audit.PROCESSES)


def _place(arguments: argparse.Namespace, stack: Stack) -> Place:
    if arguments.stage == PRODUCTION:
        raise OperationFailed("prod has members' money. Load a stage that has none, such as dev.")
    if arguments.stage != LOCAL:
        if not arguments.file:
            raise OperationFailed("a deployed city needs a file with its cards and merchants: FILE=cards.json")
        return deployed_place(stack, arguments.file)
    return local_place(the_running_city(), arguments.members)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rate", type=variables.number, default=RATE, help=f"requests a second; default {RATE:g}")
    parser.add_argument("--seconds", type=variables.number, default=SECONDS, help=f"default {SECONDS:g}")
    parser.add_argument("--members", type=variables.whole_number(1), default=MEMBERS, help="of the local city")
    parser.add_argument("--file", type=Path, default=os.environ.get("FILE") or None, help="of a deployed city")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    arguments = parser.parse_args()
    try:
        if not (arguments.rate and arguments.seconds):
            raise OperationFailed("a load needs a rate and a number of seconds above 0, such as RATE=5 SECONDS=60")
        stack = stack_of(arguments)
        place = _place(arguments, stack)
        print(
            f"· Seed {arguments.seed}, {len(place.cards)} members, {len(place.merchants)} merchants.", file=sys.stderr
        )
        found = loaded(place, arguments.rate, arguments.seconds, arguments.seed)
        print(printed(found, arguments.rate))
        time.sleep(SETTLING_SECONDS)
        report = audited(stack, arguments.stage)
    except (CityFailure, OperationFailed, BotoCoreError, ClientError) as problem:
        print(f"make load: {problem}", file=sys.stderr)
        return 2
    print(audit.printed(report))
    return 1 if report.deviations or failed(found) or found.rate < KEPT * arguments.rate else 0


if __name__ == "__main__":
    sys.exit(main())
