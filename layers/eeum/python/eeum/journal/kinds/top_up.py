"""A top-up: a bank's money comes into a wallet, or is declined."""

from typing import Any

from eeum.journal.entry_kind import EntryKind, by_layer
from eeum.storage import Item


def _rewards(item: Item) -> dict[str, int]:
    return by_layer((reward["layer"], reward["won"]) for reward in item.get("rewards", ()))


def _published(item: Item) -> dict[str, Any]:
    return {
        "status": item["status"],
        "decline": item["decline"],
        "amount": item["amount"],
        "bank": item["caller"].removeprefix("bank/"),
        "rewards": _rewards(item),
    }


KIND = EntryKind(
    name="top_up",
    prefix="TOP_UP#",
    codec="eeum.wallet.items:top_up_of",
    is_linked=True,
    outside_status="completed",
    issues=True,
    line=lambda _: "topped_up",
    rewards=_rewards,
    rewards_line="top_up_rewards",
    published=_published,
)
