"""The plan for one wallet: what an accrual computed and is about to store. A plain value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eeum.cashback.rules import Correction, Earning
from eeum.wallet.debts import Debts
from eeum.wallet.rules import Negative, Wallet

PostingEntry = Earning | Correction


@dataclass(frozen=True, slots=True)
class WalletPlan:
    """The entries to store and how they change the wallet. Amounts are in won.

    Attributes:
        wallet: as read. Storing requires that its number of accruals and its chain are unchanged.
        entries: numbered from `wallet.posted` + 1 on, each with the hash of its source.
        moved: the total into each purse; negative: out of it.
        usage: limit usage by accruals afterwards, by limit and window.
        debts: what its purses owe each other afterwards.
        negative: why cashback is below zero afterwards, or None.
        further_parts: how many entries are further parts of a correction. The wallet's `due` grows by them when they are stored.
        needs_same_cashback: whether the cashback balance must be as read, since it decided where a refund goes.
        needs_in_purses: the least balance of purses of rewards from which something is taken back.
    """

    wallet: Wallet
    entries: tuple[tuple[PostingEntry, str], ...]
    moved: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    debts: Debts = field(default_factory=dict)
    negative: Negative | None = None
    further_parts: int = 0
    needs_same_cashback: bool = False
    needs_in_purses: Mapping[str, int] = field(default_factory=dict)
