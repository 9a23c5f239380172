"""Sweeping: moves expired rewards out of wallets, once."""

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
    """What sweeping depends on."""

    wallets: WalletStore
    expiries: ExpiryStore
    patience: Patience

    def wallet(self, read: Wallet, now: datetime) -> int:
        """Move what has expired by `now` out of a wallet, and return the amount in won. A changed wallet is read again.

        It may run twice, and at the same time as anything else. A wallet without expired purses costs nothing. Raises `Busy`.
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
