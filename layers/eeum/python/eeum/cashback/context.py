"""The input of one wallet's accruals, and what a computation still needs: plain values.

Stored entries never change, so those that were read are kept from one accrual to the next (`EntriesCache`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from eeum.cashback.rules import Correction, Earning, MonthBook

if TYPE_CHECKING:
    from eeum.calendar import Month
    from eeum.cashback.rules import CaptureKey
    from eeum.cashback.sources import Source
    from eeum.ids import Digest
    from eeum.payments.rules import Payment
    from eeum.policy.usage import Usage
    from eeum.wallet.rules import Wallet

Months = tuple["Month", "Month"]
"""The first and the last of the months whose cashback depends on each other."""

MOST_WALLETS = 20
"""The most wallets that are kept: those of one batch."""


class UsageFound(NamedTuple):
    """How much each earning of these months uses of limits, by its number, as the last replay found."""

    months: Months
    by_earning: Mapping[int, Usage]


@dataclass(frozen=True, slots=True)
class EntriesRead:
    """What was read of a wallet with `accrued` accruals: books of months, payments by key, and the usage that a replay found."""

    accrued: int = 0
    books: Mapping[Months, MonthBook] = field(default_factory=dict)
    payments: Mapping[Digest, Payment] = field(default_factory=dict)
    usage: UsageFound | None = None

    def as_of(self, accrued: int) -> EntriesRead:
        """What is still valid when the wallet has `accrued` accruals: everything, or only its payments, which never change."""
        return self if accrued == self.accrued else EntriesRead(accrued, payments=self.payments)

    def after(self, entries: Sequence[Earning | Correction], usage: UsageFound | None) -> EntriesRead:
        """What is known after these entries, and no others, were stored."""
        books = {months: with_entries(book, months, entries) for months, book in self.books.items()}
        return replace(self, accrued=self.accrued + len(entries), books=books, usage=usage)


def with_entries(book: MonthBook, months: Months, entries: Sequence[Earning | Correction]) -> MonthBook:
    """The book with those of `entries` that belong to its months."""
    first, last = months
    new = [entry for entry in entries if first <= entry.month <= last]
    return MonthBook(
        (*book.earnings, *(entry for entry in new if isinstance(entry, Earning))),
        (*book.corrections, *(entry for entry in new if isinstance(entry, Correction))),
    )


class EntriesCache:
    """Entries of recently used wallets. They cannot go stale: each use compares them with the wallet's number of accruals."""

    def __init__(self, most: int = MOST_WALLETS) -> None:
        self._most = most
        self._read: OrderedDict[str, EntriesRead] = OrderedDict()

    def of(self, wallet_id: str, accrued: int) -> EntriesRead:
        """What is known of a wallet that has `accrued` accruals."""
        return self._read.get(wallet_id, EntriesRead()).as_of(accrued)

    def keep(self, wallet_id: str, read: EntriesRead) -> None:
        self._read[wallet_id] = read
        self._read.move_to_end(wallet_id)
        if len(self._read) > self._most:
            self._read.popitem(last=False)


@dataclass(frozen=True, slots=True)
class WalletContext:
    """What was read of a wallet. Amounts are in won.

    `captures` are the sources of captures; None for one that is not in the ledger. `expired` is what expired in each purse, less what of
    that was taken back. Both are valid for `wallet` as read: whatever changes them also changes its chain.
    """

    wallet: Wallet
    entries: EntriesRead
    captures: Mapping[CaptureKey, Source | None] = field(default_factory=dict)
    expired: Mapping[str, int] = field(default_factory=dict)


class NeedsBook(NamedTuple):
    """The earnings and corrections of months, up to the wallet's latest accrual."""

    months: Months


class NeedsPayments(NamedTuple):
    """Payments by their keys."""

    keys: tuple[Digest, ...]


class NeedsCapture(NamedTuple):
    """The source of a capture that has no earning yet."""

    capture: CaptureKey


class NeedsExpired(NamedTuple):
    """The amounts that expired in purses."""

    purses: tuple[str, ...]


Needs = NeedsBook | NeedsPayments | NeedsCapture | NeedsExpired
"""What a computation needs in its context before it continues."""
