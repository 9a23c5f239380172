"""What an event says: pure functions over plain values. The schemas are in `docs/events`; amounts are whole won."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eeum.ids import natural_id
from eeum.journal.kinds import KINDS
from eeum.storage import Item

LEDGER_SOURCE = "eeum.ledger"
VERSION = 1
"""Of all events. A field that is added keeps it; a field that changes or goes makes a new version, published beside the old one."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `type` names its schema (`docs/events/<type>.v<version>.json`), `source` the part that it happened in.

    `id` is the same however often the event is published: a consumer that keeps it counts each event once.
    """

    id: str
    source: str
    type: str
    detail: Mapping[str, Any]


def event_of_entry(item: Item) -> Event:
    """The event of a stored entry. Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for what is no entry.

    Events come at least once and in no order. `sequence` is the entry's place in its wallet's chain, by which a consumer can order them;
    it is null for a payment, a capture and a cancellation, which a later posting links.
    """
    kind = KINDS[item["kind"]]
    wallet_id = item["pk"].partition("#")[2]
    event_id = natural_id("event", item["pk"], item["sk"])
    detail = {
        "id": event_id,
        "version": VERSION,
        "wallet_id": wallet_id,
        "entry": item["sk"],
        "sequence": item["chain"]["length"] if "chain" in item else None,
        "accepted_at": item["accepted_at"],
        "moved_at": item[kind.moved_at],
        "postings": dict(item["postings"]),
        **kind.published(item),
    }
    return Event(event_id, LEDGER_SOURCE, kind.name, detail)
