"""`make rebuild`: recompute the balances of merchants, funders and banks from the journal, while payments continue.

It switches the stream's event source off and waits until no function counts any more. Then it takes the cut, an instant. It waits until
all older entries are stored and counts them from the journal. It switches the source on again, and the stream's function counts the later
entries. An interrupted rebuild leaves the source off: run it again.

Exit status: 0 when the balances equal the journal, 1 when entries could not be counted (they are listed), 2 when the command failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.aws.clock import Clock, shifted_clock
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.balances.rebuild import Found, Rebuilt, begin_rebuild, rebuild
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import Counts, Holder
from eeum.errors import Busy
from eeum.storage import ConditionsFailed, Table
from eeum.unit_of_work import Patience
from operations.failure import OperationFailed
from operations.stack import LOCAL, Stack, add_arguments, stack_of

FUNCTION = "BalanceProjectionFunction"
TABLES = {Table.LEDGER: "LedgerTable", Table.BALANCES: "BalancesTable"}
SEGMENTS = 4
"""Number of segments of the ledger that are read in parallel."""

LOCAL_SECONDS = 15.0
"""Each wait in the local city, whose functions do not slow each other down: the time of the slowest answer to a request."""

SWITCHING_SECONDS = 180.0
PATIENCE_SECONDS = 600.0
MOST_SHOWN = 20
Say = Callable[[str], None]


@dataclass(frozen=True)
class Waits:
    """Seconds after which all earlier counting, and all earlier writing of entries, has ended. The machines' clocks must not differ by
    more."""

    counting: float
    writing: float


class Source:
    """The event source of the projection's function."""

    def __init__(self, stack: Stack) -> None:
        self._functions = stack.client("lambda")
        stream = stack.client("dynamodb").describe_table(TableName=stack.resources["LedgerTable"])["Table"]
        function = stack.resources[FUNCTION]
        listed = self._functions.list_event_source_mappings(EventSourceArn=stream["LatestStreamArn"])
        # arn:aws:lambda:region:account:function:name:alias
        sources = [each for each in listed["EventSourceMappings"] if each["FunctionArn"].split(":")[6] == function]
        if len(sources) != 1:
            raise OperationFailed(
                f"{FUNCTION} has {len(sources)} event sources on the ledger's stream; it must have one."
            )
        self._id = sources[0]["UUID"]

    def switch(self, on: bool) -> None:
        """Switch it and wait until it has changed. Raises `OperationFailed` when that takes too long."""
        self._functions.update_event_source_mapping(UUID=self._id, Enabled=on)
        wanted = "Enabled" if on else "Disabled"
        deadline = time.monotonic() + SWITCHING_SECONDS
        while (state := self._functions.get_event_source_mapping(UUID=self._id)["State"]) != wanted:
            if time.monotonic() > deadline:
                raise OperationFailed(f"The event source is still {state}, not {wanted}; run this again.")
            time.sleep(1)


def rebuild_balances(
    stack: Stack, waits: Waits, say: Say = lambda _: None, pause: Callable[[float], None] = time.sleep
) -> Rebuilt:
    """Rebuild all balances. Raises `OperationFailed`; then the event source is off, and the rebuild may be repeated at any time."""
    storage = DynamoDbStorage(
        stack.client("dynamodb"), {table: stack.resources[name] for table, name in TABLES.items()}
    )
    patience = Patience(lambda: PATIENCE_SECONDS, time.sleep)
    store = RebuildStore(storage, patience)
    clock = _clock_of(stack)
    source = Source(stack)
    try:
        source.switch(on=False)
        say(f"The stream is switched off; waiting {waits.counting:.0f} s for batches that are being counted.")
        pause(waits.counting)
        begun = begin_rebuild(store)
        cut = clock()
        say(f"The cut is {cut:%Y-%m-%d %H:%M:%S}; waiting {waits.writing:.0f} s for earlier entries.")
        pause(waits.writing)
        done = rebuild(store, patience, begun, cut, _side_by_side, SEGMENTS)
    except (ConditionsFailed, Busy) as problem:
        raise OperationFailed(
            f"Another rebuild is under way, or the table is busy ({problem}); run this again."
        ) from problem
    source.switch(on=True)
    say("The stream is switched on again. Entries since the cut are counted from it.")
    return done


def _side_by_side(count: Callable[[int], Found]) -> Iterable[Found]:
    with ThreadPoolExecutor(SEGMENTS) as threads:
        return list(threads.map(count, range(SEGMENTS)))


def _configurations(stack: Stack) -> dict[str, dict[str, Any]]:
    """The configuration of each function of the stack, by logical id."""
    functions = stack.client("lambda")
    return {
        name: functions.get_function_configuration(FunctionName=physical) for name, physical in stack.functions.items()
    }


def _clock_of(stack: Stack) -> Clock:
    """The city's clock; only the local city's may differ from the system clock."""
    variables = _configurations(stack)[FUNCTION]["Environment"]["Variables"]
    return shifted_clock(timedelta(seconds=int(variables.get("CLOCK_SHIFT_SECONDS") or 0)))


def waits_of(stack: Stack) -> Waits:
    """The functions' time-outs: an entry's instant is when it was decided, and it is stored before its function times out."""
    configurations = _configurations(stack)
    writers = [each for each in configurations.values() if "LEDGER_TABLE" in each["Environment"]["Variables"]]
    return Waits(float(configurations[FUNCTION]["Timeout"]), float(max(each["Timeout"] for each in writers)))


def report_lines(done: Rebuilt) -> list[str]:
    """The report of a rebuild, as lines."""
    lines = [
        f"{done.found.entries} entries before {done.cut:%Y-%m-%d %H:%M:%S} give {done.balances} balances,"
        f" {len(done.differing)} of which have changed."
    ]
    shown = list(done.differing.items())[:MOST_SHOWN]
    lines += [f"  {_name(holder)}: {_text(before)}, now {_text(after)}" for holder, (before, after) in shown]
    if len(done.differing) > MOST_SHOWN:
        lines.append(f"  … and {len(done.differing) - MOST_SHOWN} more")
    lines += [f"  not counted: {pk} {sk}: {reason}" for pk, sk, reason in done.found.unreadable]
    return lines


def _name(holder: Holder) -> str:
    return " ".join(part for part in (holder.kind.value, holder.name, holder.year) if part)


def _text(counts: Counts) -> str:
    return ", ".join(f"{counted} {won:,}" for counted, won in counts.items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.rebuild", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--wait", type=float, default=None, help="seconds of each of the two waits")
    arguments = parser.parse_args()
    try:
        stack = stack_of(arguments)
        seconds = LOCAL_SECONDS if arguments.wait is None and arguments.stage == LOCAL else arguments.wait
        waits = waits_of(stack) if seconds is None else Waits(seconds, seconds)
        done = rebuild_balances(stack, waits, lambda text: print(f"· {text}", flush=True))
    except OperationFailed as problem:
        print(f"make rebuild: {problem}", file=sys.stderr)
        return 2
    except (BotoCoreError, ClientError) as problem:
        print(f"make rebuild: {problem}; the event source may be switched off: run this again.", file=sys.stderr)
        return 2
    for line in report_lines(done):
        print(f"· {line}")
    return 1 if done.found.unreadable else 0


if __name__ == "__main__":
    sys.exit(main())
