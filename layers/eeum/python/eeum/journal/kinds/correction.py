"""A correction: how a cancellation changes the rewards of one month, and which purses its refund goes to."""

from typing import Any

from eeum.calendar import Month
from eeum.journal.entry_kind import POSTED, EntryKind, by_layer
from eeum.storage import Item


def _month(item: Item) -> Month:
    return str(item["month"])


def _amount(item: Item) -> int:
    return sum(won for _, _, won, *_ in item["cancelled"])


def _rewards(item: Item) -> dict[str, int]:
    return by_layer((layer, won) for _, layer, won in item["changes"])


def _published(item: Item) -> dict[str, Any]:
    return {
        "payment_id": item["payment_id"],
        "cancellation_id": item["cancellation_id"],
        "month": item["month"],
        "amount": _amount(item),
        "rewards": _rewards(item),
    }


KIND = EntryKind(
    name="correction",
    prefix="CORRECTION#",
    codec="eeum.cashback.items:correction_of",
    is_linked=True,
    moved_at=POSTED,
    is_accrual=True,
    month=_month,
    amount=_amount,
    line=lambda _: "cancelled",
    rewards=_rewards,
    rewards_line="cashback",
    published=_published,
)
