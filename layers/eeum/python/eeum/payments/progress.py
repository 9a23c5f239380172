"""What becomes of a payment after it was authorised: captured, released, cancelled. Pure functions over plain values, amounts in won.

Captures take slices of a payment in the order in which its purses were drawn. A cancellation takes from the last capture first, each from
its end, so that what survives of a capture is its slice without the end: many partial cancellations come out as one. What a cancellation
takes goes back in reverse debit order (`eeum.cashback.replay`).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from eeum.calendar import Month, month_of
from eeum.errors import (
    CancellationExceedsPayment,
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    NotAHold,
    NothingCaptured,
    PaymentDeclined,
    PaymentVoided,
    TooManyCancellations,
)
from eeum.ids import Digest, request_digest
from eeum.journal.accounts import HELD, REFUND_PENDING, added, funded_by, merchant_payable, purse
from eeum.payments.discounts import DiscountPart, discount_of, given_back, parts_between
from eeum.payments.rules import Payment, PaymentStatus, Portions, portion
from eeum.policy.conditions import Facts
from eeum.request import Acceptance
from eeum.wallet.debts import NO_DEBTS, Debts, Repaid, redirected, repay
from eeum.wallet.rules import NO_USAGE, LimitUsage

VOIDED, EXPIRED, REVERSED, CANCELLED = "voided", "expired", "reversed", "cancelled"
"""What gives a payment back: releases have the first three as their reason."""

MOST_CAPTURES = 20
"""Captures of one hold: a limit on everything, so that what is cancelled at once fits into one transaction."""


MOST_CANCELLATIONS = 20
"""Cancellations of one payment, of which the last takes all that is left: each works out whole months of the member again."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One capture: its won, how many of them were cancelled, and the month it earns in."""

    won: int
    cancelled: int
    month: Month


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of a payment so far: the one thing about it that changes. `version` counts the changes; 0 is not stored yet.

    `ended_by` is how a payment of which nothing is left ended: `voided`, `expired`, `reversed` or `cancelled`. Progress that earlier
    versions stored does not say it (`eeum.payments.progress_store`).
    """

    version: int
    amount: int
    held: int
    captures: tuple[Captured, ...]
    expires_at: datetime | None
    ended_by: str | None = None

    @property
    def captured(self) -> int:
        return sum(capture.won for capture in self.captures)

    @property
    def cancelled(self) -> int:
        return sum(capture.cancelled for capture in self.captures)

    @property
    def left(self) -> int:
        """What can still be cancelled."""
        return self.captured - self.cancelled

    @property
    def has_ended(self) -> bool:
        """Whether the member has got everything back."""
        return self.held == 0 and self.left == 0

    @property
    def first_number(self) -> int:
        """Number of the first capture: 0 of a payment captured whole at once, holds count from 1."""
        return 0 if self.expires_at is None else 1


class Capture(NamedTuple):
    """An entry: part of a hold that a merchant is paid, from `start` to `end` won of the payment, judged by the facts of the hold."""

    acceptance: Acceptance
    payment_id: str
    payment: Digest
    number: int
    merchant_id: str
    start: int
    end: int
    paid_from: Portions
    facts: Facts
    hold_hash: str

    @property
    def amount(self) -> int:
        return self.end - self.start

    @property
    def postings(self) -> dict[str, int]:
        return {purse(HELD): -self.amount, merchant_payable(self.merchant_id): self.amount}


class Release(NamedTuple):
    """An entry: what was still held goes back, since the hold was `voided`, `expired` or `reversed`.

    `returned` is where it goes: to the purses that it was held from, or to those that these owe, as `repaid` says.
    """

    acceptance: Acceptance
    payment_id: str
    payment: Digest
    reason: str
    returned: Portions
    hold_hash: str
    repaid: tuple[Repaid, ...] = ()

    @property
    def amount(self) -> int:
        return sum(won for _, won in self.returned)

    @property
    def postings(self) -> dict[str, int]:
        return {purse(HELD): -self.amount, **{purse(each): won for each, won in self.returned}}


class Cancelled(NamedTuple):
    """Won of the price that are cancelled of one capture, which earned in `month`; of them `discount` were never paid."""

    capture: int
    won: int
    month: Month
    discount: int = 0

    @property
    def refund(self) -> int:
        """What goes back to the member."""
        return self.won - self.discount


@dataclass(frozen=True, slots=True)
class Cancellation:
    """An entry: part or all of what was captured goes back, at first to `refund_pending` until its cashback is recomputed.

    `discounts` are what goes back to those who funded them, `limit_usage` by how much limits that they used are free again.
    """

    acceptance: Acceptance
    payment_id: str
    payment: Digest
    merchant_id: str
    reason: str | None
    of: tuple[Cancelled, ...]
    discounts: tuple[DiscountPart, ...] = ()
    limit_usage: LimitUsage = NO_USAGE

    @property
    def amount(self) -> int:
        """Won of the price that the merchant gives back."""
        return sum(each.won for each in self.of)

    @property
    def refund(self) -> int:
        """Won that the member gets back."""
        return sum(each.refund for each in self.of)

    @property
    def months(self) -> tuple[Month, ...]:
        """The months whose cashback is recomputed, one posting each."""
        return tuple(dict.fromkeys(each.month for each in self.of))

    @property
    def postings(self) -> dict[str, int]:
        merchant = self.merchant_id
        refunded = {merchant_payable(merchant): -self.amount, purse(REFUND_PENDING): self.refund}
        if not self.discounts:
            return refunded
        return added(refunded, *({funded_by(part.funder, merchant): part.won} for part in self.discounts))


def progress_of(payment: Payment) -> Progress:
    """How far a payment is when it was just authorised."""
    amount = payment.order.amount
    if payment.status is PaymentStatus.HELD:
        return Progress(0, amount, amount, (), payment.expires_at)
    return Progress(0, amount, 0, (Captured(amount, 0, month_of(payment.acceptance.accepted_at)),), None)


def capture(
    payment: Payment, progress: Progress, acceptance: Acceptance, amount: int | None, hold_hash: str
) -> tuple[Capture, Progress]:
    """Captures `amount` won of a hold, or all that is held.

    Raises `PaymentDeclined`, `NotAHold`, `HoldClosed`, `HoldExpired` (whether or not the schedule has run) and `CaptureExceedsHold`.
    """
    _refuse_if_declined(payment)
    if payment.status is not PaymentStatus.HELD:
        raise NotAHold("The payment was captured when it was authorised; there is no hold on it.")
    if progress.held == 0:
        raise HoldClosed("Nothing is held for this payment any more: it was captured whole, or released.")
    if is_expired(progress, acceptance.accepted_at):
        raise HoldExpired("The hold has expired; authorise a new payment.")
    won = progress.held if amount is None else amount
    if not 0 < won <= progress.held or len(progress.captures) == MOST_CAPTURES:
        raise CaptureExceedsHold(
            f"{progress.held} won are held, {won} are asked for; a hold is captured in at most {MOST_CAPTURES} parts."
        )
    start = progress.captured
    entry = Capture(
        acceptance,
        payment.acceptance.id,
        payment.acceptance.digest,
        progress.first_number + len(progress.captures),
        payment.order.merchant_id,
        start,
        start + won,
        portion(payment.paid_from, start, start + won),
        payment.facts,
        hold_hash,
    )
    captured = Captured(won, 0, month_of(acceptance.accepted_at))
    return entry, replace(
        progress, version=progress.version + 1, held=progress.held - won, captures=(*progress.captures, captured)
    )


def release(
    payment: Payment,
    progress: Progress,
    acceptance: Acceptance,
    reason: str,
    hold_hash: str,
    debts: Debts = NO_DEBTS,
) -> tuple[Release, Progress]:
    """Gives back what is still held; purses that have `debts` repay them out of it.

    Raises `PaymentDeclined`, `NotAHold` and `HoldClosed`.
    """
    _refuse_if_declined(payment)
    if payment.status is not PaymentStatus.HELD:
        raise NotAHold("The payment was captured when it was authorised; cancel it instead.")
    if progress.held == 0:
        raise HoldClosed("Nothing is held for this payment any more: it was captured whole, or released.")
    held_from = dict(portion(payment.paid_from, progress.captured, progress.amount))
    repaid = repay(debts, held_from)
    returned = tuple(redirected(held_from, repaid).items())
    entry = Release(acceptance, payment.acceptance.id, payment.acceptance.digest, reason, returned, hold_hash, repaid)
    ended_by = (CANCELLED if progress.captures else reason) if progress.left == 0 else None
    return entry, replace(progress, version=progress.version + 1, held=0, ended_by=ended_by)


def cancel(
    payment: Payment, progress: Progress, acceptance: Acceptance, amount: int | None, reason: str | None
) -> tuple[Cancellation, Progress]:
    """Cancels `amount` won of what was captured, or all that is left, from the last capture back.

    Only the digest tells a reversal's cancellation from another: its reason is a text that a merchant could write, too.

    Raises `PaymentDeclined`, `PaymentVoided`, `NothingCaptured`, `CancellationExceedsPayment` and `TooManyCancellations`.
    """
    _refuse_if_declined(payment)
    if not progress.captures:
        if progress.held == 0:
            raise PaymentVoided("The hold was released; there is nothing to cancel.")
        raise NothingCaptured("Nothing was captured of this hold yet; void it instead.")
    won = progress.left if amount is None else amount
    if not 0 < won <= progress.left:
        raise CancellationExceedsPayment(f"{progress.left} won of this payment can still be cancelled.")
    if won < progress.left and _cancellations(payment, progress) >= MOST_CANCELLATIONS - 1:
        raise TooManyCancellations(
            f"A payment is cancelled in at most {MOST_CANCELLATIONS} parts: the last one must take all {progress.left} won that are left."
        )
    discounts = _discounts_back(payment, progress.cancelled, progress.cancelled + won)
    of = []
    captures = list(progress.captures)
    missing = won
    for position in reversed(range(len(captures))):
        each = captures[position]
        taken = min(missing, each.won - each.cancelled)
        if taken:
            # A payment with a discount has one capture: holds get none.
            of.append(Cancelled(progress.first_number + position, taken, each.month, discount_of(discounts)))
            captures[position] = replace(each, cancelled=each.cancelled + taken)
            missing -= taken
    entry = Cancellation(
        acceptance,
        payment.acceptance.id,
        payment.acceptance.digest,
        payment.order.merchant_id,
        reason,
        tuple(of),
        discounts,
        LimitUsage(
            0, given_back(payment.limit_usage.used, payment.order.amount, progress.cancelled, progress.cancelled + won)
        ),
    )
    after = replace(progress, version=progress.version + 1, captures=tuple(captures))
    if not after.has_ended:
        return entry, after
    reversed_ = acceptance.digest == reversal_digest(acceptance.wallet_id, payment.acceptance.digest)
    return entry, replace(after, ended_by=REVERSED if reversed_ else CANCELLED)


def reversal_digest(wallet_id: str, payment: Digest) -> Digest:
    """The digest of what a reversal does to a payment: it follows from the payment's own, so that repeating finds it."""
    return request_digest(REVERSED, wallet_id, payment)


