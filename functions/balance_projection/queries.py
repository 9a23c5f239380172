"""Routes that read balances. They have their own function, so that its role can only read."""

import os

from balance_projection.bodies import (
    MerchantBalanceBody,
    ProgrammeBalancesBody,
    merchant_balance_body,
    programme_balances_body,
)
from eeum.aws.http import Api, Response, answered, lambda_handler
from eeum.aws.identity import MERCHANT
from eeum.balances.use_cases import balances_of_programme
from eeum.composition import City
from eeum.merchants.use_cases import owned_merchant

api = Api()
city = City.of(os.environ)


@api.get("/merchants/<merchant_id>/balance", summary="What your merchant is owed and has funded", tags=["balances"])
def merchant_balance(merchant_id: str) -> Response[MerchantBalanceBody]:
    """Shows what the programme owes the caller's own merchant, and what the merchant has funded itself, as of the last hour."""
    context = api.lambda_context
    merchant = owned_merchant(city.merchants(context), merchant_id, api.caller().person(MERCHANT))
    return answered(merchant_balance_body(merchant, city.balances(context).merchant(merchant.id)))


@api.get("/balances", summary="Balances of funders and banks, and what was issued", tags=["balances"])
def programme_balances() -> Response[ProgrammeBalancesBody]:
    """Shows what funders paid, what banks credited, what was issued and what expired, as of the last hour."""
    api.caller().operator()
    return answered(programme_balances_body(balances_of_programme(city.balances(api.lambda_context))))


handler = lambda_handler(api, lambda: city)
