"""What a payment would earn, before it is made. A function of its own, since its role may read and nothing else."""

import os

from cashback_calculation.bodies import QuoteBody, QuoteRequest, quote_body
from eeum.aws.city import City
from eeum.aws.http import Api, Response, answered, lambda_handler
from eeum.aws.identity import MEMBER
from eeum.cashback.quoting import quote_cashback
from eeum.payments.rules import Order
from eeum.wallet.rules import card_within
from eeum.wallet.use_cases import own_wallet

api = Api()
city = City.of(os.environ)


@api.post("/wallets/<wallet_id>/cashback_quotes", summary="What a payment would earn now", tags=["cashback"])
def quote(wallet_id: str, body: QuoteRequest) -> Response[QuoteBody]:
    context = api.lambda_context
    wallet = own_wallet(city.wallets(context), api.caller().person(MEMBER), wallet_id)
    card = card_within(wallet.id, body.card_token) if body.card_token else None
    order = Order(body.merchant_id, body.amount, body.channel, "app", card, requested_at=None)
    quoted = quote_cashback(wallet, city.merchants(context), city.policies(), order, city.clock())
    return answered(quote_body(quoted, body.amount))


handler = lambda_handler(api)
