"""The event of a merchant's change of state: an application, an approval or a rejection.

The event has neither the shop's name, which the public listing shows once it is approved, nor the owner, nor the registration number.
"""

from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.merchants"


def event_of_merchant(item: Item) -> Event:
    """The event of the change that a stored merchant results from: every write of a merchant has one.

    `sequence` numbers a merchant's changes: applications are odd, decisions are even.
    """
    decisions = item["decisions"]
    waits = item["status"] == "applied"
    sequence = 2 * len(decisions) + waits
    detail = {
        "merchant_id": item["id"],
        "sequence": sequence,
        "status": item["status"],
        "district": item["district"],
        "category": item["category"],
        "payable_from": item["payable_from"],
    }
    at = item["applied_at"] if waits or not decisions else decisions[-1]["decided_at"]
    return event_of_change(SOURCE, "merchant", (item["id"], str(sequence)), at, detail)
