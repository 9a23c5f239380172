"""An earning: the rewards that the accrual stores for one capture."""

from typing import Any

from eeum.calendar import Month
from eeum.journal.entry_kind import POSTED, EntryKind, by_layer
from eeum.journal.forms import rewards_by_name
from eeum.storage import Item


def _month(item: Item) -> Month:
    """The month of the capture, from the key."""
    return str(item["sk"].split("#")[1])


def _rewards(item: Item) -> dict[str, int]:
    return by_layer((reward["layer"], reward["won"]) for reward in rewards_by_name(item["rewards"]))


def _published(item: Item) -> dict[str, Any]:
    return {
        "payment_id": item["payment_id"],
        "capture": int(item["sk"].rpartition("#")[2]),
        "merchant_id": item["paid_to"],
        "month": _month(item),
        "policy": item["policy"],
        "base": item["base"],
        "rewards": _rewards(item),
    }


KIND = EntryKind(
    name="earning",
    prefix="EARNING#",
    codec="eeum.cashback.items:earning_of",
    is_linked=True,
    moved_at=POSTED,
    is_accrual=True,
    month=_month,
    rewards=_rewards,
    rewards_line="cashback",
    published=_published,
)
