"""Routes of payments. Each parses, calls one use case, and shapes the answer."""

import os
from typing import Annotated

from eeum.aws.http import Api, Cursor, IdempotencyKey, Limit, Query, Response, answered, lambda_handler
from eeum.aws.identity import ACQUIRER, MEMBER, MERCHANT
from eeum.calendar import month_of, parse_month
from eeum.composition import City
from eeum.errors import Invalid, NotFound
from eeum.ids import digest_of
from eeum.merchants.use_cases import owned_merchant
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.holds import CaptureHold, VoidHold, capture_hold, void_hold
from eeum.payments.progress import Progress, progress_of
from eeum.payments.reversals import Reverse, reverse_payment
from eeum.payments.rules import Decline, Order, Payment
from eeum.payments.use_cases import NO_SUCH_PAYMENT, Authorise, May, UnknownCard, authorise_payment, readable_payment
from eeum.wallet.rules import card_within, parse_card_token, wallet_id_of
from payment_authorisation.bodies import (
    AcquirerPaymentRequest,
    MemberPaymentRequest,
    PaymentBody,
    payment_body,
    unknown_card_body,
)
from payment_authorisation.progress_bodies import (
    CancellationBody,
    CancellationRequest,
    CaptureBody,
    CaptureRequest,
    MerchantPaymentsBody,
    OnePaymentBody,
    PaymentsBody,
    ReleaseBody,
    ReversalBody,
    VoidRequest,
    cancellation_body,
    capture_body,
    merchant_payment_body,
    one_payment_body,
    payment_progress_body,
    release_body,
    reversal_body,
    unknown_card_reversal_body,
)
from payment_authorisation.requests import brought_by, order_of, request_to, request_to_pay

PAGE = 50
MOST_OF_A_MONTH = 200

api = Api()
city = City.of(os.environ)


@api.post("/payments", summary="Authorise a payment with a card", tags=["payments"])
def authorise_by_acquirer(body: AcquirerPaymentRequest, idempotency_key: IdempotencyKey = "") -> Response[PaymentBody]:
    """Decide a card payment that an acquirer brings, once for each Idempotency-Key.

    With `capture: later` the money is held until it is captured, voided or expires. A decline is an answer with status 200.
    """
    caller = api.caller().partner("acquirer", ACQUIRER)
    wallet_id, card = parse_card_token(body.card_token)
    return _authorise(caller, wallet_id, idempotency_key, body, order_of(body, "card", card))


@api.post("/wallets/<wallet_id>/payments", summary="Pay from one's own wallet", tags=["payments"])
def authorise_by_member(
    wallet_id: str, body: MemberPaymentRequest, idempotency_key: IdempotencyKey = ""
) -> Response[PaymentBody]:
    """Decide a payment that a member makes in the app from the own wallet.

    It is captured at once. A decline is an answer with status 200.
    """
    member = _owner(wallet_id)
    card = card_within(wallet_id, body.card_token) if body.card_token else None
    return _authorise(f"member/{member}", wallet_id, idempotency_key, body, order_of(body, "app", card))


@api.post("/payments/reversals", summary="Reverse a payment whose answer never came", tags=["payments"])
def reverse_by_acquirer(body: AcquirerPaymentRequest, idempotency_key: IdempotencyKey = "") -> Response[ReversalBody]:
    """Undo a payment by the key and body of the original request (망취소), whether or not it arrived. It can be repeated."""
    caller = api.caller().partner("acquirer", ACQUIRER)
    wallet_id, card = parse_card_token(body.card_token)
    order = order_of(body, "card", card)
    command = Reverse(request_to_pay(caller, wallet_id, idempotency_key, body), order)
    try:
        reversal = reverse_payment(command, city.payment_dependencies(api.lambda_context))
    except UnknownCard:
        return answered(unknown_card_reversal_body(order))
    ((_, progress),) = _with_progress([reversal.payment])
    return answered(reversal_body(reversal, progress, _name_read(reversal.payment)), reversal.replayed)


