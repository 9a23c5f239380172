"""The reference's payments and earnings: their present state, with what was captured, cancelled, given back and taken back."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from eeum.policy.rules import PolicyVersion
from tests.simulation.reference_of_entries import taken
from tests.simulation.reference_of_policies import purse_of

Item = dict[str, Any]
CaptureOf = tuple[str, int]


@dataclass
class Captured:
    """A capture: its won from `start` to `end` of the payment, and how many were cancelled, by cancellations posted or not."""

    start: int
    end: int
    accepted_at: str
    source: str
    cancelled: int = 0


@dataclass
class Paid:
    status: str
    amount: int
    merchant: str
    paid_from: list[list[Any]]
    facts: Item
    discounts: list[tuple[str, str, int]]
    taken: dict[str, int]
    hash: str
    expires_at: str | None
    captures: dict[int, Captured] = field(default_factory=dict)
    released: int = 0
    released_by: str = ""
    reversed: bool = False
    """Whether a reversal cancelled what was left."""

    def paid_for(self, start: int, end: int) -> list[list[Any]]:
        """The amounts that each purse paid for the won from `start` to `end` of the price."""
        discount = sum(won for _, _, won in self.discounts)
        return taken(self.paid_from, start - discount * start // self.amount, end - discount * end // self.amount)

    @property
    def cancelled(self) -> int:
        return sum(each.cancelled for each in self.captures.values())

    @property
    def status_now(self) -> str:
        """The present status; `status` is the decision."""
        captured = sum(each.end - each.start for each in self.captures.values())
        if self.status == "declined":
            return "declined"
        if self.held == 0 and self.cancelled == captured:
            if not captured:
                return self.released_by
            return "reversed" if self.reversed else "cancelled"
        if self.cancelled:
            return "partly_cancelled"
        if self.status == "approved" or not captured:
            return self.status
        return "partly_captured" if self.held else "captured"

    @property
    def held(self) -> int:
        if self.status != "held":
            return 0
        return self.amount - sum(each.end - each.start for each in self.captures.values()) - self.released


@dataclass
class Earned:
    """An earning: present amounts by layer, and by layer and funder, and what posted cancellations took of its capture.

    `windows` are those of its limits, `used` its usage of them, `ceilings` the funded amounts of its layers.
    """

    number: int
    capture: CaptureOf
    at: str
    merchant: str
    policy: PolicyVersion
    windows: set[str]
    ceilings: dict[str, int]
    rewards: Counter[str] = field(default_factory=Counter)
    funded: Counter[tuple[str, str]] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    refunded: int = 0

    @property
    def accounts(self) -> Counter[str]:
        """The amount that each funder has paid, by account."""
        paid: Counter[str] = Counter()
        for (_, funder), won in self.funded.items():
            paid[account_of(funder, self.merchant)] += won
        return paid

    @property
    def purses(self) -> Counter[str]:
        """The amount that each purse got."""
        came: Counter[str] = Counter()
        for layer, won in self.rewards.items():
            came[self.into(layer)] += won
        return came

    def into(self, layer: str) -> str:
        """The purse of a layer's reward."""
        (found,) = [each for each in self.policy.layers if each.id == layer]
        return purse_of(self.policy, found, self.at)


def account_of(funder: str, merchant: str) -> str:
    return f"merchant_reward/{merchant}" if funder == "merchant" else f"funder/{funder}"
