"""What a payment and an earning are to the reference: as things stand, with what was captured, cancelled, given and taken back."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from eeum.policy.rules import PolicyVersion
from tests.invariants_of_payments import taken
from tests.simulation.reference_of_policies import (
    purse_of,
)

Item = dict[str, Any]
CaptureOf = tuple[str, int]


@dataclass
class Captured:
    """What earns: its won from `start` to `end` of the payment, and how many were cancelled, by cancellations posted or not."""

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
        """What came out of which purse for the won from `start` to `end` of the price."""
        discount = sum(won for _, _, won in self.discounts)
        return taken(self.paid_from, start - discount * start // self.amount, end - discount * end // self.amount)

    @property
    def cancelled(self) -> int:
        return sum(each.cancelled for each in self.captures.values())

    @property
    def status_now(self) -> str:
        """The status at present: `status` is what was decided."""
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
    """An earning: won by layer, and by layer and funder, as things stand, and what posted cancellations took of its capture.

    `windows` are those that it is judged by, `used` by how much it uses them, `ceilings` what its layers are funded for at most.
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
        """By account, the won that who funds it has paid."""
        paid: Counter[str] = Counter()
        for (_, funder), won in self.funded.items():
            paid[account_of(funder, self.merchant)] += won
        return paid

    @property
    def purses(self) -> Counter[str]:
        """By purse, the won that came into it."""
        came: Counter[str] = Counter()
        for layer, won in self.rewards.items():
            came[self.into(layer)] += won
        return came

    def into(self, layer: str) -> str:
        """The purse that what a layer gives comes into."""
        (found,) = [each for each in self.policy.layers if each.id == layer]
        return purse_of(self.policy, found, self.at)


def account_of(funder: str, merchant: str) -> str:
    return f"merchant_reward/{merchant}" if funder == "merchant" else f"funder/{funder}"
