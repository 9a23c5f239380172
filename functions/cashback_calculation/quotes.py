"""Quotes: what a payment would get, before it is made. It is a function of its own, since its role may only read."""

import os

from cashback_calculation.bodies import QuoteBody, QuoteRequest, quote_body
from eeum.aws.http import Api, Response, answered, lambda_handler
from eeum.aws.identity import MEMBER
from eeum.cashback.quoting import AskedQuote, quote_cashback
from eeum.composition import City
from eeum.payments.rules import Order
from eeum.wallet.rules import card_within

api = Api()
city = City.of(os.environ)


@api.post("/wallets/<wallet_id>/cashback_quotes", summary="What a payment would get now", tags=["cashback"])
def quote(wallet_id: str, body: QuoteRequest) -> Response[QuoteBody]:
    """Decide the payment as if it were made now, or as planned, and compute its cashback, without storing anything.

    `not_guaranteed` names what may still change.
    """
    member = api.caller().person(MEMBER)
    card = card_within(wallet_id, body.card_token) if body.card_token else None
    method = body.paid_by()
    order = Order(body.merchant_id, body.amount, body.channel, method, card, None, body.capture == "later")
    asked = AskedQuote(member, wallet_id, order, city.clock(), body.plan())
    quoted = quote_cashback(asked, city.quoting(api.lambda_context))
    # The merchant was already read for the quote.
    name = city.names().known(order.merchant_id, quoted.earning.accepted_at)
    return answered(quote_body(quoted, method, name))


handler = lambda_handler(api, lambda: city)
