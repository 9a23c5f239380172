"""Sweeping wallets: what has expired leaves them, once."""

from dataclasses import dataclass
from datetime import datetime

from eeum.calendar import whole_milliseconds
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience
from eeum.wallet.expiry import expiry_of, past_purses
from eeum.wallet.expiry_store import ExpiryStore
from eeum.wallet.rules import Wallet
from eeum.wallet.store import WalletStore


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What sweeping works with."""

    wallets: WalletStore
    expiries: ExpiryStore
    patience: Patience

    def wallet(self, read: Wallet, now: datetime) -> int:
        """Takes what has expired by `now` out of a wallet, as it was read or, when that has changed, as it is; gives the won.

        It may run twice, and beside everything else. A wallet without anything past costs nothing. Raises `Busy`.
        """
        at = whole_milliseconds(now)
        attempt = 0
        wallet: Wallet | None = read
        while wallet is not None:
            expiry, past = expiry_of(wallet, at), past_purses(wallet, at)
            if expiry is None and not past:
                break
            try:
                self.expiries.sweep(wallet, expiry, past)
                return expiry.amount if expiry else 0
            except ConditionsFailed:
                attempt += 1
                self.patience.wait(attempt)
                wallet = self.wallets.wallet(read.id)
        return 0