@api.post("/wallets/<wallet_id>/payments/<payment_id>/captures", summary="Capture what is held", tags=["payments"])
def capture_by_acquirer(
    wallet_id: str, payment_id: str, body: CaptureRequest, idempotency_key: IdempotencyKey = ""
) -> Response[CaptureBody]:
    """Pay the merchant part of a hold; all of it without an `amount`.

    The acquirer that brought the payment may do so up to 20 times before `expires_at`.
    """
    caller = api.caller().partner("acquirer", ACQUIRER)
    request = request_to("capture", caller, wallet_id, payment_id, idempotency_key, body)
    command = CaptureHold(request, payment_id, body.amount, brought_by(caller))
    answer = capture_hold(command, city.payment_dependencies(api.lambda_context))
    return answered(capture_body(answer.entry), answer.replayed)


@api.post("/wallets/<wallet_id>/payments/<payment_id>/void", summary="Release what is held", tags=["payments"])
def void_by_acquirer(
    wallet_id: str, payment_id: str, body: VoidRequest, idempotency_key: IdempotencyKey = ""
) -> Response[ReleaseBody]:
    """Release to the member all that is still held (승인취소). What was captured stays captured; cancel that instead."""
    caller = api.caller().partner("acquirer", ACQUIRER)
    request = request_to("void", caller, wallet_id, payment_id, idempotency_key, body)
    command = VoidHold(request, payment_id, brought_by(caller))
    answer = void_hold(command, city.payment_dependencies(api.lambda_context))
    return answered(release_body(answer.entry), answer.replayed)


@api.post("/wallets/<wallet_id>/payments/<payment_id>/cancellations", summary="Cancel a payment", tags=["payments"])
def cancel_by_acquirer(
    wallet_id: str, payment_id: str, body: CancellationRequest, idempotency_key: IdempotencyKey = ""
) -> Response[CancellationBody]:
    """Cancel part of what was captured; all that is left without an `amount`.

    The merchant gives the money back. The refund and the corrected cashback follow in a moment.
    """
    caller = api.caller().partner("acquirer", ACQUIRER)
    return _cancel(caller, wallet_id, payment_id, idempotency_key, body, brought_by(caller))


@api.post(
    "/merchants/<merchant_id>/payments/<payment_id>/cancellations",
    summary="Cancel a payment at one's own merchant",
    tags=["payments"],
)
def cancel_by_merchant(
    merchant_id: str, payment_id: str, body: CancellationRequest, idempotency_key: IdempotencyKey = ""
) -> Response[CancellationBody]:
    """Cancel a payment as its merchant's owner, with the effect of a cancellation by the acquirer.

    The path names no wallet, since merchants do not learn who paid.
    """
    owner = api.caller().person(MERCHANT)
    owned_merchant(city.merchants(api.lambda_context), merchant_id, owner)
    wallet_id = city.progress(api.lambda_context).wallet_of_payment(merchant_id, payment_id) or ""

    def own(found: Payment) -> bool:
        return found.order.merchant_id == merchant_id and _concerns_merchant(found)

    return _cancel(f"merchant/{merchant_id}", wallet_id, payment_id, idempotency_key, body, own)


