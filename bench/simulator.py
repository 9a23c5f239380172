"""The policy simulator: make a hundred million payments, replay them, and compare with the time of a plain sum in DuckDB."""

import json
import os
import re
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import ROOT
from bench.figures import Figure, Progress, Section
from local import places

SHARE = 8_400
"""Share of the city's members, in basis points, that gives a little over a hundred million payments."""
TENTH = 840
HUNDREDTH = 84
PAYMENTS = 100_000_000
ROUNDS = 3
LARGEST_MONTH = "2020-12"
BOUND_SECONDS = 60
BOUND_GIB = 8
BOUND_OF_SUMS = 2.5
BOUND_OF_GENERATOR = 1
BOUND_OF_FLAT_MEMORY = 1.25
HELD = ("IC-05", "IC-07")
REPORTED = ("IC-13", "IC-16")
OTHERS = {
    "IC-13": "a limit on reward",
    "IC-16": "two layers by place",
    "group": "an exclusive group, which the evaluator walks",
}
SUM, SUM_BY_MONTH = "window-sum", "window-sum-by-month"


@dataclass(frozen=True, slots=True)
class Measured:
    """One part in its own process: seconds, peak memory, and the number of payments that it reports."""

    seconds: float
    gib: float
    payments: int


def measure(folder: Path) -> Section:
    progress = Progress("replays of 100 million payments", 4)
    rounds = _rounds(folder / "whole", SHARE, (SUM, *HELD), ROUNDS)
    whole = {part: _median(found) for part, found in rounds.items()}
    whole |= _measured(folder / "whole", None, (SUM_BY_MONTH, *REPORTED))
    if whole["city"].payments < PAYMENTS:
        raise RuntimeError(f"only {whole['city'].payments:,} payments were made")
    progress.step()
    month = _measured(folder / "whole" / f"month={LARGEST_MONTH}", None, HELD)
    progress.step()
    tenth = _measured(folder / "tenth", TENTH, HELD)
    progress.step()
    walked = _measured(folder / "hundredth", HUNDREDTH, ("group",))
    progress.step()
    return Section(
        "Policy simulator", _figures(whole, _ratios(rounds), month, tenth), _notes(whole, month, tenth, walked)
    )


def _figures(
    whole: dict[str, Measured], ratios: dict[str, list[float]], month: dict[str, Measured], tenth: dict[str, Measured]
) -> list[Figure]:
    counted = f"{whole['city'].payments:,} payments"
    how = (
        f"{counted} of a made-up city's 2020 in Parquet, in twelve files, opened, checked and replayed month by month into the report's"
        f" tables, in a process of its own, DuckDB at two threads and 6 GB, its start not counted: the median of {ROUNDS} runs."
    )
    of_memory = "The largest resident size of that process."
    of_sums = (
        f"The median of {ROUNDS} ratios: a replay's seconds by those of DuckDB's own running sum by member just before, over the same"
        " payments, all files in one statement, opened and checked alike; the spread is that of all."
    )
    of_flat_memory = (
        f"Its largest resident size over all twelve months, by that over the largest of them, {LARGEST_MONTH}, alone."
    )
    of_generator = (
        "Seconds of the process that makes the city and writes its Parquet, its start counted, by the millions of payments: below one is"
        " more than a million a second."
    )
    city, small = whole["city"], tenth["city"]
    figures = []
    for part in HELD:
        found = whole[part]
        named = f"Replay of 100 million payments under {part}"
        figures += [
            Figure(named, BOUND_SECONDS, found.seconds, "s", how),
            Figure(f"{named}: memory", BOUND_GIB, found.gib, "GiB", of_memory),
            Figure(
                f"{named}, against DuckDB's window sum",
                BOUND_OF_SUMS,
                statistics.median(ratios[part]),
                "×",
                of_sums,
                spread=(min(ratios[part]), max(ratios[part])),
            ),
            Figure(
                f"{named}: memory against that of its largest month",
                BOUND_OF_FLAT_MEMORY,
                found.gib / month[part].gib,
                "×",
                of_flat_memory,
            ),
        ]
    return [
        *figures,
        Figure("Making a million payments", BOUND_OF_GENERATOR, city.seconds / city.payments * 1e6, "s", of_generator),
        Figure(
            "Making payments: memory for 100 million, against 10 million",
            BOUND_OF_FLAT_MEMORY,
            city.gib / small.gib,
            "×",
            "The largest resident sizes of the processes that make the whole and a tenth.",
        ),
    ]


