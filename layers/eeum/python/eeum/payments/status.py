"""The status of a payment at present, from its decision and its progress. Pure functions over plain values.

`approved` and `held` are decisions, and stay what they are in the stored answer. What a payment is at present follows from its entries.
"""

from enum import StrEnum

from eeum.payments.progress import CANCELLED, Progress
from eeum.payments.rules import Payment, PaymentStatus


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
