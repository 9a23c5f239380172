"""From a body to what is asked for: the order, and the request that it is known by when it comes again."""

from collections.abc import Callable
from typing import Any

from eeum.ids import request_digest
from eeum.payments.rules import Order, Payment
from eeum.request import Request
from payment_authorisation.bodies import AcquirerPaymentRequest, MemberPaymentRequest
from payment_authorisation.progress_bodies import CancellationRequest, CaptureRequest, VoidRequest

PaymentRequest = AcquirerPaymentRequest | MemberPaymentRequest
ProgressRequest = CaptureRequest | VoidRequest | CancellationRequest


def order_of(body: PaymentRequest, method: str, card: str | None) -> Order:
    requested_at = body.requested_at.isoformat() if body.requested_at else None
    hold = isinstance(body, AcquirerPaymentRequest) and body.capture == "later"
    return Order(body.merchant_id, body.amount, body.channel, method, card, requested_at, hold)


def request_to_pay(caller: str, wallet_id: str, idempotency_key: str, body: PaymentRequest) -> Request:
    """To capture now is what every payment meant before there were holds: said or not, it is the same request."""
    asked: dict[str, Any] = body.model_dump(mode="json")
    if asked.get("capture") == "now":
        del asked["capture"]
    return Request.of(caller, wallet_id, idempotency_key, asked)


def request_to(
    action: str, caller: str, wallet_id: str, payment_id: str, idempotency_key: str, body: ProgressRequest
) -> Request:
    """The same key and body for another payment is refused as another body is.

    What a key was used for before, to pay or to capture, is another request, with a digest of its own: ids of entries are made of it.
    """
    asked = body.model_dump(mode="json") | {"payment_id": payment_id}
    request = Request.of(caller, wallet_id, idempotency_key, asked)
    return request._replace(digest=request_digest(action, wallet_id, request.digest))


def brought_by(caller: str) -> Callable[[Payment], bool]:
    return lambda found: found.acceptance.caller == caller
