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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from eeum.aws.clients import session
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.calendar import SEOUL
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import PolicyBook, book_of
from eeum.storage import Contended, Table, Unavailable
from eeum.unit_of_work import Patience
from local import places
from local.command import starting_processes
from local.emulator import ACCESS_KEY, SECRET_KEY
from operations.failure import OperationFailed
from operations.stack import LOCAL, Stack, add_arguments, stack_of

PROCESSES = min(2, os.cpu_count() or 1)
SEGMENTS = 32
"""More than there are processes, so that they finish together. Small segments also help engines that scan a segment for each page."""

READ_SECONDS = 60.0


@dataclass(frozen=True)
class City:
    """Where a city's tables are, in a form that other processes can receive. `endpoint` is the local city's; None means AWS."""

    programme: str
    region: str
    tables: dict[Table, str]
    endpoint: str | None = None

    def storage(self) -> DynamoDbStorage:
        known, secret = (ACCESS_KEY, SECRET_KEY) if self.endpoint else (None, None)
        client = session().create_client(
            "dynamodb", self.region, endpoint_url=self.endpoint, aws_access_key_id=known, aws_secret_access_key=secret
        )
        return DynamoDbStorage(client, self.tables)

    def policies(self, storage: DynamoDbStorage) -> PolicyBook:
        return book_of(PolicyStore(storage, Patience(lambda: READ_SECONDS, time.sleep), self.programme))


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


def city_of(stack: Stack, stage: str) -> tuple[City, datetime]:
    """The city of a stack, and its current time, which is shifted in the local city. Raises `OperationFailed`."""
    resources = stack.resources
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
    try:
        tables = {table: resources[f"{table.name.capitalize()}Table"] for table in Table}
    except KeyError as missing:
        raise OperationFailed(f"The stack {stack.name} has no {missing}; deploy it again.") from None
    client = stack.client("dynamodb")
    endpoint = client.meta.endpoint_url if stage == LOCAL else None
    shift = timedelta(seconds=int(parameters.get("ClockShiftSeconds") or 0))
    city = City(parameters.get("Programme") or places.PROGRAMME, client.meta.region_name, tables, endpoint)
    return city, (datetime.now(UTC) + shift).astimezone(SEOUL)


def roots_of(stack: Stack, stage: str) -> RootStore:
    """A folder beside the local city's data; elsewhere a bucket of the stack."""
    if stage == LOCAL:
        return RootFolder(places.DATA / "roots")
    from eeum.aws.roots import RootBucket

    return RootBucket(stack.client("s3"), stack.resources["AuditRecordsBucket"])


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
