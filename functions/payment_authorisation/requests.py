"""Make an order and its idempotent request from the body of an HTTP request."""

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
    """The request to pay. A body with `capture: now` and one without `capture` are the same request, as before holds existed."""
    asked: dict[str, Any] = body.model_dump(mode="json")
    if asked.get("capture") == "now":
        del asked["capture"]
    return Request.of(caller, wallet_id, idempotency_key, asked)


def request_to(
    action: str, caller: str, wallet_id: str, payment_id: str, idempotency_key: str, body: ProgressRequest
) -> Request:
    """A request to change a payment. The same key and body for another payment are refused like another body.

    The action is part of the digest, since ids of entries follow from it: a key that paid can also capture.
    """
    asked = body.model_dump(mode="json") | {"payment_id": payment_id}
    request = Request.of(caller, wallet_id, idempotency_key, asked)
    return request._replace(digest=request_digest(action, wallet_id, request.digest))


def brought_by(caller: str) -> Callable[[Payment], bool]:
    return lambda found: found.acceptance.caller == caller
