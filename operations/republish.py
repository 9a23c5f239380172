"""`make republish`: publish stored entries and changes of state again, for a consumer that is new or that lost events.

For merchants and months it publishes the current state. An event has the same id each time, so a consumer that keeps ids processes each
event once. Every consumer of the bus receives them.

Exit status: 0 when every event was published, 1 when items could not be read (they are listed), 2 when the command failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.aws.dynamodb import DynamoDbStorage
from eeum.aws.events import MOST_ENTRIES, EventBus
from eeum.calendar import parse_instant
from eeum.errors import Busy, Refusal
from eeum.journal.history import moved_at
from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event
from eeum.publishing.ledger import PUBLISHED_KINDS, event_of_ledger
from eeum.publishing.parts import PUBLISHED, event_of_part
from eeum.storage import Contended, Item, Scan, Storage, Table, Unavailable
from eeum.unit_of_work import Patience
from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

PATIENCE_SECONDS = 600.0
SAY_EVERY = 10_000
"""Number of events between two lines of progress."""

TYPES_OF_WALLETS = {"wallet": "wallet_opened", "standing": "wallet_decision"}
"""Types of events by the `kind` of their items, where they differ."""

TYPES: Mapping[str, Table] = {
    **{TYPES_OF_WALLETS.get(kind, kind): Table.LEDGER for kind in PUBLISHED_KINDS},
    **{kind: table for table, kinds in PUBLISHED.items() for kind in kinds},
}
"""The table of the items of each type of event."""


@dataclass
class Republished:
    """How many events were published, and the keys of items that cannot be read, with the reason."""

    published: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """Events of these types whose instant is at or after `start`, and before `until`: when money moved, or a change happened.

    None means no bound.
    """

    types: frozenset[str]
    start: datetime | None = None
    until: datetime | None = None

    @property
    def tables(self) -> list[Table]:
        """The tables of these types."""
        return [table for table in Table if table in {TYPES[each] for each in self.types}]

    def event_of(self, item: Item) -> Event | None:
        """The event of a stored item, or None if it is not wanted. Raises what the readers of events and instants raise."""
        kind = item.get("kind", "")
        name = TYPES_OF_WALLETS.get(kind, kind)
        if name not in self.types:
            return None
        event = event_of_ledger(item) if TYPES[name] is Table.LEDGER else event_of_part(item)
        if event is None:
            return None
        at = moved_at(item) if kind in KINDS else parse_instant(event.detail["at"], "at")
        is_within = (self.start is None or at >= self.start) and (self.until is None or at < self.until)
        return event if is_within else None


def republish(
    items: Iterable[Item],
    wanted: Wanted,
    publish: Callable[[list[Event]], Any],
    say: Callable[[str], None] = lambda _: None,
) -> Republished:
    """Publish the wanted events of `items`, ten at a time. Raises what `publish` raises; repeating it is safe."""
    done = Republished()
    batch: list[Event] = []
    for event in _events(items, wanted, done):
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


def _events(items: Iterable[Item], wanted: Wanted, done: Republished) -> Iterator[Event]:
    for item in items:
        try:
            event = wanted.event_of(item)
        except (KeyError, ValueError, TypeError, AttributeError, Refusal) as error:
            done.unreadable.append((f"{item['pk']} {item['sk']}", f"{type(error).__name__}: {error}"))
            continue
        if event is not None:
            yield event


def republish_stack(stack: Stack, wanted: Wanted, say: Callable[[str], None]) -> Republished:
    """Scan the tables of the wanted events and publish them. Raises `Busy` when a table or the bus refuses for ten minutes."""
    patience = Patience(lambda: PATIENCE_SECONDS, time.sleep)
    names = {table: stack.resources[f"{table.name.capitalize()}Table"] for table in wanted.tables}
    storage = DynamoDbStorage(stack.client("dynamodb"), names)
    bus = EventBus(stack.client("events"), stack.resources["CityBus"])
    items = (item for table in wanted.tables for item in every_item_of(storage, table, patience))
    return republish(items, wanted, lambda events: bus.publish(events, patience), say)


def every_item_of(storage: Storage, table: Table, patience: Patience) -> Iterator[Item]:
    """Every item of a table. Raises `Busy`."""
    scan: Scan | None = Scan(table)
    attempt = 0
    while scan:
        try:
            page = storage.scan(scan)
        except (Contended, Unavailable):
            attempt += 1
            patience.wait(attempt)
            continue
        yield from page.items
        scan, attempt = Scan(table, after=page.cursor) if page.cursor else None, 0


def _wanted(arguments: argparse.Namespace) -> Wanted:
    unknown = sorted(set(arguments.kinds) - set(TYPES))
    if unknown:
        raise OperationFailed(f"KINDS has unknown types {', '.join(unknown)}; allowed are {', '.join(TYPES)}.")
    return Wanted(frozenset(arguments.kinds), _instant(arguments.start, "SINCE"), _instant(arguments.until, "UNTIL"))


def _instant(text: str | None, name: str) -> datetime | None:
    try:
        return parse_instant(text, name) if text else None
    except Refusal:
        raise OperationFailed(
            f"{name}={text} is not an instant; write it as 2021-01-31T23:58:00+09:00, with the offset."
        ) from None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.republish", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--since", dest="start", help="the first instant, with its offset; default: the beginning")
    parser.add_argument("--until", help="the instant after the last; default: now")
    parser.add_argument("--kinds", nargs="*", default=list(TYPES), help=f"of {', '.join(TYPES)}; default: all")
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
