"""Several seeds in parallel, one on each core, with progress, and the reports of those that fail."""

import multiprocessing
import queue
from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from local.command import starting_processes
from tests.simulation.running import Failure, run, steps_of

REPORTED_EVERY = 500
PRINTED_EVERY = 25_000
"""Seconds between lines of progress without a terminal."""


def side_by_side(seeds: Sequence[int], count: int) -> list[Failure]:
    """Run `count` operations under each seed; return the first fault of each seed that fails."""
    # Spawned, so that runs share no state.
    processes = multiprocessing.get_context("spawn")
    reports = processes.Queue()
    runs = [processes.Process(target=_run, args=(seed, count, reports)) for seed in seeds]
    with starting_processes():
        for each in runs:
            each.start()
    failures: list[Failure] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        tasks = {seed: progress.add_task(f"seed {seed}", total=count) for seed in seeds}
        while tasks:
            try:
                seed, done, failure = reports.get(timeout=1)
            except queue.Empty:
                if not any(each.is_alive() for each in runs):
                    raise SystemExit("the process of a run ended without a result") from None
                continue
            progress.update(tasks[seed], completed=done)
            if not progress.console.is_terminal and done % PRINTED_EVERY == 0:
                progress.console.print(f"seed {seed}: {done:,} operations")
            if failure is not None:
                failures.append(failure)
            if failure is not None or done == count:
                del tasks[seed]
    for each in runs:
        each.join()
    return failures


def _run(seed: int, count: int, reports: "multiprocessing.Queue[tuple[int, int, Failure | None]]") -> None:
    def report(done: int) -> None:
        if done % REPORTED_EVERY == 0 and done < count:
            reports.put((seed, done, None))

    failure = run(seed, steps_of(seed, count), count, progress=report)
    reports.put((seed, failure.operations if failure else count, failure))
