"""The bus of a simulated city, and a consumer of its events: some are lost, some come twice, and all in any order."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eeum.errors import Busy
from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event, event_of_entry
from eeum.unit_of_work import Patience
from operations.republish import Wanted, republish

REFUSED, LOST, DOUBLED = 0.05, 0.05, 0.1
"""How often the bus takes nothing, an event never reaches its consumer, and one reaches it twice."""


@dataclass
class Consumer:
    """Keeps the id of each event, and adds up what merchants are owed."""

    taken: dict[str, str] = field(default_factory=dict)
    payable: Counter[str] = field(default_factory=Counter)

    def take(self, event: Event) -> None:
        told = json.dumps(event.detail, sort_keys=True)
        if event.id in self.taken:
            assert self.taken[event.id] == told, f"two events of one id: {told}, {self.taken[event.id]}"
            return
        self.taken[event.id] = told
        for account, won in event.detail["postings"].items():
            if account.startswith("merchant_payable/"):
                self.payable[account] += won


@dataclass
class Bus:
    """Takes what the accrual publishes, and hands it to a consumer later. `unpublished` are records that the function dead-lettered."""

    consumer: Consumer = field(default_factory=Consumer)
    waiting: list[Event] = field(default_factory=list)
    unpublished: list[dict[str, Any]] = field(default_factory=list)
    lost: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def publish(self, events: Sequence[Event], _patience: Patience) -> int:
        if self.chance.random() < REFUSED:
            raise Busy("the bus takes nothing")
        for event in events:
            if self.chance.random() < LOST:
                self.lost += 1
                continue
            self.waiting += [event] * (2 if self.chance.random() < DOUBLED else 1)
        self.chance.shuffle(self.waiting)
        while len(self.waiting) > self.chance.randrange(20):
            self.consumer.take(self.waiting.pop())
        return len(events)

    def check(self, ledger: Iterable[dict[str, Any]]) -> None:
        """What was lost is published again from the journal; then the consumer has each entry once, and its sums are the ledger's."""
        entries = [item for item in ledger if item["kind"] in KINDS]
        for event in self.waiting:
            self.consumer.take(event)
        self.waiting.clear()
        known = {event_of_entry(item).id for item in entries}
        assert set(self.consumer.taken) <= known, "an event of no entry"
        republish(entries, Wanted(frozenset(KINDS)), lambda events: [self.consumer.take(event) for event in events])
        assert set(self.consumer.taken) == known
        owed: Counter[str] = Counter()
        for item in entries:
            for account, won in item["postings"].items():
                if account.startswith("merchant_payable/"):
                    owed[account] += won
        assert self.consumer.payable == owed
