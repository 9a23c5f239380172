"""The bus of a simulated city, and a consumer of its events: some are lost, some arrive twice, all in any order."""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eeum.errors import Busy
from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event
from eeum.publishing.ledger import PUBLISHED_KINDS, event_of_ledger
from eeum.publishing.parts import PUBLISHED, event_of_part
from eeum.storage import Item, Key, Table
from eeum.unit_of_work import Patience
from operations.republish import TYPES, Wanted, republish

REFUSED, LOST, DOUBLED = 0.05, 0.05, 0.1
"""How often the bus refuses everything, an event never reaches the consumer, and one reaches it twice."""

CHANGE_IN_PLACE = {"merchant", "month"}
"""Types of events whose items keep only the latest state."""


@dataclass
class Consumer:
    """A consumer that stores the id of each event, and adds up what merchants are owed."""

    taken: dict[str, str] = field(default_factory=dict)
    payable: Counter[str] = field(default_factory=Counter)

    def take(self, event: Event) -> None:
        told = json.dumps(event.detail, sort_keys=True)
        if event.id in self.taken:
            assert self.taken[event.id] == told, f"two events of one id: {told}, {self.taken[event.id]}"
            return
        self.taken[event.id] = told
        for account, won in event.detail.get("postings", {}).items():
            if account.startswith("merchant_payable/"):
                self.payable[account] += won


@dataclass
class Stored:
    """The stored changes of state, each with its own event: types of events by id, since a run has millions."""

    types: dict[str, str] = field(default_factory=dict)
    wallets: set[str] = field(default_factory=set)

    def published(self, key: Key, item: Item) -> bool:
        """Whether a stream brings this write to the publisher. Two writes with one event would hide the second from consumers."""
        kind = item.get("kind")
        if key.table is Table.LEDGER:
            if kind not in PUBLISHED_KINDS or (kind == "wallet" and key.pk in self.wallets):
                return False
            self.wallets.add(key.pk)
            event: Event | None = event_of_ledger(item)
        else:
            if kind not in PUBLISHED.get(key.table, ()):
                return False
            event = event_of_part(item)
        if event is not None:
            assert event.id not in self.types, f"two writes of {key} have one event: {event}"
            self.note(event)
        return True

    def note(self, event: Event) -> None:
        self.types[event.id] = event.type


@dataclass
class Bus:
    """Takes events from the accrual, and brings them to a consumer later. `unpublished` are records that the function dead-lettered."""

    consumer: Consumer = field(default_factory=Consumer)
    waiting: list[Event] = field(default_factory=list)
    unpublished: list[dict[str, Any]] = field(default_factory=list)
    lost: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def publish(self, events: Sequence[Event], _patience: Patience) -> int:
        if self.chance.random() < REFUSED:
            raise Busy("the bus refuses everything")
        for event in events:
            if self.chance.random() < LOST:
                self.lost += 1
                continue
            self.waiting += [event] * (2 if self.chance.random() < DOUBLED else 1)
        self.chance.shuffle(self.waiting)
        while len(self.waiting) > self.chance.randrange(20):
            self.consumer.take(self.waiting.pop())
        return len(events)

    def check(self, tables: Mapping[Table, Sequence[Item]], stored: Mapping[str, str]) -> None:
        """Publish lost events again from the tables; then the consumer must have each of them, and its sums must equal the ledger's.

        It may lack only earlier states of items that change in place, and may have no event of anything that was not stored.
        """
        for event in self.waiting:
            self.consumer.take(event)
        self.waiting.clear()
        assert set(self.consumer.taken) <= set(stored), "an event without a stored change"
        items = [item for each in tables.values() for item in each]
        again: set[str] = set()

        def take(events: Sequence[Event]) -> None:
            for event in events:
                again.add(event.id)
                self.consumer.take(event)

        republish(items, Wanted(frozenset(TYPES)), take)
        assert again <= set(self.consumer.taken) <= set(stored)
        overtaken = {stored[each] for each in set(stored) - again}
        assert overtaken <= CHANGE_IN_PLACE, f"not published again: {overtaken - CHANGE_IN_PLACE}"
        owed: Counter[str] = Counter()
        for item in tables[Table.LEDGER]:
            for account, won in item.get("postings", {}).items() if item["kind"] in KINDS else ():
                if account.startswith("merchant_payable/"):
                    owed[account] += won
        assert self.consumer.payable == owed
