"""`python -m simulator.measurement FOLDER`: measure time and memory of generating and replaying payments.

`--make SHARE` generates the city first and measures that too; `--json` prints lines for `make bench`.

Each part runs in a process of its own, so that its memory can be measured. The machine's load before and after shows other work.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from eeum.calendar import milliseconds_of, next_month, start_of_month
from simulator.errors import SimulationRefused
from simulator.payments import RELATION, Span, open_payments
from simulator.replay import connect, replay
from simulator.sql.statement import WINDOW
from simulator.versions import months_between, read_policies

POLICIES = Path("policies") / "incheon"
IC_05, IC_07 = POLICIES / "incheon-2020-03-01.json", POLICIES / "incheon-2022-10-01.json"
GROUPS = Path("policies") / "incheon-all" / "incheon-all-2024-07-01.json"
IC_13, IC_16 = POLICIES / "incheon-2024-12-16.json", POLICIES / "incheon-2025-09-01.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """A part's seconds and the peak memory of its process in bytes."""

    seconds: float
    memory: int
    output: str


def _replay(policy: Path) -> Callable[[Path, str], str]:
    def part(folder: Path, memory: str) -> str:
        connection = connect(memory=memory, spill=folder.parent)
        policies = read_policies(policy)
        replay(connection, [policies], span := open_payments(connection, folder, policies.flags))
        ((won,),) = connection.execute("SELECT SUM(won) FROM spending").fetchall()
        return f"{span.payments:,} payments, {won:,} won"

    return part


def _window_sum(folder: Path, memory: str) -> str:
    """Run DuckDB's plain running sum by member over all files at once, for comparison."""
    connection = connect(memory=memory, spill=folder.parent)
    span = open_payments(connection, folder)
    query = f"SELECT MAX(so_far) FROM (SELECT SUM(won_charged) OVER ({WINDOW}) AS so_far FROM {RELATION})"
    return f"{span.payments:,} payments, {connection.execute(query).fetchall()[0][0]:,}"


def _window_sum_by_month(folder: Path, memory: str) -> str:
    """Run the same sum month by month, as a replay does."""
    connection = connect(memory=memory, spill=folder.parent)
    span: Span = open_payments(connection, folder)
    for month in months_between(span.first, span.last):
        start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
        connection.execute(
            f"SELECT MAX(so_far) FROM (SELECT SUM(won_charged) OVER ({WINDOW}) AS so_far FROM {RELATION} "
            f"WHERE accepted_at >= {start} AND accepted_at < {end})"
        ).fetchall()
    return f"{span.payments:,} payments"


PARTS: dict[str, Callable[[Path, str], str]] = {
    "window-sum": _window_sum,
    "window-sum-by-month": _window_sum_by_month,
    "IC-05": _replay(IC_05),
    "IC-07": _replay(IC_07),
    "IC-13": _replay(IC_13),
    "IC-16": _replay(IC_16),
    "group": _replay(GROUPS),
}
WITHOUT_A_STATEMENT = ("group",)
"""Parts that the slower evaluator replays; measured only on request."""
USUAL = tuple(part for part in PARTS if part not in WITHOUT_A_STATEMENT)


def measured(part: str, folder: Path, memory: str) -> Measured:
    """Measure one part in a process of its own."""
    return _in_a_process("simulator.measurement", str(folder), "--memory", memory, "--part", part)


def made(folder: Path, share: int) -> Measured:
    """Generate the city's payments of 2020 in a process of its own, and measure it."""
    began = perf_counter()
    found = _in_a_process("simulator.city", str(folder), "--share", str(share))
    return Measured(perf_counter() - began, found.memory, found.output)


def _in_a_process(module: str, *arguments: str) -> Measured:
    """Run a module and measure it; the first word of its output, if a number, is its time in seconds."""
    command = [sys.executable, "-m", "local.command", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{module} {' '.join(arguments)} failed.")
    first, _, output = output.partition(" ")
    seconds = float(first) if first.replace(".", "", 1).isdigit() else 0.0
    return Measured(seconds, usage.ru_maxrss * 1024, output)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="simulator.measurement", description="How fast replays are, in how much memory."
    )
    parser.add_argument("folder", type=Path, help="a city's payments")
    parser.add_argument("--part", choices=PARTS, help="one part alone, in this process")
    parser.add_argument("--memory", default="6GB", help="memory that DuckDB may use before it spills to disk")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--make", type=int, metavar="SHARE", help="make the city first, of a share in basis points")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=USUAL, help="these parts alone")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each part, and nothing else")
    given = parser.parse_args()
    if given.part:
        began = perf_counter()
        try:
            output = PARTS[given.part](given.folder, given.memory)
        except SimulationRefused as refused:
            print(f"simulator: {refused} [{refused.code}]", file=sys.stderr)
            return 1
        print(f"{perf_counter() - began:.2f} {output}")
        return 0
    _print(given.json, f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if given.make:
        _print(given.json, "city", made(given.folder, given.make))
    for _ in range(given.rounds):
        for part in given.parts:
            _print(given.json, part, measured(part, given.folder, given.memory))
    _print(given.json, f"load after: {os.getloadavg()[0]:.1f}")
    return 0


def _print(as_json: bool, what: str, found: Measured | None = None) -> None:
    if as_json and found is not None:
        print(json.dumps({"part": what, **asdict(found)}), flush=True)
    elif not as_json and found is not None:
        print(
            f"{what:<20} {found.seconds:7.1f} s  {found.memory / 2**30:5.2f} GiB  {found.output.splitlines()[-1]}",
            flush=True,
        )
    elif not as_json:
        print(what)


if __name__ == "__main__":
    sys.exit(main())