@api.get("/wallets/<wallet_id>/payments", summary="A member's payments of a month", tags=["payments"])
def payments_of_month(
    wallet_id: str,
    month: Annotated[str | None, Query(description="A month such as 2021-01; the current month if not given.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_OF_A_MONTH, description="The most payments of one page.")] = (
        MOST_OF_A_MONTH
    ),
    cursor: Cursor = None,
) -> Response[PaymentsBody]:
    """List the payments that were accepted in a calendar month of Seoul, newest first, with their present status."""
    _owner(wallet_id)
    wanted = parse_month(month) if month is not None else month_of(city.clock())
    page = city.payments(api.lambda_context).of_month(wallet_id, wanted, cursor, limit)
    names = _names(page.payments)
    payments = [
        payment_progress_body(*each, name) for each, name in zip(_with_progress(page.payments), names, strict=True)
    ]
    return answered(PaymentsBody(payments=payments, cursor=page.cursor))


@api.get("/wallets/<wallet_id>/payments/<payment_id>", summary="One payment", tags=["payments"])
def payment(wallet_id: str, payment_id: str) -> Response[OnePaymentBody]:
    """Show a payment with its present status and its cancellations: the receipt.

    The member and the acquirer that brought the payment may read it.
    """
    caller = api.caller()

    def may_read(found: Payment) -> bool:
        own = caller.has(MEMBER) and wallet_id == wallet_id_of(caller.subject)
        return own or (caller.has(ACQUIRER) and found.acceptance.caller == caller.partner("acquirer", ACQUIRER))

    found = readable_payment(city.payments(api.lambda_context), wallet_id, payment_id, may_read)
    ((_, progress),) = _with_progress([found])
    store = city.progress(api.lambda_context)
    cancellations = store.cancellations(wallet_id, found.acceptance.digest) if progress.cancelled else []
    return answered(one_payment_body(found, progress, cancellations, _names([found])[0]))


@api.get("/merchants/<merchant_id>/payments", summary="Payments at one's own merchant", tags=["payments"])
def payments_of_merchant(
    merchant_id: str, limit: Limit = PAGE, cursor: Cursor = None
) -> Response[MerchantPaymentsBody]:
    """List payments at the caller's own merchant, newest first, a moment after they were made.

    The list shows neither who paid nor from which purse.
    """
    owner = api.caller().person(MERCHANT)
    owned_merchant(city.merchants(api.lambda_context), merchant_id, owner)
    if cursor is not None and digest_of(cursor) is None:
        raise Invalid("cursor", "is not one that this list gave out", "unknown_cursor")
    page = city.payments(api.lambda_context).of_merchant(merchant_id, limit, cursor)
    concerning = _with_progress([each for each in page.payments if _concerns_merchant(each)])
    payments = [merchant_payment_body(*each) for each in concerning]
    return answered(MerchantPaymentsBody(payments=payments, cursor=page.cursor))


def _authorise(
    caller: str,
    wallet_id: str,
    idempotency_key: str,
    body: AcquirerPaymentRequest | MemberPaymentRequest,
    order: Order,
) -> Response[PaymentBody]:
    command = Authorise(request_to_pay(caller, wallet_id, idempotency_key, body), order)
    try:
        answer = authorise_payment(command, city.payment_dependencies(api.lambda_context))
    except UnknownCard:
        return answered(unknown_card_body(order))
    # A new decision has no progress yet, so only a replay costs one more round trip.
    progress = _with_progress([answer.entry])[0][1] if answer.replayed else progress_of(answer.entry)
    return answered(payment_body(answer.entry, progress, _name_read(answer.entry)), answer.replayed)


def _cancel(
    caller: str,
    wallet_id: str,
    payment_id: str,
    idempotency_key: str,
    body: CancellationRequest,
    may: May,
) -> Response[CancellationBody]:
    request = request_to("cancel", caller, wallet_id, payment_id, idempotency_key, body)
    command = CancelPayment(request, payment_id, body.amount, body.reason, may)
    answer = cancel_payment(command, city.payment_dependencies(api.lambda_context))
    return answered(cancellation_body(answer.entry), answer.replayed)


def _concerns_merchant(found: Payment) -> bool:
    # Attempts before the approval are hidden: they do not concern the merchant, and any member could fill the list with them.
    return found.decline is not Decline.UNKNOWN_MERCHANT


def _with_progress(payments: list[Payment]) -> list[tuple[Payment, Progress]]:
    """Each payment with its progress. It takes one more round trip for each hundred payments, and two if some of them ended before
    the software stored how a payment ended.
    """
    progress = city.progress(api.lambda_context).progress(payments) if payments else []
    return list(zip(payments, progress, strict=True))


def _name_read(found: Payment) -> str | None:
    """The merchant's name as read for the decision, so that no further read is needed."""
    return city.names().known(found.order.merchant_id, found.acceptance.accepted_at)


def _names(payments: list[Payment]) -> list[str | None]:
    """The merchants' names. One round trip for a hundred that are not cached; 1 read unit each."""
    asked = [(each.order.merchant_id, each.acceptance.accepted_at) for each in payments]
    return city.names().of(city.merchants(api.lambda_context), asked)


def _owner(wallet_id: str) -> str:
    member = api.caller().person(MEMBER)
    if wallet_id != wallet_id_of(member):
        raise NotFound(NO_SUCH_PAYMENT)
    return member


handler = lambda_handler(api, lambda: city)
