"""What was read of wallets to post to them, kept while it cannot have changed: entries that were posted never do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eeum.cashback.rules import Correction, Earning, MonthBook
from eeum.cashback.store import MOST_READ

if TYPE_CHECKING:
    from eeum.calendar import Month
    from eeum.cashback.store import CashbackStore
    from eeum.ids import Digest
    from eeum.payments.rules import Payment
    from eeum.policy.usage import Usage

Months = tuple["Month", "Month"]
"""The first and the last of months whose cashback hangs together."""

MOST_WALLETS = 20
"""Wallets that are kept: those of one batch."""


class KnownWallet:
    """The months, payments and uses of limits that were read of one wallet, or worked out, as of its latest posting."""

    def __init__(self, store: CashbackStore, wallet_id: str) -> None:
        self.store = store
        self._wallet_id = wallet_id
        self._posted = 0
        self._books: dict[Months, MonthBook] = {}
        self._payments: dict[Digest, Payment] = {}
        self._stands: tuple[Months, Mapping[int, Usage]] | None = None

    def as_of(self, posted: int) -> KnownWallet:
        """What is still true of a wallet that has `posted` postings."""
        if posted != self._posted:
            self._posted = posted
            self._books = {}
            self._stands = None
        return self

    def book(self, months: Months) -> MonthBook:
        """The months as they were when the wallet had so many postings."""
        if months not in self._books:
            self._books[months] = self.store.book(self._wallet_id, *months).up_to(self._posted)
        return self._books[months]

    @property
    def stands(self) -> tuple[Months, Mapping[int, Usage]] | None:
        """What the last replay found of the use of limits, and of which months."""
        return self._stands

    def payments_of(self, book: MonthBook) -> PaymentsRead:
        return PaymentsRead(self.store, self._wallet_id, self._payments, book)

    def grown(self, entries: Sequence[Earning | Correction], stands: tuple[Months, Mapping[int, Usage]] | None) -> None:
        """`entries` were posted after what is known, and nothing else was."""
        self._posted += len(entries)
        self._stands = stands
        self._books = {months: with_entries(book, months, entries) for months, book in self._books.items()}


def with_entries(book: MonthBook, months: Months, entries: Sequence[Earning | Correction]) -> MonthBook:
    """The book with what of `entries` belongs to its months."""
    first, last = months
    new = [entry for entry in entries if first <= entry.month <= last]
    return MonthBook(
        (*book.earnings, *(entry for entry in new if isinstance(entry, Earning))),
        (*book.corrections, *(entry for entry in new if isinstance(entry, Correction))),
    )


class KnownWallets:
    """The wallets that were posted to last. It may be kept as long as one likes: a wallet says when it has changed."""

    def __init__(self, most: int = MOST_WALLETS) -> None:
        self._most = most
        self._known: OrderedDict[str, KnownWallet] = OrderedDict()

    def of(self, store: CashbackStore, wallet_id: str) -> KnownWallet:
        known = self._known.pop(wallet_id, None) or KnownWallet(store, wallet_id)
        known.store = store
        self._known[wallet_id] = known
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return known


class PaymentsRead:
    """Payments of a wallet by digest, read when one is asked for, together with those that earned next."""

    def __init__(self, store: CashbackStore, wallet_id: str, known: dict[Digest, Payment], book: MonthBook) -> None:
        self._store = store
        self._wallet_id = wallet_id
        self._known = known
        self._order = list(dict.fromkeys(earning.digest for earning in book.earnings))
        self._places = {digest: place for place, digest in enumerate(self._order)}

    def __getitem__(self, digest: Digest) -> Payment:
        if digest not in self._known:
            place = self._places[digest]
            missing = [each for each in self._order[place : place + MOST_READ] if each not in self._known]
            self._known.update(self._store.payments(self._wallet_id, missing))
        return self._known[digest]
