"""A release: the rest of a hold goes back to the member when it is voided, expires or is reversed."""

from typing import Any

from eeum.journal.entry_kind import EntryKind
from eeum.storage import Item


def _published(item: Item) -> dict[str, Any]:
    return {"payment_id": item["payment_id"], "reason": item["reason"], "amount": item["amount"]}


KIND = EntryKind(
    name="release",
    prefix="RELEASE#",
    codec="eeum.payments.items:release_of",
    is_linked=True,
    moves_outside=False,
    line=lambda _: "released",
    published=_published,
)