def _notes(
    whole: dict[str, Measured], month: dict[str, Measured], tenth: dict[str, Measured], walked: dict[str, Measured]
) -> list[str]:
    rows = [
        *(_row(f"{part}{_described(part)}", whole[part], whole[SUM]) for part in (*HELD, *REPORTED)),
        _row("DuckDB's own running sum, all files at once", whole[SUM], whole[SUM]),
        _row("the same, month by month", whole[SUM_BY_MONTH], whole[SUM]),
    ]
    group = walked["group"]
    return [
        "\n".join(["| under | seconds | GiB | against the window sum |", "|---|---|---|---|", *rows]),
        f"A form that is no window function ({OTHERS['group']}) was replayed at {group.seconds / group.payments * 1e6:.1f} µs a payment,"
        f" over {group.payments:,} payments, in {group.gib:.2f} GiB.",
        "The memory of a replay is that of a month, so it grows with the city, not with its months: IC-05 took"
        f" {tenth['IC-05'].gib:.2f} GiB for a tenth of the city, {month['IC-05'].gib:.2f} GiB for {LARGEST_MONTH} of all of it. Beyond"
        " the memory that DuckDB is given it spills to disk.",
    ]


def _described(part: str) -> str:
    return f" ({OTHERS[part]})" if part in OTHERS else ""


def _row(name: str, found: Measured, of_sum: Measured) -> str:
    return f"| {name} | {found.seconds:.1f} | {found.gib:.2f} | {found.seconds / of_sum.seconds:.2f} × |"


def _ratios(rounds: dict[str, list[Measured]]) -> dict[str, list[float]]:
    """The ratio of a replay's time to the sum's, for each round."""
    return {
        part: [found.seconds / of_sum.seconds for found, of_sum in zip(rounds[part], rounds[SUM], strict=True)]
        for part in HELD
    }


def _median(found: list[Measured]) -> Measured:
    """Median seconds, and the largest memory."""
    return Measured(
        statistics.median(each.seconds for each in found), max(each.gib for each in found), found[0].payments
    )


def _measured(folder: Path, share: int | None, parts: tuple[str, ...]) -> dict[str, Measured]:
    return {part: found for part, (found,) in _rounds(folder, share, parts, 1).items()}


def _rounds(folder: Path, share: int | None, parts: tuple[str, ...], rounds: int) -> dict[str, list[Measured]]:
    """Measure these parts in turns, in the simulator's environment, and make the city first if needed; the results by name."""
    making = ["--make", str(share)] if share else []
    done = subprocess.run(
        [
            *(str(places.program("simulator", "python")), "-m", "simulator.measurement", str(folder), "--json"),
            *(*making, "--rounds", str(rounds), "--parts", *parts),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "eeum" / "python")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the simulator could not be measured: {done.stderr}")
    measured: dict[str, list[Measured]] = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        found = Measured(answer["seconds"], answer["memory"] / 2**30, _payments(answer["output"]))
        measured.setdefault(answer["part"], []).append(found)
    return measured


def _payments(output: str) -> int:
    """The last number of payments in the output, which is that of all months."""
    found = re.findall(r"([0-9,]+)(?: payments| so far)", output)
    if not found:
        raise RuntimeError(f"the output has no number of payments: {output}")
    return int(found[-1].replace(",", ""))
