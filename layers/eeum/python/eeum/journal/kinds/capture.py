"""A capture: part of a hold is paid to the merchant."""

from typing import Any

from eeum.journal.entry_kind import EntryKind
from eeum.storage import Item


def _published(item: Item) -> dict[str, Any]:
    return {
        "payment_id": item["payment_id"],
        "capture": item["capture"],
        "merchant_id": item["paid_to"],
        "amount": item["amount"],
    }


KIND = EntryKind(
    name="capture",
    prefix="CAPTURE#",
    codec="eeum.payments.items:capture_of",
    # The earning that follows is linked and contains its hash.
    is_linked=False,
    awaits_accrual=True,
    line=lambda _: "captured",
    published=_published,
)
