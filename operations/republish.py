"""`make republish`: publishes entries of the journal again, for a consumer that is new or that lost events.

An event has the same id each time, so a consumer that keeps ids takes each event once. Every consumer of the bus receives them.

Exit status: 0 when every event was published, 1 when entries could not be read (they are listed), 2 when the command failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.aws.dynamodb import DynamoDbStorage
from eeum.aws.events import MOST_ENTRIES, EventBus
from eeum.balances.rebuild_store import RebuildStore
from eeum.calendar import parse_instant
from eeum.errors import Busy, Refusal
from eeum.journal.history import moved_at
from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event, event_of_entry
from eeum.storage import Item, Table
from eeum.unit_of_work import Patience
from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

PATIENCE_SECONDS = 600.0
SAY_EVERY = 10_000
"""Events between two lines of progress."""


@dataclass
class Republished:
    """How many events were published, and the keys of entries that cannot be read, with the reason."""

    published: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """Entries of these kinds whose money moved at `start` or after it, and before `until`. None is without a bound."""

    kinds: frozenset[str]
    start: datetime | None = None
    until: datetime | None = None

    def has(self, item: Item) -> bool:
        """Raises what `eeum.journal.history.moved_at` raises."""
        if item.get("kind") not in self.kinds:
            return False
        at = moved_at(item)
        return (self.start is None or at >= self.start) and (self.until is None or at < self.until)


def republish(
    entries: Iterable[Item],
    wanted: Wanted,
    publish: Callable[[list[Event]], Any],
    say: Callable[[str], None] = lambda _: None,
) -> Republished:
    """Publishes the events of wanted `entries`, ten at a time. Raises what `publish` raises; starting again is safe."""
    done = Republished()
    batch: list[Event] = []
    for event in _events(entries, wanted, done):
        batch.append(event)
        if len(batch) == MOST_ENTRIES:
            publish(batch)
            done.published += len(batch)
            batch = []
            if done.published % SAY_EVERY == 0:
                say(f"{done.published:,} events are published.")
    if batch:
        publish(batch)
        done.published += len(batch)
    return done


def _events(entries: Iterable[Item], wanted: Wanted, done: Republished) -> Iterator[Event]:
    for item in entries:
        try:
            if wanted.has(item):
                yield event_of_entry(item)
        except (KeyError, ValueError, TypeError, AttributeError, Refusal) as error:
            done.unreadable.append((f"{item['pk']} {item['sk']}", f"{type(error).__name__}: {error}"))


def republish_stack(stack: Stack, wanted: Wanted, say: Callable[[str], None]) -> Republished:
    """Reads the whole ledger of a stack. Raises `Busy` when table or bus refuse for ten minutes."""
    patience = Patience(lambda: PATIENCE_SECONDS, time.sleep)
    storage = DynamoDbStorage(stack.client("dynamodb"), {Table.LEDGER: stack.resources["LedgerTable"]})
    bus = EventBus(stack.client("events"), stack.resources["CityBus"])
    entries = RebuildStore(storage, patience).ledger(0, 1)
    return republish(entries, wanted, lambda events: bus.publish(events, patience), say)


def _wanted(arguments: argparse.Namespace) -> Wanted:
    unknown = sorted(set(arguments.kinds) - set(KINDS))
    if unknown:
        raise OperationFailed(f"KINDS names {', '.join(unknown)}; there are {', '.join(KINDS)}.")
    return Wanted(frozenset(arguments.kinds), _instant(arguments.start, "SINCE"), _instant(arguments.until, "UNTIL"))


def _instant(text: str | None, name: str) -> datetime | None:
    try:
        return parse_instant(text, name) if text else None
    except Refusal:
        raise OperationFailed(
            f"{name}={text} is no instant; write it as 2021-01-31T23:58:00+09:00, with the offset."
        ) from None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.republish", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--since", dest="start", help="the first instant, with its offset; default: all there are")
    parser.add_argument("--until", help="the instant after the last; default: now")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), help=f"of {', '.join(KINDS)}; default: all")
    arguments = parser.parse_args()
    try:
        done = republish_stack(stack_of(arguments), _wanted(arguments), lambda line: print(f"· {line}"))
    except (OperationFailed, Busy, BotoCoreError, ClientError) as problem:
        print(f"make republish: {problem}", file=sys.stderr)
        return 2
    print(f"· {done.published:,} events were published.")
    for entry, reason in done.unreadable:
        print(f"  not readable: {entry}: {reason}", file=sys.stderr)
    return 1 if done.unreadable else 0


if __name__ == "__main__":
    sys.exit(main())
