"""What other parts need to know of a kind of journal entry, apart from its own rules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from eeum.calendar import Month
from eeum.storage import Item

ACCEPTED, POSTED = "accepted_at", "posted_at"
"""The attributes with the instant at which money moved: with the entry's request, or when the accrual stored it."""

APPROVED = "approved"
"""The status of an entry that moved money permanently. Kinds whose entries are never held or declined store none."""


def own_instant(_: Item) -> Month | None:
    return None


def stored_amount(item: Item) -> int:
    amount: int = item.get("amount", 0)
    return amount


def no_rewards(_: Item) -> dict[str, int]:
    return {}


def nothing_more(_: Item) -> dict[str, Any]:
    return {}


def no_line(_: Item) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class EntryKind:
    """One kind of entry, as the ledger stores it. Functions take the stored item; amounts are in won.

    Attributes:
        name: the item's `kind`.
        prefix: how its sort key begins.
        codec: the function that reads it, `module:function`. Loaded on demand, so that a projection loads no rules.
        is_linked: whether it is itself a link of the wallet's chain (docs/decisions/0012).
        moves_outside: whether it may move money on accounts outside the wallet, whose balances are projected.
        outside_status: the stored `status` of an entry that moved money there; empty for kinds that store none.
        moved_at: the attribute with the instant at which its money moved.
        awaits_accrual: whether the accrual stores an earning or a correction for it once it is approved (`calls_for_accrual`).
        is_accrual: whether it is such an earning or correction.
        issues: whether money that it takes from a bank counts as issued.
        month: the month whose fiscal year its funders pay in; None for that of `moved_at`.
        amount: its main amount: won paid, cancelled, topped up.
        line: the line of a member's statement that counts the amount; empty for none.
        rewards: rewards by layer of the policy.
        rewards_line: the line of a member's statement that counts the rewards; empty for none.
        published: the details of its event, with the names of the API (`docs/events`).
    """

    name: str
    prefix: str
    codec: str
    is_linked: bool
    moves_outside: bool = True
    outside_status: str = ""
    moved_at: str = ACCEPTED
    awaits_accrual: bool = False
    is_accrual: bool = False
    issues: bool = False
    month: Callable[[Item], Month | None] = own_instant
    amount: Callable[[Item], int] = stored_amount
    line: Callable[[Item], str] = no_line
    rewards: Callable[[Item], dict[str, int]] = no_rewards
    rewards_line: str = ""
    published: Callable[[Item], dict[str, Any]] = nothing_more

    def calls_for_accrual(self, item: Item) -> bool:
        """Whether the accrual posts for this stored entry of the kind: not for one that is held or declined."""
        return self.awaits_accrual and item.get("status", APPROVED) == APPROVED

    def reader(self) -> Callable[[str, Item], Any]:
        """The function that reads an entry of this kind from a wallet's id and the stored item. Imports its module."""
        module, _, function = self.codec.partition(":")
        reader: Callable[[str, Item], Any] = getattr(import_module(module), function)
        return reader


def by_layer(rewards: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The sum of `rewards` by layer."""
    total: dict[str, int] = {}
    for layer, won in rewards:
        total[layer] = total.get(layer, 0) + won
    return total
