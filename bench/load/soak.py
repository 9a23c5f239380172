"""`make soak`: half an hour of load on a local city of its own, whose functions are killed at random, within their memory.

When the time is over the city is stopped and started again, a catch-up posts what the emulator forgot, and the audit must find nothing.
No copy of a function may need more memory than the template gives it.

Exit status: 0 when both hold, 1 when not, 2 when the city itself failed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load.__main__ import loaded
from bench.load.memory import EMULATOR, Memory
from bench.load.places import local_place
from bench.load.report import printed
from bench.load.running import Loaded
from eeum.audit.report import Report
from local import building, variables
from local.city import City
from local.emulator import free_port
from local.failure import CityFailure
from local.killer import Killer
from local.restarting import audited_after_restart
from operations import audit
from operations.failure import OperationFailed

RATE, SECONDS, MEMBERS = 4.0, 1_800.0, 60
SECONDS_BETWEEN_KILLS = 2.0


@dataclass(frozen=True)
class Soaked:
    """The load's answers, how many processes were killed, samples of memory in MiB, what the catch-up posted, and the audit."""

    load: Loaded
    killed: int
    memory: Mapping[str, list[float]]
    allowed: Mapping[str, int]
    caught_up: Mapping[str, int]
    audited: Report

    @property
    def too_large(self) -> list[str]:
        """Functions of which a copy needed more memory than the template gives it."""
        return [name for name, most in self.allowed.items() if max(self.memory.get(name, [0])) > most]

    @property
    def holds(self) -> bool:
        return not (self.too_large or self.audited.deviations or self.caught_up["unposted"])


def soak(data: Path, rate: float, seconds: float, seed: int) -> Soaked:
    """Load a city in `data`, then restart, catch up and audit. Raises `CityFailure` and `OperationFailed`."""
    built, port = building.build(), free_port()
    city = City(data, port, lambda text: print(f"· {text}", file=sys.stderr, flush=True))
    city.start(built)
    try:
        allowed = _allowed(city)
        place = local_place(city, MEMBERS)
        process = city.emulator.process_id
        with Memory(process) as memory, Killer(process, SECONDS_BETWEEN_KILLS) as killer:
            found = loaded(place, rate, seconds, seed)
    finally:
        city.stop()
    caught_up, report = audited_after_restart(data, port, built, lambda _: None)
    return Soaked(found, killer.killed, memory.samples, allowed, caught_up, report)


def _allowed(city: City) -> dict[str, int]:
    """The memory of each function in MiB, by its name in the stack."""
    client = city.emulator.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    return {each["FunctionName"]: each["MemorySize"] for page in pages for each in page["Functions"]}


def _memory(soaked: Soaked) -> list[str]:
    lines = [f"{'MiB':60} {'first':>7} {'median':>7} {'largest':>8} {'allowed':>8}"]
    for name, samples in sorted(soaked.memory.items()):
        allowed = f"{soaked.allowed[name]:8,}" if name in soaked.allowed else "       –"
        middle = statistics.median(samples)
        lines.append(f"{name:60} {samples[0]:7,.0f} {middle:7,.0f} {max(samples):8,.0f} {allowed}")
    grown = soaked.memory.get(EMULATOR, [])
    if len(grown) > 1:
        lines.append(
            f"The emulator grew from {grown[0]:,.0f} to {grown[-1]:,.0f} MiB; it keeps the city's data in memory."
        )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load.soak", description=__doc__)
    parser.add_argument("--rate", type=variables.number, default=RATE, help=f"requests a second; default {RATE:g}")
    parser.add_argument("--seconds", type=variables.number, default=SECONDS, help=f"default {SECONDS:g}")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="eeum-soak-") as folder:
            soaked = soak(Path(folder) / "city", arguments.rate, arguments.seconds, arguments.seed)
    except (CityFailure, OperationFailed) as failure:
        print(f"make soak: {failure}", file=sys.stderr)
        return 2
    print(printed(soaked.load, arguments.rate))
    print("\n".join(["", *_memory(soaked), ""]))
    print(f"{soaked.killed} processes were killed. The catch-up posted {soaked.caught_up['posted']} missing accruals.")
    for name in soaked.too_large:
        print(f"{name} needed more memory than it has.")
    print(audit.printed(soaked.audited))
    return 0 if soaked.holds else 1


if __name__ == "__main__":
    sys.exit(main())
