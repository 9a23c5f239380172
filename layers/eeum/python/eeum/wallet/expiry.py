"""Rewards that were not spent in time leave the wallet. The rules already stop them from being spent once they expire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from eeum.journal.accounts import added, expired, is_of_rewards, purse
from eeum.wallet.rules import Purse, Wallet, has_expired

KEPT_EMPTY = timedelta(days=31)
"""How long a wallet keeps an expired purse: a hold of up to seven days may still come back to it."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """An entry: rewards by purse that left a wallet at `accepted_at` because they expired."""

    wallet_id: str
    accepted_at: datetime
    purses: Mapping[str, int]

    @property
    def amount(self) -> int:
        return sum(self.purses.values())

    @property
    def postings(self) -> dict[str, int]:
        """Won by account, summing to zero: from each purse to its account of expired rewards."""
        moves = ({purse(each): -won, expired(each.partition("@")[0]): won} for each, won in self.purses.items())
        return added(*moves)


def expiry_of(wallet: Wallet, now: datetime) -> Expiry | None:
    """The expiry of a wallet's rewards at `now`; None if nothing has expired."""
    gone = {each.id: each.amount for each in wallet.purses if each.amount and has_expired(each, now)}
    return Expiry(wallet.id, now, gone) if gone else None


def past_purses(wallet: Wallet, now: datetime) -> list[Purse]:
    """Purses of rewards that the wallet can drop: they expired over a month ago. What they still hold expires, too."""
    return [each for each in wallet.purses if is_of_rewards(each.id) and _is_past(each, now)]


def _is_past(each: Purse, now: datetime) -> bool:
    if each.expires_at is not None:
        return each.expires_at + KEPT_EMPTY <= now
    # Deferred cashback never expires; its purse can be dropped once it is empty.
    return each.amount == 0 and each.spendable_from is not None and each.spendable_from + KEPT_EMPTY <= now
