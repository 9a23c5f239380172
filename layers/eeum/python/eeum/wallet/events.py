"""The events of a wallet itself: its opening, and what an operator decides about it. Functions take the inserted item."""

from collections.abc import Callable, Mapping

from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.wallets"

ABOUT_MEMBER = ("member_class", "district", "birth_date", "card_issuer")
"""What a decision may say of the member. An event says only whether it said any of it."""


def _opened(item: Item) -> Event:
    """A wallet is inserted once; what changes it later is no insertion."""
    return event_of_change(SOURCE, "wallet_opened", (item["pk"],), item["opened_at"], {"wallet_id": _wallet_id(item)})


def _decided(item: Item) -> Event:
    detail = {
        "wallet_id": _wallet_id(item),
        "status": item["status"],
        "verified": item["verified"],
        "facts_changed": any(name in item for name in ABOUT_MEMBER),
    }
    return event_of_change(SOURCE, "wallet_decision", (item["pk"], item["sk"]), item["accepted_at"], detail)


def _wallet_id(item: Item) -> str:
    return str(item["pk"].partition("#")[2])


PUBLISHED: Mapping[str, Callable[[Item], Event]] = {"wallet": _opened, "standing": _decided}
"""By the `kind` of the item."""
