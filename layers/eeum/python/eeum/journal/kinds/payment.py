"""A payment: approved, held or declined."""

from eeum.journal.entry_kind import EntryKind, by_layer
from eeum.storage import Item


def _line(item: Item) -> str:
    return {"approved": "paid", "held": "held"}.get(item["status"], "")


def _discounts(item: Item) -> dict[str, int]:
    return by_layer((layer, won) for layer, won, *_ in item.get("discounts", ()))


KIND = EntryKind(
    name="payment",
    prefix="PAYMENT#",
    codec="eeum.payments.items:payment_of",
    # The posting that follows it is linked and has its hash.
    is_linked=False,
    awaits_posting=True,
    line=_line,
    rewards=_discounts,
    rewards_line="discounts",
)
