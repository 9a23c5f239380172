"""Posting cashback for captured payments, exactly once; showing it; and quoting it before paying."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, month_of, whole_milliseconds
from eeum.cashback.rules import (
    Earning,
    Quote,
    Usage,
    earn,
    is_kept,
    quote,
    usage_after,
    usage_to_keep,
    usage_with,
    used_by,
    used_in,
)
from eeum.cashback.store import CashbackStore, WalletPosting
from eeum.errors import Busy, ProgrammeNotRunning
from eeum.merchants.store import MerchantStore
from eeum.payments.rules import Decline, Order, Payment, judge, paid_from
from eeum.policy.use_cases import PolicyBook
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience
from eeum.wallet.rules import Wallet

MOST_TOGETHER = 49
"""Payments posted in one transaction: each writes its earning and at most one wallet, and a transaction holds 100 items."""


class Unpostable(NamedTuple):
    """A payment whose cashback never can be posted, and why."""

    payment: Payment
    reason: str


def post_earnings(
    store: CashbackStore,
    policies: PolicyBook,
    patience: Patience,
    payments: Sequence[Payment],
    now: Callable[[], datetime],
) -> list[Unpostable]:
    """Posts the earning of each approved payment that has none; returns those that never can be.

    The same payments may come again, in any order, from several callers at once: each earning claims its capture and each wallet its
    next number, so that what loses is read and worked out anew. Two round trips for `MOST_TOGETHER` payments when nobody is in the way.

    Raises:
        Busy: the time ran out; what was posted stays, and the same call goes on from there.
        ProgrammeNotRunning: the programme has no policy at all. One was in force when a payment was approved, so what was read of the
            programme is at fault: nothing is posted now, rather than nothing for good.
    """
    if payments and policies.is_empty:
        raise ProgrammeNotRunning("Payments were approved, and the programme has no policy.")
    unpostable: list[Unpostable] = []
    for start in range(0, len(payments), MOST_TOGETHER):
        together = payments[start : start + MOST_TOGETHER]
        unpostable += _post_together(store, policies, patience, together, now)
    return unpostable


def _post_together(
    store: CashbackStore,
    policies: PolicyBook,
    patience: Patience,
    payments: Sequence[Payment],
    now: Callable[[], datetime],
) -> list[Unpostable]:
    attempt = 0
    while True:
        wallets, posted = store.read_for_posting(payments)
        unpostable = [
            Unpostable(payment, reason) for payment in payments if (reason := _fault_of(payment, wallets, policies))
        ]
        waiting = {
            payment.acceptance.id: payment
            for payment in payments
            if not _fault_of(payment, wallets, policies)
            and (payment.acceptance.wallet_id, payment.acceptance.digest) not in posted
        }
        postings = [
            _posting_of(store, policies, wallets[wallet_id], own, whole_milliseconds(now()))
            for wallet_id, own in _by_wallet(waiting.values())
        ]
        try:
            _post(store, patience, postings)
            return unpostable
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)


def _fault_of(payment: Payment, wallets: Mapping[str, Wallet], policies: PolicyBook) -> str | None:
    """Why the payment's cashback never can be posted, or None."""
    if payment.acceptance.wallet_id not in wallets:
        return "wallet_missing"
    if policies.in_force_at(payment.acceptance.accepted_at) is None:
        return "accepted_before_the_first_policy"
    return None


def _by_wallet(payments: Iterable[Payment]) -> list[tuple[str, list[Payment]]]:
    """Payments by wallet, each wallet's in the order of their acceptance."""
    grouped: dict[str, list[Payment]] = {}
    for payment in sorted(payments, key=lambda payment: payment.acceptance.id):
        grouped.setdefault(payment.acceptance.wallet_id, []).append(payment)
    return list(grouped.items())


def _posting_of(
    store: CashbackStore, policies: PolicyBook, wallet: Wallet, payments: Sequence[Payment], posted_at: datetime
) -> WalletPosting:
    """The earnings of one wallet's payments, each on what those before it used."""
    usage: Usage = wallet.usage
    for month in {month_of(payment.acceptance.accepted_at) for payment in payments}:
        if not is_kept(wallet.usage, month):
            usage = usage_with(usage, month, used_by(store.all_of_month(wallet.id, month)))
    earnings = []
    for number, payment in enumerate(payments, start=wallet.posted + 1):
        accepted_at = payment.acceptance.accepted_at
        policy = policies.running_at(accepted_at)
        earning = earn(payment, policy, number, used_in(usage, month_of(accepted_at)), posted_at)
        usage = usage_after(usage, earning)
        earnings.append(earning)
    return WalletPosting(wallet.id, wallet.posted, earnings, usage_to_keep(usage))


def _post(store: CashbackStore, patience: Patience, postings: Sequence[WalletPosting]) -> None:
    """Posts `postings` in one transaction, or, when their wallets are too busy for that, each in its own."""
    if len(postings) > 1:
        try:
            store.post(postings, patience.briefly())
            return
        except Busy:
            pass
    for posting in postings:
        store.post([posting], patience)


class QuoteAnswer(NamedTuple):
    """What a payment would earn, or why it would be declined."""

    decline: Decline | None
    quote: Quote


def quote_cashback(
    wallet: Wallet, merchants: MerchantStore, policies: PolicyBook, order: Order, now: datetime
) -> QuoteAnswer:
    """What `order` would earn if it were paid now. Payments whose cashback is on its way are not counted yet.

    Raises `ProgrammeNotRunning` before the first policy starts.
    """
    policy = policies.running_at(now)
    judgement = judge(wallet, merchants.merchant(order.merchant_id), policy, now, order)
    used_before = used_in(wallet.usage, month_of(now))
    quoted = quote(policy, judgement.facts, paid_from(judgement.postings), now, used_before)
    return QuoteAnswer(judgement.decline, quoted)


class MonthOfCashback(NamedTuple):
    """A member's earnings of a month, in the order in which they were posted."""

    month: Month
    earnings: list[Earning]

    @property
    def won(self) -> int:
        return sum(earning.won for earning in self.earnings)


def cashback_of_month(store: CashbackStore, wallet_id: str, month: Month) -> MonthOfCashback:
    return MonthOfCashback(month, store.all_of_month(wallet_id, month))
