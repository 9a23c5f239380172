"""Events of parts other than the ledger: stored in the transaction that makes the change, published from the table's stream.

A journal entry is its own record of what happened. Other items change in place, so the transaction that changes one also puts an event
beside it, which the stream brings to the publisher (`functions/event_publisher`).
"""

from datetime import datetime, timedelta

from eeum.publishing.events import Event
from eeum.storage import NOT_YET_STORED, Item, Key, Put, Table

KIND = "event"
KEPT = timedelta(days=30)
"""How long the table keeps an event after it was stored; until then `make republish` can send it again."""


def event_put(table: Table, event: Event, now: datetime) -> Put:
    """The write that publishes `event` once its transaction is stored. 2 write units a KB.

    `now` is the table's own clock: the table deletes the item when `KEPT` is over.
    """
    item: Item = {
        "kind": KIND,
        "source": event.source,
        "type": event.type,
        "detail": dict(event.detail),
        "expires_at": int((now + KEPT).timestamp()),
    }
    return Put(Key(table, f"EVENT#{event.id}", "EVENT"), item, NOT_YET_STORED)


def event_of(item: Item) -> Event:
    """Reads a stored event. Raises `KeyError` or `TypeError` for what is none."""
    return Event(item["pk"].removeprefix("EVENT#"), item["source"], item["type"], item["detail"])
