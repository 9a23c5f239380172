"""The event of a month that opens, closes or freezes."""

from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.programme"


def event_of_month(item: Item) -> Event:
    """The event of the change that a stored month results from: every write of a month has one.

    A month that the reset missed is opened and closed at once: one event, `closed`. `excepted` is the number of wallets whose statements
    come later.
    """
    status = item["status"]
    instants = {
        "opened_at": item["opened_at"],
        "closed_at": item["closed_at"],
        # Months that were stored before freezing existed lack these attributes.
        "frozen_at": item.get("frozen_at"),
    }
    detail = {
        "programme": item["pk"].partition("#")[2],
        "month": item["month"],
        "status": status,
        **instants,
        "excepted": len(item.get("excepted", ())),
    }
    at = {"open": "opened_at", "closed": "closed_at", "frozen": "frozen_at"}[status]
    return event_of_change(SOURCE, "month", (item["pk"], item["sk"], status), instants[at], detail)
