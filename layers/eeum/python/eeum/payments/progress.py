"""What happens to a payment after it is authorised: captures, releases, cancellations. Pure functions, amounts in won.

Captures take slices of a payment in the order in which its purses were debited. A cancellation starts with the last capture and takes from
the end of each, so many partial cancellations equal one. Refunds go back in reverse debit order (`eeum.cashback.replay`).
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
"""How a payment can end. A release has one of the first three as its reason."""

MOST_CAPTURES = 20
"""The most captures of one hold. All of them can be cancelled at once, which must fit into one transaction."""


MOST_CANCELLATIONS = 20
"""The most cancellations of one payment, since each replays whole months. The last one must cancel all that is left."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One capture: its amount, how much of it was cancelled, and the month that it earns in."""

    won: int
    cancelled: int
    month: Month


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a payment: the only part of it that changes. `version` counts the changes; 0 is not stored yet.

    `ended_by` says how a payment without anything left ended: `voided`, `expired`, `reversed` or `cancelled`. Earlier versions did not
    store it (`eeum.payments.progress_store`).
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
        """The amount that can still be cancelled."""
        return self.captured - self.cancelled

    @property
    def has_ended(self) -> bool:
        """Whether all of the payment's amount went back to the member."""
        return self.held == 0 and self.left == 0

    @property
    def first_number(self) -> int:
        """The number of the first capture: 0 for a payment captured at authorisation; captures of a hold count from 1."""
        return 0 if self.expires_at is None else 1


class Capture(NamedTuple):
    """An entry: a capture pays a merchant the part of a hold from `start` to `end` won, judged by the facts of the hold."""

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
    """An entry: what was still held goes back to the member, since the hold was `voided`, `expired` or `reversed`.

    `returned` is by purse: the purses that the hold came from, or, as `repaid` says, the purses that these owe.
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
    """The part of the price that is cancelled of one capture, which earned in `month`. The member never paid `discount` of it."""

    capture: int
    won: int
    month: Month
    discount: int = 0

    @property
    def refund(self) -> int:
        """The amount that goes back to the member."""
        return self.won - self.discount


@dataclass(frozen=True, slots=True)
class Cancellation:
    """An entry: captured money goes back, first to `refund_pending`, until its cashback is recomputed.

    `discounts` go back to their funders. `limit_usage` is given back to the limits.
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
        """The amount of the price that the merchant gives back."""
        return sum(each.won for each in self.of)

    @property
    def refund(self) -> int:
        """The amount that the member gets back."""
        return sum(each.refund for each in self.of)

    @property
    def months(self) -> tuple[Month, ...]:
        """The months whose cashback is recomputed, each by one accrual."""
        return tuple(dict.fromkeys(each.month for each in self.of))

    @property
    def postings(self) -> dict[str, int]:
        merchant = self.merchant_id
        refunded = {merchant_payable(merchant): -self.amount, purse(REFUND_PENDING): self.refund}
        if not self.discounts:
            return refunded
        return added(refunded, *({funded_by(part.funder, merchant): part.won} for part in self.discounts))


def progress_of(payment: Payment) -> Progress:
    """The progress of a payment that was just authorised."""
    amount = payment.order.amount
    if payment.status is PaymentStatus.HELD:
        return Progress(0, amount, amount, (), payment.expires_at)
    return Progress(0, amount, 0, (Captured(amount, 0, month_of(payment.acceptance.accepted_at)),), None)


def capture(
    payment: Payment, progress: Progress, acceptance: Acceptance, amount: int | None, hold_hash: str
) -> tuple[Capture, Progress]:
    """Capture `amount` won of a hold; None: all that is held.

    Raises `PaymentDeclined`, `NotAHold`, `HoldClosed`, `CaptureExceedsHold`, and `HoldExpired`, whether or not the schedule has run.
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
            f"{progress.held} won are held and the amount is {won}; it must be at most what is held, in at most {MOST_CAPTURES} captures."
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
    """Release what is still held. Purses with `debts` repay them first.

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
    """Cancel `amount` won of what was captured, or all that is left, the last capture first.

    Only the digest distinguishes a reversal's cancellation from another one: a merchant could write the same reason.

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
            # Only a payment captured at authorisation has a discount, so there is one capture.
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
    """The digest of a reversal's entries. It follows from the payment's digest, so that a repeated reversal finds them."""
    return request_digest(REVERSED, wallet_id, payment)


def _discounts_back(payment: Payment, before: int, after: int) -> tuple[DiscountPart, ...]:
    """The discount parts to give back when the cancelled amount of the price grows from `before` to `after`."""
    price = payment.order.amount
    return parts_between(payment.discount_parts, price, price - after, price - before)


def numbered(entry: Cancellation, before: LimitUsage) -> Cancellation:
    """The entry with its number among the changes of `before`. Without a number if `before` carries none of its windows any more."""
    freed = entry.limit_usage.used.keys() & before.used.keys()
    return replace(entry, limit_usage=before.change(entry.limit_usage.used)) if freed else entry


def is_expired(progress: Progress, at: datetime) -> bool:
    return progress.expires_at is not None and at >= progress.expires_at


class CurrentStatus(StrEnum):
    """The status of a payment now. An expired hold is `held` until the schedule has released it."""

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
    """The status of a payment with this progress. The progress of a payment that has ended must have `ended_by`.

    `captured` is a hold that was captured in part or whole and has nothing held any more: the rest was released.
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
    """How many cancellations there were: all changes of the progress except the hold, its captures and its release."""
    if payment.status is not PaymentStatus.HELD:
        return progress.version
    released = progress.held == 0 and progress.captured < progress.amount
    return progress.version - 1 - len(progress.captures) - released


def _refuse_if_declined(payment: Payment) -> None:
    if payment.decline:
        raise PaymentDeclined("The payment was declined; nothing was paid.")
