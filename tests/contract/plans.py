"""Accrual plans with the parts that a case names, instead of those computed for a source."""

from typing import Any

from eeum.cashback.plan import PostingEntry, WalletPlan
from eeum.cashback.rules import Correction
from eeum.cashback.usage import usage_to_keep
from eeum.journal.accounts import added, by_purse
from eeum.wallet.debts import debts_after
from eeum.wallet.rules import Wallet


def plan_of(opened: Wallet, *entries: PostingEntry, **said: Any) -> WalletPlan:
    """A plan on the wallet's accrual number and chain. What `said` does not set follows from the entries."""
    debts = opened.debts
    for entry in entries:
        if isinstance(entry, Correction):
            debts = debts_after(debts, entry.spent, entry.repaid, entry.recovered_from)
    follows = {
        "moved": by_purse(added(*(entry.postings for entry in entries))),
        "usage": usage_to_keep(opened.usage),
        "debts": debts,
        "negative": opened.negative,
        "further_parts": sum(isinstance(entry, Correction) and entry.part[0] > 0 for entry in entries),
    }
    linked = tuple((entry, f"hash of source {entry.number}") for entry in entries)
    return WalletPlan(wallet=opened, entries=linked, **(follows | said))
