"""A cancellation: the merchant gives back part or all of what was captured."""

from typing import Any

from eeum.journal.entry_kind import EntryKind, by_layer
from eeum.storage import Item


def _discounts(item: Item) -> dict[str, int]:
    return by_layer((layer, -won) for layer, _, won in item.get("discounts", ()))


def _published(item: Item) -> dict[str, Any]:
    return {
        "payment_id": item["payment_id"],
        "merchant_id": item["paid_to"],
        "amount": item["amount"],
        "discounts": _discounts(item),
    }


KIND = EntryKind(
    name="cancellation",
    prefix="CANCELLATION#",
    codec="eeum.payments.items:cancellation_of",
    # The correction that follows is linked and contains its hash.
    is_linked=False,
    awaits_accrual=True,
    rewards=_discounts,
    rewards_line="discounts",
    published=_published,
)
