"""Payments over HTTP."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from eeum.aws.http import Body, Won
from eeum.bodies import AnswerBody
from eeum.calendar import INSTANT, text_of
from eeum.payments.bodies import (
    CardToken,
    Channel,
    CutBody,
    DeclineBody,
    MemberChannel,
    MerchantId,
    cut_bodies,
    decline_body,
)
from eeum.payments.progress import Progress, current_status
from eeum.payments.rules import Decline, Order, Payment
from eeum.policy.rules import LayerReward


def _written(value: Any) -> Any:
    # Pydantic would read a number, also as text, as seconds since 1970; only a written time is accepted here.
    if isinstance(value, str) and INSTANT.fullmatch(value):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    raise PydanticCustomError("instant_format", "Input should be an instant such as 2021-01-31T23:58:00+09:00")


RequestedAt = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    Field(description="The caller's own time, RFC 3339 with offset. It is shown and decides nothing."),
]


class MemberPaymentRequest(Body):
    """A payment from the member's own wallet. `card_token` chooses one of its cards; without it the first active card pays."""

    merchant_id: MerchantId
    amount: Won
    channel: MemberChannel = "shop"
    card_token: CardToken | None = None
    requested_at: RequestedAt | None = None


class AcquirerPaymentRequest(Body):
    """A payment with a member's card, brought by an acquirer."""

    card_token: CardToken
    merchant_id: MerchantId
    amount: Won
    channel: Channel = "shop"
    capture: Literal["now", "later"] = Field(
        default="now",
        description="`later` holds the money. The merchant gets it when it is captured, in one part or several, before `expires_at`.",
    )
    requested_at: RequestedAt | None = None


Status = Literal["approved", "held", "declined"]
"""The decision on a payment; it never changes."""
StatusAtPresent = Literal[
    "approved",
    "held",
    "declined",
    "partly_captured",
    "captured",
    "partly_cancelled",
    "cancelled",
    "voided",
    "expired",
    "reversed",
]
"""The present status of a payment (`eeum.payments.progress`)."""


class DiscountBody(AnswerBody):
    """The discount that one layer of the policy took off the price, in won, and its funders."""

    layer: str
    won: int
    funders: dict[str, int]


class Amounts(AnswerBody):
    """The amounts of a payment in won: captured for the merchant, cancelled of that, still held, and released."""

    captured: int
    cancelled: int
    held: int
    released: int


class CurrentBody(Amounts):
    """A payment at present. `status` starts as `approved`, `held` or `declined`, and changes with captures, release and cancellations."""

    status: StatusAtPresent


class PaymentFields(AnswerBody):
    """A payment: `amount` is the price; `discount` was taken off it, and `paid` came from the wallet.

    `paid_from` is won by purse. `cut` names the layers that give a discount by the policy and that budgets did not pay whole. A payment
    with an unknown card is not stored and has no id.
    """

    id: str | None
    wallet_id: str | None
    status: StatusAtPresent
    decline: DeclineBody | None = None
    merchant_id: str
    merchant_name: str | None = Field(
        default=None,
        description="The merchant's name; null if it was not approved when the payment was accepted.",
    )
    amount: int
    discount: int = 0
    paid: int = 0
    discounts: list[DiscountBody] = []
    cut: list[CutBody] = []
    channel: str
    paid_from: dict[str, int] = {}
    accepted_at: str | None = None
    requested_at: str | None = None
    expires_at: str | None = Field(default=None, description="When a hold can no longer be captured.")


class PaymentBody(PaymentFields):
    """A payment as it was decided. A replay of the request has the same fields, `status` among them.

    Only `current` shows what happened to the payment since.
    """

    status: Status
    current: CurrentBody


def amounts_of(payment: Payment, progress: Progress) -> dict[str, int]:
    if payment.decline:
        return {"captured": 0, "cancelled": 0, "held": 0, "released": 0}
    return {
        "captured": progress.captured,
        "cancelled": progress.cancelled,
        "held": progress.held,
        "released": progress.amount - progress.captured - progress.held,
    }


def payment_body(payment: Payment, progress: Progress, merchant_name: str | None) -> PaymentBody:
    current = CurrentBody(**amounts_of(payment, progress), status=current_status(payment, progress).value)
    return PaymentBody(**_fields_of(payment, merchant_name), current=current)


def payment_fields(payment: Payment, merchant_name: str | None) -> PaymentFields:
    """The payment with the status of its decision."""
    return PaymentFields(**_fields_of(payment, merchant_name))


def _fields_of(payment: Payment, merchant_name: str | None) -> dict[str, Any]:
    return {
        "id": payment.acceptance.id,
        "wallet_id": payment.acceptance.wallet_id,
        "status": payment.status.value,
        "decline": decline_body(payment.decline) if payment.decline else None,
        "merchant_id": payment.order.merchant_id,
        "merchant_name": merchant_name,
        "amount": payment.order.amount,
        "discount": payment.discount,
        "paid": sum(won for _, won in payment.paid_from),
        "discounts": [discount_body(discount) for discount in payment.discounts],
        "cut": cut_bodies(payment.funded_amounts),
        "channel": payment.order.channel,
        "paid_from": dict(payment.paid_from),
        "accepted_at": text_of(payment.acceptance.accepted_at),
        "requested_at": payment.order.requested_at,
        "expires_at": text_of(payment.expires_at) if payment.expires_at else None,
    }


def discount_body(discount: LayerReward) -> DiscountBody:
    return DiscountBody(layer=discount.layer, won=discount.won, funders=dict(discount.funders))


def unknown_card_body(order: Order) -> PaymentBody:
    """The same answer for an unknown card and for an unknown wallet."""
    nothing = CurrentBody(captured=0, cancelled=0, held=0, released=0, status="declined")
    return PaymentBody(
        id=None,
        wallet_id=None,
        status="declined",
        decline=decline_body(Decline.UNKNOWN_CARD),
        merchant_id=order.merchant_id,
        amount=order.amount,
        channel=order.channel,
        requested_at=order.requested_at,
        current=nothing,
    )
