"""Rewards that were not spent in time leave the wallet. They were not spendable any more before that: the rules see to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from eeum.journal.accounts import added, expired, is_of_rewards, purse
from eeum.wallet.rules import Purse, Wallet, has_expired

KEPT_EMPTY = timedelta(days=31)
"""How long a wallet keeps a purse that is past its time: what is held can come back to it for seven days."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """An entry: won by purse that left a wallet at `accepted_at`, having expired."""

    wallet_id: str
    accepted_at: datetime
    purses: Mapping[str, int]

    @property
    def amount(self) -> int:
        return sum(self.purses.values())

    @property
    def postings(self) -> dict[str, int]:
        """Won by account, summing to zero: out of each purse to what expired under its name."""
        moves = ({purse(each): -won, expired(each.partition("@")[0]): won} for each, won in self.purses.items())
        return added(*moves)


def expiry_of(wallet: Wallet, now: datetime) -> Expiry | None:
    """What is to leave the wallet; None where nothing has expired."""
    gone = {each.id: each.amount for each in wallet.purses if each.amount and has_expired(each, now)}
    return Expiry(wallet.id, now, gone) if gone else None


def past_purses(wallet: Wallet, now: datetime) -> list[Purse]:
    """Purses of rewards that the wallet need not carry on: their time was over a month ago, and what is in them leaves, too."""
    return [each for each in wallet.purses if is_of_rewards(each.id) and _is_past(each, now)]


def _is_past(each: Purse, now: datetime) -> bool:
    if each.expires_at is not None:
        return each.expires_at + KEPT_EMPTY <= now
    # A payback never expires: one that was spent is done with.
    return each.amount == 0 and each.spendable_from is not None and each.spendable_from + KEPT_EMPTY <= now
