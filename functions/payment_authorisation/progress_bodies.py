"""Captures, voids, cancellations, reversals and the progress of a payment over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from eeum.aws.http import Body, Line, Won
from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.journal.accounts import MERCHANT
from eeum.payments.progress import Cancellation, Capture, Progress, Release, current_status
from eeum.payments.reversals import Reversal
from eeum.payments.rules import Order, Payment
from payment_authorisation.bodies import (
    Amounts,
    PaymentBody,
    PaymentFields,
    StatusAtPresent,
    amounts_of,
    payment_body,
    payment_fields,
    unknown_card_body,
)

FOUND_NOTHING = (
    "Nothing arrived from this caller under this Idempotency-Key for the wallet of this card_token, and what still comes is declined. "
    "A payment that was sent with another card_token is not found here: "
    "send the reversal with the card_token that the original was sent with."
)
OF_NO_WALLET = (
    "No wallet has this card_token, so no payment was looked for. "
    "Send the reversal with the card_token that the original was sent with."
)

FOUND_NOTHING_KO = (
    "이 카드의 지갑에서 이 Idempotency-Key로 보낸 결제를 찾지 못했으며, 이후에 도착하면 거절됩니다. "
    "다른 카드로 보낸 결제는 여기서 찾을 수 없습니다. 처음에 보낸 card_token으로 망취소를 보내 주십시오."
)
OF_NO_WALLET_KO = "이 card_token의 지갑이 없어 찾지 못했습니다. 처음에 보낸 card_token으로 망취소를 보내 주십시오."


class CaptureRequest(Body):
    """Pay the merchant part of what is held; all of it without an `amount`."""

    amount: Won | None = None


class VoidRequest(Body):
    """Release all that is still held."""


class CancellationRequest(Body):
    """Cancel part of what was captured; all that is left without an `amount`."""

    amount: Won | None = None
    reason: Annotated[Line, Field(max_length=200)] | None = None


class CaptureBody(AnswerBody):
    """A capture as it was decided. `capture` counts the captures of its payment, from 1."""

    id: str
    payment_id: str
    capture: int
    amount: int
    accepted_at: str


class ReleaseBody(AnswerBody):
    """The part of a payment that was still held and went back to the wallet."""

    id: str
    payment_id: str
    reason: Literal["voided", "expired", "reversed"]
    amount: int
    accepted_at: str


class CancelledCaptureBody(AnswerBody):
    """The cancelled amount of one capture, in won. Capture 0 is a payment that was captured when it was authorised."""

    capture: int
    amount: int


class CancellationBody(AnswerBody):
    """A cancellation as it was decided, and the captures that it took back, the last one first.

    `amount` is the part of the price that the merchant gives back. From it, `refund` goes to the member and `discount` to the funders. The
    refund follows in a moment, once the cashback of the month is recomputed.
    """

    id: str
    payment_id: str
    amount: int
    refund: int
    discount: int
    reason: str | None
    of: list[CancelledCaptureBody]
    accepted_at: str


class ReversalBody(AnswerBody):
    """The outcome for the original: `reversed` whole; `never_arrived`, so that it will be declined if it still arrives; or `declined`.

    `cancelled` and `released` are what the reversal gave back, the same each time. `unknown` explains what a reversal that found nothing
    cannot know: a key belongs to a caller and a wallet, so only the wallet of the given card was searched.
    """

    outcome: Literal["reversed", "never_arrived", "declined"]
    payment: PaymentBody
    cancelled: int
    released: int
    unknown: str | None = None
    unknown_ko: str | None = None


class PaymentProgressBody(PaymentFields, Amounts):
    """A payment and its progress. `status` is the present one.

    `message` explains it to the member in Korean, `message_en` in English, when there is more to say than that it was paid.
    """

    message: str | None
    message_en: str | None


class OnePaymentBody(PaymentProgressBody):
    """A payment, its progress, and each cancellation with its reason, oldest first."""

    cancellations: list[CancellationBody]


class PaymentsBody(AnswerBody):
    """A page of payments, newest first, and the cursor of the next page. Most months have one page."""

    payments: list[PaymentProgressBody]
    cursor: str | None


class MerchantPaymentBody(Amounts):
    """A payment as the merchant sees it: without the payer, the purses and the reason of a decline. `status` is the present one.

    `own_discount` is what the merchant itself took off the price.
    """

    id: str
    status: StatusAtPresent
    amount: int
    own_discount: int
    channel: str
    accepted_at: str
    expires_at: str | None


class MerchantPaymentsBody(AnswerBody):
    """A page of payments, newest first, and the cursor of the next page."""

    payments: list[MerchantPaymentBody]
    cursor: str | None


def capture_body(capture: Capture) -> CaptureBody:
    return CaptureBody(
        id=capture.acceptance.id,
        payment_id=capture.payment_id,
        capture=capture.number,
        amount=capture.amount,
        accepted_at=text_of(capture.acceptance.accepted_at),
    )


def release_body(release: Release) -> ReleaseBody:
    return ReleaseBody.model_validate(
        {
            "id": release.acceptance.id,
            "payment_id": release.payment_id,
            "reason": release.reason,
            "amount": release.amount,
            "accepted_at": text_of(release.acceptance.accepted_at),
        }
    )


def cancellation_body(cancellation: Cancellation) -> CancellationBody:
    return CancellationBody(
        id=cancellation.acceptance.id,
        payment_id=cancellation.payment_id,
        amount=cancellation.amount,
        refund=cancellation.refund,
        discount=cancellation.amount - cancellation.refund,
        reason=cancellation.reason,
        of=[CancelledCaptureBody(capture=each.capture, amount=each.won) for each in cancellation.of],
        accepted_at=text_of(cancellation.acceptance.accepted_at),
    )


def reversal_body(reversal: Reversal, progress: Progress, merchant_name: str | None) -> ReversalBody:
    return ReversalBody.model_validate(
        {
            "outcome": reversal.outcome,
            "payment": payment_body(reversal.payment, progress, merchant_name),
            "cancelled": reversal.cancellation.amount if reversal.cancellation else 0,
            "released": reversal.release.amount if reversal.release else 0,
            "unknown": FOUND_NOTHING if reversal.outcome == "never_arrived" else None,
            "unknown_ko": FOUND_NOTHING_KO if reversal.outcome == "never_arrived" else None,
        }
    )


def unknown_card_reversal_body(order: Order) -> ReversalBody:
    """The same answer for an unknown card and for an unknown wallet: neither can have paid."""
    payment = unknown_card_body(order)
    return ReversalBody(
        outcome="declined", payment=payment, cancelled=0, released=0, unknown=OF_NO_WALLET, unknown_ko=OF_NO_WALLET_KO
    )


def payment_progress_body(payment: Payment, progress: Progress, merchant_name: str | None) -> PaymentProgressBody:
    amounts = amounts_of(payment, progress)
    return PaymentProgressBody(
        **payment_fields(payment, merchant_name).model_dump(exclude={"status"}),
        **amounts,
        status=current_status(payment, progress).value,
        message=_message(payment, Amounts(**amounts)),
        message_en=_message_in_english(payment, Amounts(**amounts)),
    )


def one_payment_body(
    payment: Payment, progress: Progress, cancellations: Sequence[Cancellation], merchant_name: str | None
) -> OnePaymentBody:
    shown = payment_progress_body(payment, progress, merchant_name).model_dump()
    return OnePaymentBody(**shown, cancellations=[cancellation_body(each) for each in cancellations])


def merchant_payment_body(payment: Payment, progress: Progress) -> MerchantPaymentBody:
    return MerchantPaymentBody(
        **amounts_of(payment, progress),
        id=payment.acceptance.id,
        status=current_status(payment, progress).value,
        amount=payment.order.amount,
        own_discount=sum(part.won for part in payment.discount_parts if part.funder == MERCHANT),
        channel=payment.order.channel,
        accepted_at=text_of(payment.acceptance.accepted_at),
        expires_at=text_of(payment.expires_at) if payment.expires_at else None,
    )


def _message(payment: Payment, amounts: Amounts) -> str | None:
    if payment.decline:
        return None  # A declined payment has its own message.
    sentences = []
    if amounts.held:
        sentences.append(f"{amounts.held:,}원은 가맹점이 매입할 때까지 보류되어 있습니다.")
    if amounts.released:
        sentences.append(f"보류되었던 {amounts.released:,}원은 지갑으로 돌아왔습니다.")
    if amounts.cancelled and amounts.cancelled == amounts.captured:
        sentences.append(
            f"결제 {amounts.cancelled:,}원이 모두 취소되었습니다. 이 결제로 받은 캐시백이 있으면 함께 회수됩니다."
        )
    elif amounts.cancelled:
        sentences.append(
            f"결제 {amounts.captured:,}원 중 {amounts.cancelled:,}원이 취소되었습니다. 취소된 금액의 캐시백이 있으면 함께 회수됩니다."
        )
    return " ".join(sentences) or None


def _message_in_english(payment: Payment, amounts: Amounts) -> str | None:
    if payment.decline:
        return None
    sentences = []
    if amounts.held:
        sentences.append(f"{amounts.held:,} won are held until the merchant confirms the payment.")
    if amounts.released:
        sentences.append(f"{amounts.released:,} won that were held are back in the wallet.")
    if amounts.cancelled and amounts.cancelled == amounts.captured:
        sentences.append(
            f"All {amounts.cancelled:,} won of the payment were cancelled. Any cashback of this payment is taken back."
        )
    elif amounts.cancelled:
        sentences.append(
            f"{amounts.cancelled:,} of the payment's {amounts.captured:,} won were cancelled. Any cashback of that part is taken back."
        )
    return " ".join(sentences) or None
