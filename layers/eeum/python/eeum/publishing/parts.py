"""The events of tables with their own streams: merchants, the programme, and budgets.

A stored item is its own outbox record: the table's stream brings the stored item to the publisher. So each write of such an item must be a
change of state with its own event (`tests/publishing/test_parts.py`).
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
"""By `kind` of item, the function that makes its event."""

_READERS = {kind: reader for readers in PUBLISHED.values() for kind, reader in readers.items()}


def event_of_part(item: Item) -> Event | None:
    """The event of a stored item; None for one that repeats another.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for an item without an event.
    """
    return _READERS[item["kind"]](item)
