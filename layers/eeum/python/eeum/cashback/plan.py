"""What is stored for one wallet, as it was computed: a plain value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eeum.cashback.rules import Correction, Earning
from eeum.wallet.debts import Debts
from eeum.wallet.rules import Negative, Wallet

PostingEntry = Earning | Correction


@dataclass(frozen=True, slots=True)
class WalletPlan:
    """Entries, and what they make of the wallet. Amounts are won.

    Attributes:
        wallet: as it was read. Storing requires its number of postings and its chain to be the same still.
        entries: numbered from `wallet.posted` + 1 on, each with the hash of its source.
        moved: into each purse in all; negative: out of it.
        usage: of limits by window, which the wallet carries afterwards.
        debts: what its purses owe each other afterwards.
        negative: why cashback is below zero afterwards, or None.
        further_parts: how many of the entries are further parts of a correction. What is due for a cancellation is known when it is posted.
        needs_same_cashback: whether a refund was divided by the cashback balance as read, so that it must still be that.
        needs_in_purses: what purses of rewards must have at least for what is taken back out of them.
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
