"""Every route of the API, with its function and the scopes that its authorizer demands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import balance_projection.queries
import cashback_calculation.quotes
import member_wallet.app
import merchant_onboarding.app
import payment_authorisation.app
import policy_simulation.app
import programme_policy.app
import programme_policy.budgets
import programme_policy.queries
from tests.http.callers import ACQUIRER_SCOPE, BANK_SCOPE, MEMBER_SCOPE, MERCHANT_SCOPE, OPERATOR_SCOPE

MODULES = (
    balance_projection.queries,
    cashback_calculation.quotes,
    member_wallet.app,
    merchant_onboarding.app,
    payment_authorisation.app,
    policy_simulation.app,
    programme_policy.app,
    programme_policy.budgets,
    programme_policy.queries,
)


@dataclass(frozen=True)
class Route:
    """A route: any one of `scopes` opens it; without scopes it is public."""

    method: str
    path: str
    module: Any
    scopes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\{\w+\}", "[^/]+", self.path)
        return method == self.method and re.fullmatch(pattern, path, re.DOTALL) is not None

    def with_ids(self, ids: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], self.path)


def _routes() -> tuple[Route, ...]:
    wallets, payments = member_wallet.app, payment_authorisation.app
    merchants, policies = merchant_onboarding.app, programme_policy.app
    budgets, public = programme_policy.budgets, programme_policy.queries
    residents = (MEMBER_SCOPE, MERCHANT_SCOPE)
    application = "/merchant_applications/{merchant_id}"
    draft, amendment = "/policy_drafts/{version}", "/policy_amendments/{amendment_id}"
    payment = "/wallets/{wallet_id}/payments/{payment_id}"
    return (
        Route("POST", "/wallets", wallets, (MEMBER_SCOPE,)),
        Route("GET", "/wallets/{wallet_id}", wallets, (MEMBER_SCOPE,)),
        Route("GET", "/wallets/{wallet_id}/cashback", wallets, (MEMBER_SCOPE,)),
        Route("GET", "/wallets/{wallet_id}/statements/{month}", wallets, (MEMBER_SCOPE,)),
        Route("GET", "/wallets/{wallet_id}/balances", wallets, (MEMBER_SCOPE,)),
        Route("POST", "/wallets/{wallet_id}/top_ups", wallets, (BANK_SCOPE,)),
        Route("PATCH", "/wallets/{wallet_id}", wallets, (OPERATOR_SCOPE,)),
        Route("POST", "/payments", payments, (ACQUIRER_SCOPE,)),
        Route("POST", "/wallets/{wallet_id}/payments", payments, (MEMBER_SCOPE,)),
        Route("GET", "/wallets/{wallet_id}/payments", payments, (MEMBER_SCOPE,)),
        Route("GET", "/wallets/{wallet_id}/payments/{payment_id}", payments, (MEMBER_SCOPE, ACQUIRER_SCOPE)),
        Route("GET", "/merchants/{merchant_id}/payments", payments, (MERCHANT_SCOPE,)),
        Route("POST", "/payments/reversals", payments, (ACQUIRER_SCOPE,)),
        Route("POST", f"{payment}/captures", payments, (ACQUIRER_SCOPE,)),
        Route("POST", f"{payment}/void", payments, (ACQUIRER_SCOPE,)),
        Route("POST", f"{payment}/cancellations", payments, (ACQUIRER_SCOPE,)),
        Route("POST", "/merchants/{merchant_id}/payments/{payment_id}/cancellations", payments, (MERCHANT_SCOPE,)),
        Route("GET", "/merchants/{merchant_id}/balance", balance_projection.queries, (MERCHANT_SCOPE,)),
        Route("GET", "/balances", balance_projection.queries, (OPERATOR_SCOPE,)),
        Route("POST", "/wallets/{wallet_id}/cashback_quotes", cashback_calculation.quotes, (MEMBER_SCOPE,)),
        Route("POST", "/merchants", merchants, (MERCHANT_SCOPE,)),
        Route("GET", "/merchants", merchants, residents),
        Route("GET", "/merchants/{merchant_id}", merchants, residents),
        Route("GET", "/merchant_applications", merchants, (OPERATOR_SCOPE,)),
        Route("GET", application, merchants, (OPERATOR_SCOPE,)),
        Route("POST", f"{application}/approval", merchants, (OPERATOR_SCOPE,)),
        Route("POST", f"{application}/rejection", merchants, (OPERATOR_SCOPE,)),
        Route("GET", "/policies", public),
        Route("GET", "/policies/in_force", public),
        Route("GET", "/policies/{version}", public),
        Route("GET", "/policies/coming", public),
        Route("GET", "/policies/{version}/explanation", public),
        Route("POST", "/policies/history", policies, (OPERATOR_SCOPE,)),
        Route("GET", "/policies/history", policies, (OPERATOR_SCOPE,)),
        Route("POST", "/policies/{version}/withdrawal", policies, (OPERATOR_SCOPE,)),
        Route("POST", "/policy_drafts", policies, (OPERATOR_SCOPE,)),
        Route("GET", "/policy_drafts", policies, (OPERATOR_SCOPE,)),
        Route("GET", draft, policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{draft}/revisions", policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{draft}/check", policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{draft}/approval", policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{draft}/rejection", policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{draft}/withdrawal", policies, (OPERATOR_SCOPE,)),
        Route("GET", f"{draft}/history", policies, (OPERATOR_SCOPE,)),
        Route("POST", "/policy_amendments", policies, (OPERATOR_SCOPE,)),
        Route("GET", "/policy_amendments", policies, (OPERATOR_SCOPE,)),
        Route("GET", amendment, policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{amendment}/approval", policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{amendment}/rejection", policies, (OPERATOR_SCOPE,)),
        Route("POST", f"{amendment}/withdrawal", policies, (OPERATOR_SCOPE,)),
        Route("GET", f"{amendment}/history", policies, (OPERATOR_SCOPE,)),
        Route("POST", "/policy_simulations", policy_simulation.app, (OPERATOR_SCOPE,)),
        Route("GET", "/policy_simulations", policy_simulation.app, (OPERATOR_SCOPE,)),
        Route("GET", "/policy_simulations/{simulation_id}", policy_simulation.app, (OPERATOR_SCOPE,)),
        Route("GET", "/budgets/{year}", budgets, (OPERATOR_SCOPE,)),
        Route("GET", "/budgets/{year}/changes", budgets, (OPERATOR_SCOPE,)),
        Route("GET", "/budgets/{year}/forecast", budgets, (OPERATOR_SCOPE,)),
        Route("POST", "/budgets/{year}/lines", budgets, (OPERATOR_SCOPE,)),
        Route("POST", "/budgets/{year}/lines/{line}/supplements", budgets, (OPERATOR_SCOPE,)),
        Route("POST", "/budgets/{year}/closing", budgets, (OPERATOR_SCOPE,)),
        Route("GET", "/months", public),
        Route("GET", "/months/{month}", public),
    )


ROUTES = _routes()
PROTECTED = tuple(route for route in ROUTES if route.scopes)
WITH_BODY = tuple(route for route in ROUTES if route.method in ("POST", "PATCH"))


def route_of(method: str, path: str) -> Route | None:
    """The route that the API would choose; a literal path has precedence over one with parameters."""
    fitting = [route for route in ROUTES if route.matches(method, path)]
    return min(fitting, key=lambda route: route.path.count("{"), default=None)
