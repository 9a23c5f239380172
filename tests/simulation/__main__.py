"""Runs the simulation by hand: python -m tests.simulation [--operations N] [--seed S]. Two seeds side by side, one a core."""

import argparse
import multiprocessing
import queue
import secrets
import sys
import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.simulation.running import Failure, run, shortest, steps_of, told

SIDE_BY_SIDE = 2
REPORTED_EVERY = 500


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--operations", type=int, default=20_000, help="over all seeds together")
    arguments.add_argument("--seed", type=int, default=None, help="this seed alone; without it two fresh ones")
    asked = arguments.parse_args()
    seeds = [asked.seed] if asked.seed is not None else [secrets.randbits(32) for _ in range(SIDE_BY_SIDE)]
    count = max(1, asked.operations // len(seeds))
    print(f"{count:,} operations under each of the seeds {', '.join(map(str, seeds))}")
    started = time.monotonic()
    failures = _side_by_side(seeds, count)
    seconds = time.monotonic() - started
    for failure in failures:
        print(f"seed {failure.seed} fails after {failure.operations:,} operations; looking for the shortest log …")
        print(told(failure, shortest(failure, count)))
    done = count * len(seeds)
    print(f"{done:,} operations in {seconds:.0f} s, {done / seconds:,.0f} a second: {len(failures)} violations")
    return 1 if failures else 0


def _side_by_side(seeds: list[int], count: int) -> list[Failure]:
    # Spawned, so that nothing of one run is in another.
    processes = multiprocessing.get_context("spawn")
    reports = processes.Queue()
    runs = [processes.Process(target=_run, args=(seed, count, reports)) for seed in seeds]
    for each in runs:
        each.start()
    failures: list[Failure] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        tasks = {seed: progress.add_task(f"seed {seed}", total=count) for seed in seeds}
        while tasks:
            try:
                seed, done, failure = reports.get(timeout=1)
            except queue.Empty:
                if not any(each.is_alive() for each in runs):
                    raise SystemExit("a run died without a word") from None
                continue
            progress.update(tasks[seed], completed=done)
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


if __name__ == "__main__":
    sys.exit(main())
