"""The postings of one wallet, worked out one source after another from what was read, before they are stored together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from eeum.calendar import Month, month_of
from eeum.cashback.clawback import taken_back
from eeum.cashback.known import KnownWallet, Months, with_entries
from eeum.cashback.parts import divided
from eeum.cashback.replay import refund, replay
from eeum.cashback.rules import (
    CancelledCapture,
    Captured,
    Correction,
    Earning,
    MonthBook,
    captured_of,
    earn,
    postings_of,
)
from eeum.cashback.sources import Source
from eeum.cashback.standing import NONE_STANDS
from eeum.cashback.store import CashbackStore
from eeum.cashback.usage import (
    asked_for,
    carried_from,
    in_full,
    is_kept,
    months_together,
    shortened,
    usage_to_keep,
    usage_with,
)
from eeum.journal.accounts import CASHBACK, added, by_purse, is_of_rewards, purse
from eeum.payments.progress import Cancellation
from eeum.policy.rules import PolicyVersion
from eeum.policy.usage import Usage
from eeum.policy.use_cases import PolicyBook
from eeum.wallet.debts import Debts, debts_after
from eeum.wallet.giving import UNLIMITED, Grants
from eeum.wallet.rules import Negative, Wallet

PostingEntry = Earning | Correction


class CaptureMissing(Exception):
    """A cancellation of a capture that is not in the ledger: nothing that we stored says so."""


@dataclass
class WalletPostings:
    """What is posted to one wallet: entries numbered from `posted` + 1 on, each with the hash of its source, and what they make of it.

    Rewards are funded by `grants`, which wallets that are posted to in one transaction share.
    `rests_on_cashback` says that a refund was divided by the balance as read, so that it must still be that; `rests_on` what purses of
    rewards must have had at least for what was taken back out of them. `known` is what was read of the wallet before. Amounts are won.
    """

    wallet: Wallet
    store: CashbackStore
    policies: PolicyBook
    posted_at: datetime
    grants: Grants = UNLIMITED
    known: KnownWallet | None = None
    entries: list[tuple[PostingEntry, str]] = field(default_factory=list)
    rests_on_cashback: bool = False
    rests_on: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._usage = dict(self.wallet.usage)
        self._read = (self.known or KnownWallet(self.store, self.wallet.id)).as_of(self.wallet.posted)
        self._stands = self._read.stands
        self.negative = self.wallet.negative

    @property
    def usage(self) -> dict[str, int]:
        """The windows that the wallet carries afterwards."""
        policy = self.policies.in_force_at(self.posted_at)
        return usage_to_keep(self._usage, carried_from(policy, self.posted_at) if policy else ())

    @property
    def divided(self) -> int:
        """How many of the entries are further parts of a correction: what is due for a cancellation is known when it is posted."""
        return sum(isinstance(entry, Correction) and entry.part[0] > 0 for entry, _ in self.entries)

    @property
    def moved(self) -> dict[str, int]:
        """What the entries move into each purse in all; negative: out of it."""
        return by_purse(added(*map(_postings_of, (entry for entry, _ in self.entries))))

    @property
    def debts(self) -> Debts:
        """What the wallet's purses owe each other afterwards."""
        debts = self.wallet.debts
        for entry, _ in self.entries:
            if isinstance(entry, Correction):
                debts = debts_after(debts, entry.spent, entry.repaid, entry.recovered_from)
        return debts

    def were_stored(self) -> None:
        self._read.grown([entry for entry, _ in self.entries], self._stands)

    def add(self, source: Source) -> None:
        """Works out what `source` calls for. Raises `CaptureMissing`."""
        if isinstance(source.entry, Cancellation):
            self._add_cancellation(source.entry, source.hash)
        else:
            captured = captured_of(source.entry)
            if not self._has(captured):
                self._add_capture(captured, source.hash)

    def _has(self, captured: Captured) -> bool:
        """Whether a cancellation that came first has brought the capture's earning with it."""
        return any(
            isinstance(entry, Earning) and (entry.digest, entry.capture) == (captured.digest, captured.capture)
            for entry, _ in self.entries
        )

    def _add_capture(self, captured: Captured, source_hash: str) -> None:
        policy = self.policies.running_at(captured.accepted_at)
        usage = self._usage_before(policy, captured)
        earning = earn(captured, policy, self._next_number, usage, self.posted_at, self.grants)
        self._append(source_hash, earning)

    def _add_cancellation(self, cancellation: Cancellation, source_hash: str) -> None:
        for month in cancellation.months:
            cancelled = tuple(
                CancelledCapture(cancellation.payment, each.capture, each.won, each.discount)
                for each in cancellation.of
                if each.month == month
            )
            for each in cancelled:
                self._post_first(month, each)
            self._correct(cancellation, month, cancelled, source_hash)

    def _post_first(self, month: Month, cancelled: CancelledCapture) -> None:
        """Posts the earning of a capture whose cancellation came before it: streams promise order for each item, not for a member."""
        if self._book(self._together(month)).has(cancelled.payment, cancelled.capture):
            return
        source = self.store.captured_source(self.wallet.id, cancelled.payment, cancelled.capture)
        if source is None or isinstance(source.entry, Cancellation):
            raise CaptureMissing(f"there is no capture {cancelled.capture} of the payment {cancelled.payment}")
        self._add_capture(captured_of(source.entry), source.hash)

    def _correct(
        self, cancellation: Cancellation, month: Month, cancelled: tuple[CancelledCapture, ...], source_hash: str
    ) -> None:
        months = self._together(month)
        book = self._book(months)
        payments = self._read.payments_of(book)
        # Replays of other months may change what an earlier one of these has found.
        stands = self._stands[1] if self._stands and self._stands[0] == months else NONE_STANDS
        replayed = replay(book, cancelled, payments, self.policies.running_at, self.grants, stands)
        self._stands = (months, replayed.stands)
        taken = taken_back(replayed.cashback, self._balance, self._expired)
        self._rest_on(taken.postings)
        won = taken.postings.get(purse(CASHBACK), 0)
        owed = debts_after(self.debts, spent=taken.spent)
        returned = refund(book, cancelled, payments, self._cashback + won, owed)
        whole = Correction(
            wallet_id=self.wallet.id,
            month=month,
            digest=cancellation.acceptance.digest,
            number=self._next_number,
            payment_id=cancellation.payment_id,
            cancellation_id=cancellation.acceptance.id,
            accepted_at=cancellation.acceptance.accepted_at,
            posted_at=self.posted_at,
            cancelled=cancelled,
            changes=replayed.changes,
            used=shortened(replayed.used, month),
            cashback=taken.postings,
            recovered=returned.recovered,
            released=returned.released,
            ceilings=replayed.ceilings,
            expired=taken.expired,
            spent=taken.spent,
            recovered_from=returned.recovered_from,
            repaid=returned.repaid,
        )
        self.rests_on_cashback = True
        self._append(source_hash, *divided(whole, replayed.moved))
        if won < 0 and self._cashback < 0:
            self.negative = Negative(cancellation.payment_id, self.posted_at)

    def _rest_on(self, taken: Mapping[str, int]) -> None:
        """A purse that has less by then, since the member paid from it, has less to take back: it is recomputed."""
        moved = self.moved
        for purse_id, won in by_purse(taken).items():
            if won < 0 and is_of_rewards(purse_id):
                self.rests_on[purse_id] = max(self.rests_on.get(purse_id, 0), -won - moved.get(purse_id, 0))

    def _append(self, source_hash: str, *entries: PostingEntry) -> None:
        for entry in entries:
            self.entries.append((entry, source_hash))
            used = in_full(entry.used, entry.month)
            self._usage = usage_with(self._usage, {key: won for key, won in used.items() if self._is_known(key)})
        if self._cashback >= 0:
            self.negative = None

    def _usage_before(self, policy: PolicyVersion, captured: Captured) -> Usage:
        """Use by limit and window; of those that the wallet no longer carries it is added up from its entries, and then known."""
        unknown = [key for key in asked_for(policy, captured.accepted_at) if not self._is_known(key)]
        if unknown:
            added_up = self._book(self._together(captured.month)).used
            self._usage |= {key: added_up.get(key, 0) for key in unknown}
        return self._usage

    def _is_known(self, key: str) -> bool:
        return key in self._usage or is_kept(self.wallet.usage, key)

    def _together(self, month: Month) -> Months:
        return months_together(self.policies, month, max(month, month_of(self.posted_at)))

    def _book(self, months: Months) -> MonthBook:
        """The months as they are stored, with what was worked out since."""
        return with_entries(self._read.book(months), months, [entry for entry, _ in self.entries])

    @property
    def _next_number(self) -> int:
        return self.wallet.posted + len(self.entries) + 1

    @property
    def _cashback(self) -> int:
        return self._balance(CASHBACK)

    def _balance(self, purse_id: str) -> int:
        return self.wallet.balance(purse_id) + self.moved.get(purse_id, 0)

    def _expired(self, purse_id: str) -> int:
        """What of a purse expired, and was not taken back yet."""
        now = sum(entry.expired.get(purse_id, 0) for entry, _ in self.entries if isinstance(entry, Correction))
        return self.store.expired(self.wallet.id, purse_id) - now


def _postings_of(entry: PostingEntry) -> dict[str, int]:
    return postings_of(entry) if isinstance(entry, Earning) else entry.postings
