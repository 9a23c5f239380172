"""A payment: approved, held or declined."""

from typing import Any

from eeum.journal.entry_kind import APPROVED, EntryKind, by_layer
from eeum.journal.forms import facts_by_name
from eeum.storage import Item


def _line(item: Item) -> str:
    return {"approved": "paid", "held": "held"}.get(item["status"], "")


def _discounts(item: Item) -> dict[str, int]:
    return by_layer((layer, won) for layer, won, *_ in item.get("discounts", ()))


def _published(item: Item) -> dict[str, Any]:
    facts = facts_by_name(item["facts"])
    return {
        "payment_id": item["id"],
        "status": item["status"],
        "decline": item.get("decline"),
        "merchant_id": item["merchant_id"],
        "merchant_district": facts["district"],
        "merchant_category": facts["category"],
        "channel": facts["channel"],
        "amount": item["amount"],
        "paid_from": dict(item["paid_from"]),
        "discounts": _discounts(item),
        "expires_at": item.get("expires_at"),
    }


KIND = EntryKind(
    name="payment",
    prefix="PAYMENT#",
    codec="eeum.payments.items:payment_of",
    # The earning that follows is linked and contains its hash.
    is_linked=False,
    outside_status=APPROVED,
    awaits_accrual=True,
    line=_line,
    rewards=_discounts,
    rewards_line="discounts",
    published=_published,
)
