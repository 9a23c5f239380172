"""The events of the parts whose tables have streams of their own: merchants, the programme, and budgets.

A stored item is its own outbox record: the transaction that stores it is what the table's stream brings to the publisher. So each write
of one of these items must be a change of state with an event of its own (`tests/publishing/test_parts.py`).
"""

from collections.abc import Callable, Mapping

from eeum.budget.events import event_of_budget_change
from eeum.merchants.events import event_of_merchant
from eeum.months.events import event_of_month
from eeum.policy.events import event_of_step
from eeum.publishing.events import Event
from eeum.storage import Item, Table

PUBLISHED: Mapping[Table, Mapping[str, Callable[[Item], Event | None]]] = {
    Table.MERCHANTS: {"merchant": event_of_merchant},
    Table.PROGRAMME: {"month": event_of_month, "policy_step": event_of_step},
    Table.BUDGETS: {"budget_change": event_of_budget_change},
}
"""What each stream brings to be published, by the `kind` of the item."""

_READERS = {kind: reader for readers in PUBLISHED.values() for kind, reader in readers.items()}


def event_of_part(item: Item) -> Event | None:
    """The event of a stored item; None for one that repeats another.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for an item without an event.
    """
    return _READERS[item["kind"]](item)
