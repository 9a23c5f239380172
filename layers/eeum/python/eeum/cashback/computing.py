"""Computes the accruals of one wallet, one source after another, from what was read: pure.

A computation is a generator: it yields what it needs (`Needs`), is sent the context that has it, continues, and returns the plan to store.
So nothing unneeded is read, and nothing is computed twice (docs/decisions/0037).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from eeum.calendar import Month, month_of
from eeum.cashback.clawback import lacking_of, taken_back
from eeum.cashback.context import (
    EntriesRead,
    Months,
    Needs,
    NeedsBook,
    NeedsCapture,
    NeedsExpired,
    NeedsPayments,
    UsageFound,
    WalletContext,
    with_entries,
)
from eeum.cashback.parts import divided
from eeum.cashback.plan import PostingEntry, WalletPlan
from eeum.cashback.replay import Replay, Replayed, refund
from eeum.cashback.rules import CancelledCapture, Captured, Correction, Earning, MonthBook, captured_of, earn
from eeum.cashback.sources import Source
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
from eeum.cashback.usage_by_earning import NONE_FOUND
from eeum.journal.accounts import CASHBACK, added, by_purse, is_of_rewards, purse
from eeum.payments.progress import Cancellation
from eeum.policy.usage import Usage
from eeum.wallet.command_rewards import UNLIMITED, RewardFunds
from eeum.wallet.debts import debts_after
from eeum.wallet.rules import Negative

if TYPE_CHECKING:
    from eeum.policy.rules import PolicyVersion
    from eeum.policy.use_cases import PolicyBook

MOST_ENTRIES = 40
"""No more sources are added after this many entries of a wallet. One cancellation adds at most twice its captures, 40, and near the end
of a budget all of its 17 places may be drawn on.
"""

Result = TypeVar("Result")
Computing = Generator[Needs, WalletContext, Result]


class CaptureMissing(Exception):
    """A cancellation of a capture that is not in the ledger. No entry that we stored does that."""


class Terms(NamedTuple):
    """The terms of accruals. The wallets of one transaction share `funds`, which fund the rewards."""

    policies: PolicyBook
    posted_at: datetime
    funds: RewardFunds = UNLIMITED


class Computed(NamedTuple):
    """The result of a computation for one wallet.

    It has the plan, the keys of the sources that it covers (possibly not all), the keys of sources that can never be accrued, with the
    reason, and what is known of the wallet's entries after the plan is stored.
    """

    plan: WalletPlan
    accrued: tuple[str, ...]
    faults: Mapping[str, str]
    entries_after: EntriesRead


def compute(context: WalletContext, sources: Sequence[Source], terms: Terms) -> Computing[Computed]:
    """What to store for the sources of one wallet, in their order, as far as it fits into one transaction."""
    accrual = _WalletAccrual(context, terms)
    accrued: list[str] = []
    faults: dict[str, str] = {}
    for source in sources:
        if len(accrual.entries) > MOST_ENTRIES:
            break
        try:
            yield from accrual.add(source)
            accrued.append(source.key)
        except CaptureMissing as reason:
            faults[source.key] = str(reason)
    return Computed(accrual.plan(), tuple(accrued), faults, accrual.entries_after())


def run(
    computing: Computing[Result], context: WalletContext, load: Callable[[WalletContext, Needs], WalletContext]
) -> Result:
    """Run a computation to its end. `load` returns the context with what is needed."""
    try:
        needs = next(computing)
        while True:
            context = load(context, needs)
            needs = computing.send(context)
    except StopIteration as done:
        result: Result = done.value
        return result


class _WalletAccrual:
    """The entries so far, and how they change the wallet. Amounts are in won."""

    def __init__(self, context: WalletContext, terms: Terms) -> None:
        self.entries: list[tuple[PostingEntry, str]] = []
        self._context = context
        self._wallet = context.wallet
        self._terms = terms
        self._usage = dict(context.wallet.usage)
        self._usage_found = context.entries.usage
        self._negative = context.wallet.negative
        self._needs_same_cashback = False
        self._needs_in_purses: dict[str, int] = {}

    # --- the accrual of a source ------------------------------------------------------------------------------------

    def add(self, source: Source) -> Computing[None]:
        """Add what `source` calls for. Raises `CaptureMissing` without adding anything."""
        if isinstance(source.entry, Cancellation):
            yield from self._add_cancellation(source.entry, source.hash)
        elif not self._has(captured := captured_of(source.entry)):
            yield from self._add_capture(captured, source.hash)

    def _has(self, captured: Captured) -> bool:
        """Whether the capture has an earning, since a cancellation that was processed first added it."""
        return any(
            isinstance(entry, Earning) and (entry.digest, entry.capture) == (captured.digest, captured.capture)
            for entry, _ in self.entries
        )

    def _add_capture(self, captured: Captured, source_hash: str) -> Computing[None]:
        terms = self._terms
        policy = terms.policies.running_at(captured.accepted_at)
        usage = yield from self._usage_before(policy, captured)
        self._append(source_hash, earn(captured, policy, self._next_number, usage, terms.posted_at, terms.funds))

    def _add_cancellation(self, cancellation: Cancellation, source_hash: str) -> Computing[None]:
        by_month = {month: _cancelled_in(cancellation, month) for month in cancellation.months}
        unposted = {}
        for month, cancelled in by_month.items():
            unposted[month] = yield from self._unposted(month, cancelled)
        for month, cancelled in by_month.items():
            # Streams keep the order of each item, but not of a member: a cancellation may arrive before its capture.
            for source in unposted[month]:
                yield from self.add(source)
            yield from self._correct(cancellation, month, cancelled, source_hash)

    def _unposted(self, month: Month, cancelled: Sequence[CancelledCapture]) -> Computing[list[Source]]:
        """The sources of those captures that have no earning yet."""
        book = yield from self._book(self._months_with(month))
        found = []
        for each in cancelled:
            if book.has(each.payment, each.capture):
                continue
            key = (each.payment, each.capture)
            if key not in self._context.captures:
                yield from self._need(NeedsCapture(key))
            source = self._context.captures[key]
            if source is None or isinstance(source.entry, Cancellation):
                raise CaptureMissing(f"the ledger has no capture {each.capture} of the payment {each.payment}")
            found.append(source)
        return found

    def _correct(
        self, cancellation: Cancellation, month: Month, cancelled: tuple[CancelledCapture, ...], source_hash: str
    ) -> Computing[None]:
        months = self._months_with(month)
        book = yield from self._book(months)
        replayed = yield from self._replayed(months, book, cancelled)
        lacking = lacking_of(replayed.cashback, self._balance)
        if unknown := tuple(each for each in lacking if each not in self._context.expired):
            yield from self._need(NeedsExpired(unknown))
        clawback = taken_back(replayed.cashback, self._balance, self._expired)
        self._require(clawback.postings)
        won = clawback.postings.get(purse(CASHBACK), 0)
        owed = debts_after(self._debts, spent=clawback.spent)
        returned = refund(book, cancelled, self._context.entries.payments, self._balance(CASHBACK) + won, owed)
        whole = Correction(
            wallet_id=self._wallet.id,
            month=month,
            digest=cancellation.acceptance.digest,
            number=self._next_number,
            payment_id=cancellation.payment_id,
            cancellation_id=cancellation.acceptance.id,
            accepted_at=cancellation.acceptance.accepted_at,
            posted_at=self._terms.posted_at,
            cancelled=cancelled,
            changes=replayed.changes,
            used=shortened(replayed.used, month),
            cashback=clawback.postings,
            recovered=returned.recovered,
            released=returned.released,
            funded_amounts=replayed.funded_amounts,
            expired=clawback.expired,
            spent=clawback.spent,
            recovered_from=returned.recovered_from,
            repaid=returned.repaid,
        )
        self._append(source_hash, *divided(whole, replayed.moved))
        if won < 0 and self._balance(CASHBACK) < 0:
            self._negative = Negative(cancellation.payment_id, self._terms.posted_at)

    def _replayed(
        self, months: Months, book: MonthBook, cancelled: tuple[CancelledCapture, ...]
    ) -> Computing[Replayed]:
        # Replays of other months may change what an earlier replay of these found.
        found = self._usage_found
        by_earning = found.by_earning if found and found.months == months else NONE_FOUND
        replay = Replay(book, cancelled, self._terms.policies.running_at, self._terms.funds, by_earning)
        while lacking := replay.go_on(self._context.entries.payments):
            yield from self._need(NeedsPayments(tuple(lacking)))
        replayed = replay.result
        self._usage_found = UsageFound(months, replayed.usage_by_earning)
        return replayed

    def _require(self, moved: Mapping[str, int]) -> None:
        """Require the balances that the plan depends on: cashback where it decided a refund, purses from which rewards are taken back."""
        self._needs_same_cashback = True
        needed, before = self._needs_in_purses, self._moved
        for purse_id, won in by_purse(moved).items():
            if won < 0 and is_of_rewards(purse_id):
                needed[purse_id] = max(needed.get(purse_id, 0), -won - before.get(purse_id, 0))

    def _append(self, source_hash: str, *entries: PostingEntry) -> None:
        for entry in entries:
            self.entries.append((entry, source_hash))
            used = in_full(entry.used, entry.month)
            self._usage = usage_with(self._usage, {key: won for key, won in used.items() if self._is_known(key)})
        if self._balance(CASHBACK) >= 0:
            self._negative = None

    # --- input ------------------------------------------------------------------------------------------------------

    def _need(self, needs: Needs) -> Computing[None]:
        self._context = yield needs

    def _book(self, months: Months) -> Computing[MonthBook]:
        """The months as stored, with what was computed since."""
        if months not in self._context.entries.books:
            yield from self._need(NeedsBook(months))
        return with_entries(self._context.entries.books[months], months, [entry for entry, _ in self.entries])

    def _usage_before(self, policy: PolicyVersion, captured: Captured) -> Computing[Usage]:
        """Limit usage before a capture, by limit and window. For windows that the wallet no longer carries it is summed over entries,
        once.
        """
        unknown = [key for key in asked_for(policy, captured.accepted_at) if not self._is_known(key)]
        if unknown:
            book = yield from self._book(self._months_with(captured.month))
            summed = book.used
            self._usage |= {key: summed.get(key, 0) for key in unknown}
        return self._usage

    def _is_known(self, key: str) -> bool:
        return key in self._usage or is_kept(self._wallet.usage, key)

    def _months_with(self, month: Month) -> Months:
        return months_together(self._terms.policies, month, max(month, month_of(self._terms.posted_at)))

    @property
    def _next_number(self) -> int:
        return self._wallet.accrued + len(self.entries) + 1

    @property
    def _moved(self) -> dict[str, int]:
        """The total that the entries move into each purse; negative: out of it."""
        return by_purse(added(*(entry.postings for entry, _ in self.entries)))

    @property
    def _corrections(self) -> list[Correction]:
        return [entry for entry, _ in self.entries if isinstance(entry, Correction)]

    @property
    def _debts(self) -> Mapping[str, Mapping[str, int]]:
        debts = self._wallet.debts
        for correction in self._corrections:
            debts = debts_after(debts, correction.spent, correction.repaid, correction.recovered_from)
        return debts

    def _balance(self, purse_id: str) -> int:
        return self._wallet.balance(purse_id) + self._moved.get(purse_id, 0)

    def _expired(self, purse_id: str) -> int:
        """What expired in a purse and was not taken back yet."""
        now = sum(correction.expired.get(purse_id, 0) for correction in self._corrections)
        return self._context.expired[purse_id] - now

    # --- result -------------------------------------------------------------------------------------------------------

    def plan(self) -> WalletPlan:
        policy = self._terms.policies.in_force_at(self._terms.posted_at)
        carried = carried_from(policy, self._terms.posted_at) if policy else ()
        return WalletPlan(
            wallet=self._wallet,
            entries=tuple(self.entries),
            moved=self._moved,
            usage=usage_to_keep(self._usage, carried),
            debts=self._debts,
            negative=self._negative,
            further_parts=sum(correction.part[0] > 0 for correction in self._corrections),
            needs_same_cashback=self._needs_same_cashback,
            needs_in_purses=self._needs_in_purses,
        )

    def entries_after(self) -> EntriesRead:
        return self._context.entries.after([entry for entry, _ in self.entries], self._usage_found)


def _cancelled_in(cancellation: Cancellation, month: Month) -> tuple[CancelledCapture, ...]:
    return tuple(
        CancelledCapture(cancellation.payment, each.capture, each.won, each.discount)
        for each in cancellation.of
        if each.month == month
    )
