"""The events of the ledger's items: entries, opened wallets, and operators' decisions on wallets.

Each item is stored once, so it is its own outbox record: the ledger's stream brings it to the publisher.
"""

from eeum.ids import natural_id
from eeum.journal.kinds import KINDS
from eeum.publishing.events import VERSION, Event
from eeum.storage import Item
from eeum.wallet.events import PUBLISHED

LEDGER_SOURCE = "eeum.ledger"

PUBLISHED_KINDS = (*KINDS, *PUBLISHED)
"""By `kind` of item in the ledger's stream, the function that makes its event."""


def event_of_ledger(item: Item) -> Event:
    """The event of an inserted item. Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for any other item."""
    of_wallet = PUBLISHED.get(item["kind"])
    return of_wallet(item) if of_wallet else event_of_entry(item)


def event_of_entry(item: Item) -> Event:
    """The event of a stored entry. Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for any other item.

    Events arrive at least once and in no order. Consumers can order them by `sequence`, the entry's link in its wallet's chain. It is null
    for a payment, a capture and a cancellation, which a later earning or correction links.
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
