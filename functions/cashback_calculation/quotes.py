"""What a payment would get, before it is made. A function of its own, since its role may read and nothing else."""

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
    member = api.caller().person(MEMBER)
    card = card_within(wallet_id, body.card_token) if body.card_token else None
    method = body.paid_by()
    order = Order(body.merchant_id, body.amount, body.channel, method, card, None, body.capture == "later")
    quoted = quote_cashback(AskedQuote(member, wallet_id, order, city.clock()), city.quoting(api.lambda_context))
    return answered(quote_body(quoted, method))


handler = lambda_handler(api)
