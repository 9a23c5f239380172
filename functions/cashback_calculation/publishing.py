"""Publishing the stream's entries on the city's bus, without making cashback wait for it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cashback_calculation.lanes import Record
from eeum.errors import Busy
from eeum.publishing.events import Event
from eeum.publishing.ledger import event_of_ledger
from eeum.storage import Item
from eeum.unit_of_work import Patience

NO_EVENT = (KeyError, ValueError, TypeError, AttributeError)
"""What `event_of_ledger` raises for an item that is damaged."""


class Bus(Protocol):
    def publish(self, events: Sequence[Event], patience: Patience) -> int: ...


def publish(
    bus: Bus,
    patience: Patience,
    entries: Sequence[tuple[Record, Item]],
    dead_letter: Callable[[Record, str], None],
) -> int:
    """Publishes each entry and returns how many were published.

    The bus is asked a few times. When it does not take the events, their records are dead-lettered with the reason, for `make redrive`; so
    is a damaged entry. An event may be published twice, with the same id.
    """
    events: list[Event] = []
    published: list[Record] = []
    for record, item in entries:
        try:
            events.append(event_of_ledger(item))
            published.append(record)
        except NO_EVENT as error:
            dead_letter(record, f"no event: {type(error).__name__}: {error}")
    if not events:
        return 0
    try:
        return bus.publish(events, patience.briefly())
    except (Busy, OSError) as error:
        for record in published:
            dead_letter(record, f"the bus: {type(error).__name__}: {error}")
        return 0