def _discounts_back(payment: Payment, before: int, after: int) -> tuple[DiscountPart, ...]:
    """What goes back of a payment's discounts when the won cancelled of its price, from its end, grow from `before` to `after`."""
    price = payment.order.amount
    return parts_between(payment.discount_parts, price, price - after, price - before)


def numbered(entry: Cancellation, before: LimitUsage) -> Cancellation:
    """The entry with the place that it has among what changes `before`, where a window that it gives back is still carried there."""
    freed = entry.limit_usage.used.keys() & before.used.keys()
    return replace(entry, limit_usage=before.change(entry.limit_usage.used)) if freed else entry


def is_expired(progress: Progress, at: datetime) -> bool:
    return progress.expires_at is not None and at >= progress.expires_at


class CurrentStatus(StrEnum):
    """What a payment is at present. A hold past its time is `held` until the schedule has released it."""

    DECLINED = "declined"
    APPROVED = "approved"
    HELD = "held"
    PARTLY_CAPTURED = "partly_captured"
    CAPTURED = "captured"
    PARTLY_CANCELLED = "partly_cancelled"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    EXPIRED = "expired"
    REVERSED = "reversed"


def current_status(payment: Payment, progress: Progress) -> CurrentStatus:
    """The status of a payment with this progress; `ended_by` must be known of one that has ended.

    `captured` is a hold that the merchant has been paid from, with nothing held any more: what was not captured was released.
    """
    if payment.decline:
        return CurrentStatus.DECLINED
    if progress.has_ended:
        return CurrentStatus(progress.ended_by or CANCELLED)
    if progress.cancelled:
        return CurrentStatus.PARTLY_CANCELLED
    if payment.status is not PaymentStatus.HELD:
        return CurrentStatus.APPROVED
    if not progress.captures:
        return CurrentStatus.HELD
    return CurrentStatus.PARTLY_CAPTURED if progress.held else CurrentStatus.CAPTURED


def _cancellations(payment: Payment, progress: Progress) -> int:
    """How many there were: of all changes of the progress those that were no capture and no release, nor the hold itself."""
    if payment.status is not PaymentStatus.HELD:
        return progress.version
    released = progress.held == 0 and progress.captured < progress.amount
    return progress.version - 1 - len(progress.captures) - released


def _refuse_if_declined(payment: Payment) -> None:
    if payment.decline:
        raise PaymentDeclined("The payment was declined; nothing was paid.")
