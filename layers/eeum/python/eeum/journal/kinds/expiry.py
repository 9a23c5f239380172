"""An expiry: rewards that were not spent in time leave their purses."""

from typing import Any

from eeum.journal.entry_kind import EntryKind
from eeum.storage import Item


def _published(item: Item) -> dict[str, Any]:
    return {"amount": item["amount"], "purses": dict(item["purses"])}


KIND = EntryKind(
    name="expiry",
    prefix="EXPIRY#",
    codec="eeum.wallet.expiry_store:expiry_of_item",
    is_linked=True,
    published=_published,
)
