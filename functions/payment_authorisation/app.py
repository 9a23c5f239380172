"""Routes of payments. Each parses, calls one use case, and shapes the answer."""

import os
from typing import Annotated, Any

from eeum.aws.city import City
from eeum.aws.http import Api, IdempotencyKey, Query, Response, answered, lambda_handler
from eeum.aws.identity import ACQUIRER, MEMBER, MERCHANT
from eeum.calendar import month_of, parse_month
from eeum.errors import Invalid, NotFound
from eeum.ids import digest_of
from eeum.merchants.use_cases import owned_merchant
from eeum.payments.rules import Decline, Order, Payment
from eeum.payments.use_cases import NO_SUCH_PAYMENT, UnknownCard, authorise_payment, readable_payment
from eeum.request import Request
from eeum.wallet.rules import card_within, parse_card_token, wallet_id_of
from payment_authorisation.bodies import (
    AcquirerPaymentRequest,
    MemberPaymentRequest,
    MerchantPaymentsBody,
    PaymentBody,
    PaymentsBody,
    merchant_payment_body,
    payment_body,
    unknown_card_body,
)

PAGE = 50

api = Api()
city = City.of(os.environ)


@api.post("/payments", summary="Authorise a payment with a card", tags=["payments"])
def authorise_by_acquirer(body: AcquirerPaymentRequest, idempotency_key: IdempotencyKey = "") -> Response[PaymentBody]:
    caller = api.caller().partner("acquirer", ACQUIRER)
    wallet_id, card = parse_card_token(body.card_token)
    return _authorise(caller, wallet_id, idempotency_key, body, _order(body, "card", card))


@api.post("/wallets/<wallet_id>/payments", summary="Pay from the own wallet", tags=["payments"])
def authorise_by_member(
    wallet_id: str, body: MemberPaymentRequest, idempotency_key: IdempotencyKey = ""
) -> Response[PaymentBody]:
    member = _owner(wallet_id)
    card = card_within(wallet_id, body.card_token) if body.card_token else None
    return _authorise(f"member/{member}", wallet_id, idempotency_key, body, _order(body, "app", card))


@api.get("/wallets/<wallet_id>/payments", summary="A member's payments of a month", tags=["payments"])
def payments_of_month(
    wallet_id: str,
    month: Annotated[str | None, Query(description="2021-01; the current month if not given.")] = None,
    cursor: str | None = None,
) -> Response[PaymentsBody]:
    _owner(wallet_id)
    wanted = parse_month(month) if month is not None else month_of(city.clock())
    page = city.payments(api.lambda_context).of_month(wallet_id, wanted, cursor)
    return answered(PaymentsBody(payments=[payment_body(each) for each in page.payments], cursor=page.cursor))


@api.get("/wallets/<wallet_id>/payments/<payment_id>", summary="One payment", tags=["payments"])
def payment(wallet_id: str, payment_id: str) -> Response[PaymentBody]:
    caller = api.caller()

    def may_read(found: Payment) -> bool:
        own = caller.has(MEMBER) and wallet_id == wallet_id_of(caller.subject)
        return own or (caller.has(ACQUIRER) and found.acceptance.caller == caller.partner("acquirer", ACQUIRER))

    store = city.payments(api.lambda_context)
    return answered(payment_body(readable_payment(store, wallet_id, payment_id, may_read)))


@api.get("/merchants/<merchant_id>/payments", summary="Payments at the own merchant", tags=["payments"])
def payments_of_merchant(merchant_id: str, cursor: str | None = None) -> Response[MerchantPaymentsBody]:
    owner = api.caller().person(MERCHANT)
    owned_merchant(city.merchants(api.lambda_context), merchant_id, owner)
    if cursor is not None and digest_of(cursor) is None:
        raise Invalid("cursor", "is not one that this list gave out", "unknown_cursor")
    page = city.payments(api.lambda_context).of_merchant(merchant_id, PAGE, cursor)
    # What was tried before the approval is none of the merchant's business, and anybody could fill its list with it.
    concerning = [each for each in page.payments if each.decline is not Decline.UNKNOWN_MERCHANT]
    payments = [merchant_payment_body(each) for each in concerning]
    return answered(MerchantPaymentsBody(payments=payments, cursor=page.cursor))


def _authorise(
    caller: str,
    wallet_id: str,
    idempotency_key: str | None,
    body: AcquirerPaymentRequest | MemberPaymentRequest,
    order: Order,
) -> Response[PaymentBody]:
    request = Request.of(caller, wallet_id, idempotency_key, body.model_dump(mode="json"))
    context: Any = api.lambda_context
    try:
        answer = authorise_payment(
            city.payments(context), city.policies(), city.patience(context), request, order, city.clock
        )
    except UnknownCard:
        return answered(unknown_card_body(order))
    return answered(payment_body(answer.entry), answer.replayed)


def _order(body: AcquirerPaymentRequest | MemberPaymentRequest, method: str, card: str | None) -> Order:
    requested_at = body.requested_at.isoformat() if body.requested_at else None
    return Order(body.merchant_id, body.amount, body.channel, method, card, requested_at)


def _owner(wallet_id: str) -> str:
    member = api.caller().person(MEMBER)
    if wallet_id != wallet_id_of(member):
        raise NotFound(NO_SUCH_PAYMENT)
    return member


handler = lambda_handler(api)
