"""Runs the simulation by hand: python -m tests.simulation [--operations N] [--seed S] [--forms].

It runs two fresh seeds in parallel, one on each core: even ones under Incheon's policies, or odd ones under all forms of policies and
budgets.
"""

import argparse
import secrets
import sys
import time

from tests.simulation.running import shortest, told
from tests.simulation.side_by_side import side_by_side

SIDE_BY_SIDE = 2


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--operations", type=int, default=20_000, help="over all seeds together")
    arguments.add_argument("--seed", type=int, default=None, help="only this seed; default: two fresh ones")
    arguments.add_argument("--forms", action="store_true", help="use all forms of policies and budgets for fresh seeds")
    asked = arguments.parse_args()
    seeds = (
        [asked.seed]
        if asked.seed is not None
        else [secrets.randbits(31) * 2 + asked.forms for _ in range(SIDE_BY_SIDE)]
    )
    count = max(1, asked.operations // len(seeds))
    print(f"{count:,} operations under each of the seeds {', '.join(map(str, seeds))}")
    started = time.monotonic()
    failures = side_by_side(seeds, count)
    seconds = time.monotonic() - started
    for failure in failures:
        print(f"seed {failure.seed} fails after {failure.operations:,} operations:\n{failure.found}")
        print("Looking for the shortest log, for up to ten minutes …", flush=True)
        print(told(failure, shortest(failure, count)))
    done = count * len(seeds)
    print(f"{done:,} operations in {seconds:.0f} s, {done / seconds:,.0f} a second: {len(failures)} violations")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
