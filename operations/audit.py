"""`make audit`: recompute everything that is stored, and report each deviation.

It checks every wallet, posting, month of cashback, chain and projected balance, and the latest daily roots (all with `--all-roots`).
It stores yesterday's root if there is none, and writes nothing else. It may run while the city does.

Exit status: 0 without deviations, 1 when something deviates, 2 when the audit failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from eeum.audit.report import ROOTS_VERIFIED, Report, conclude, wanted_instants
from eeum.audit.root_folder import RootFolder
from eeum.audit.roots import RootStore
from eeum.audit.store import AuditStore
from eeum.audit.use_cases import Audit, Found
from eeum.storage import Contended, Table, Unavailable
from local.command import starting_processes
from operations.deployed_city import City, city_of, roots_of
from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

PROCESSES = min(2, os.cpu_count() or 1)
SEGMENTS = 32
"""More than there are processes, so that they finish together. Small segments also help engines that scan a segment for each page."""


def audit(
    city: City,
    roots: RootStore,
    now: datetime,
    progress: Callable[[int], None],
    processes: int = PROCESSES,
    most_roots: int | None = ROOTS_VERIFIED,
) -> Report:
    """Run a whole audit, its segments in parallel; `progress` receives the number of items that were read."""
    as_of = wanted_instants(roots, now, most_roots)
    store = AuditStore(city.storage())
    found = Found(projected=store.balances())
    for part in _segments(city, now, as_of, progress, processes):
        found.add(part)
    return conclude(found, roots, store.balances(), now)


def _segments(
    city: City, now: datetime, as_of: Sequence[datetime], progress: Callable[[int], None], processes: int
) -> Iterator[Found]:
    """The findings of each segment; a process takes the next segment when it has finished one."""
    if processes == 1:
        worker = Worker(city, now, as_of, progress)
        yield from map(worker.segment, range(SEGMENTS))
        return
    # New processes rather than forks, which would share this process's connections.
    context = multiprocessing.get_context("spawn")
    counts: Any = context.Queue()
    with ProcessPoolExecutor(processes, context, _start, (city, now, as_of, counts)) as pool:
        with starting_processes():
            working = [pool.submit(_segment, number) for number in range(SEGMENTS)]
        while wait(working, timeout=0.2).not_done:
            _pass_on(counts, progress)
        _pass_on(counts, progress)
        for done in working:
            yield done.result()


class Worker:
    """Audits segments one after another, with one connection, and reads the policies once."""

    def __init__(self, city: City, now: datetime, as_of: Sequence[datetime], progress: Callable[[int], None]) -> None:
        storage = city.storage()
        self._audit = Audit(AuditStore(storage), city.policies(storage), now, as_of, lambda: True, time.sleep, progress)

    def segment(self, number: int) -> Found:
        return self._audit.segment(number, SEGMENTS).found


_worker: Worker | None = None
"""The worker of this process, if it audits segments."""


def _start(city: City, now: datetime, as_of: Sequence[datetime], counts: Any) -> None:
    global _worker  # noqa: PLW0603 - set once, when the process starts
    _worker = Worker(city, now, as_of, counts.put)


def _segment(number: int) -> Found:
    assert _worker
    return _worker.segment(number)


def _pass_on(counts: Any, progress: Callable[[int], None]) -> None:
    while True:
        try:
            progress(counts.get_nowait())
        except queue.Empty:
            return


@contextmanager
def _shown(console: Console, stack: Stack, city: City) -> Iterator[Callable[[int], None]]:
    described = stack.client("dynamodb").describe_table(TableName=city.tables[Table.LEDGER])
    columns = (TextColumn("{task.description}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        # AWS updates the count every six hours, which is enough for a progress bar.
        task = progress.add_task("Auditing entries", total=described["Table"].get("ItemCount") or None)
        yield lambda items: progress.advance(task, items)


def printed(report: Report) -> str:
    """The report for a person."""
    lines = [f"Audit at {report.at}"]
    lines += [f"  {number:>12,}  {name.replace('_', ' ')}" for name, number in report.checked.items()]
    if report.roots_verified:
        lines.append(f"Roots verified: {', '.join(report.roots_verified)}")
    if report.root:
        lines.append(f"Root of {report.root.date} stored: {report.root.root} over {report.root.wallets} wallets")
    if not report.deviations:
        lines.append("There are no deviations.")
        if coming := report.checked["postings_on_their_way"]:
            lines.append(f"{coming} accruals of the last minutes are still due.")
        return "\n".join(lines)
    lines.append(f"{len(report.deviations)} deviations:")
    for each in report.deviations:
        where = " ".join(part for part in (each.wallet_id and f"wallet {each.wallet_id}", each.entry) if part)
        lines.append(f"  {each.check}: {where}\n      {each.detail}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.audit", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--all-roots", action="store_true", help="verify every daily root, not only the latest")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="number of processes that audit in parallel")
    parser.add_argument("--roots", type=Path, help="a folder for roots, instead of the city's own")
    arguments = parser.parse_args()
    try:
        stack = stack_of(arguments)
        city, now = city_of(stack, arguments.stage)
        roots = RootFolder(arguments.roots) if arguments.roots else roots_of(stack, arguments.stage)
        most = None if arguments.all_roots else ROOTS_VERIFIED
        with _shown(Console(stderr=True), stack, city) as progress:
            report = audit(city, roots, now, progress, max(arguments.processes, 1), most)
    except (OperationFailed, BotoCoreError, ClientError, Contended, Unavailable, OSError) as problem:
        print(f"make audit: {problem}", file=sys.stderr)
        return 2
    print(printed(report))
    return 1 if report.deviations else 0


if __name__ == "__main__":
    sys.exit(main())
