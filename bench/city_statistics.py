"""Statistics: the fixed tables of a month of twenty million payments, and the reading of an increment."""

import json
import os
import subprocess
from pathlib import Path

from bench import ROOT
from bench.figures import Figure, Progress, Section
from local import places

PAYMENTS = 20_000_000
OF_AN_INCREMENT = 500_000
BOUND_SECONDS = 180
BOUND_GIB = 4
BOUND_OF_READING = 150
"""Microseconds for a payment and its earning; the reader of the simulator takes some 60."""
USUAL_DAY = 770_000
"""281 million payments a year: 1.4 million members with 201 payments each."""


def measure(folder: Path, payments: int = PAYMENTS, of_an_increment: int = OF_AN_INCREMENT) -> Section:
    progress = Progress(f"statistics of {payments:,} payments", 4)
    measured = {}
    for part, place, number in (
        ("make", "month", payments),
        ("count", "month", payments),
        ("write-increment", "increment", of_an_increment),
        ("read-increment", "increment", of_an_increment),
    ):
        measured[part] = _measured(part, folder / place, number)
        progress.step()
    count, read = measured["count"], measured["read-increment"]
    rate = of_an_increment / read["seconds"]
    how = (
        f"A month of {payments:,} payments of a made-up city, 1 % of them cancelled in part, in Parquet as the journal stores it, counted"
        " into every fixed table with its evidence, in a process of its own, DuckDB at two threads and 3 GB."
    )
    of_reading = (
        f"An increment of {of_an_increment:,} payments with their earnings, from gzipped DynamoDB JSON into the journal's Parquet, in one"
        " process: microseconds for each payment."
    )
    return Section(
        "Statistics",
        [
            Figure("Fixed tables of 20 million payments", BOUND_SECONDS, count["seconds"], "s", how),
            Figure(
                "Fixed tables: memory",
                BOUND_GIB,
                count["memory"] / 2**30,
                "GiB",
                "The largest resident size of that process.",
            ),
            Figure(
                "Reading a payment of an increment", None, read["seconds"] / of_an_increment * 1e6, "µs", of_reading
            ),
        ],
        [
            f"An increment is read at {rate:,.0f} payments a second with as many earnings, in {read['memory'] / 2**30:.2f} GiB. A usual day"
            f" of a city of 1.4 million members, {USUAL_DAY:,} payments, takes {USUAL_DAY / rate / 60:.1f} minutes."
        ],
    )


def _measured(part: str, folder: Path, payments: int) -> dict[str, float]:
    python = str(places.program("simulator", "python"))
    path = os.pathsep.join(str(ROOT / each) for each in (Path("layers") / "eeum" / "python", "functions", "."))
    done = subprocess.run(
        [python, "-m", "bench.statistics_process", part, str(folder), "--payments", str(payments)],
        env={**os.environ, "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the statistics could not be measured: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
