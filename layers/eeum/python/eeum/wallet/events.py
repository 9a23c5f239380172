"""Events of a wallet: its opening, and an operator's decisions about it. Functions take the inserted item."""

from collections.abc import Callable, Mapping

from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.wallets"

ABOUT_MEMBER = ("member_class", "district", "birth_date", "card_issuer")
"""Attributes of a decision about the member's person. An event says only whether any of them changed."""


def _opened(item: Item) -> Event:
    """The event of an opened wallet. Only the first write of a wallet is an insertion."""
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
"""Functions by the `kind` of the item."""
