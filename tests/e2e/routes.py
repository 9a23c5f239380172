"""Every route of template.yaml, and the one table of the status that each caller gets there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from samtranslator.yaml_helper import yaml_parse

from deployment.template_routes import routes_of
from local import places
from tests.e2e.callers import (
    ACQUIRER,
    BANK,
    MEMBER,
    OPERATOR,
    OTHER_ACQUIRER,
    OTHER_MEMBER,
    OTHER_OWNER,
    OWNER,
    STAFF,
    Caller,
)

ANYONE = "anyone"
OWN_WALLET = {MEMBER: 200, OTHER_MEMBER: 404}
OWN_PAYMENT = {ACQUIRER: 200, OTHER_ACQUIRER: 404}
RESIDENTS = {MEMBER: 200, OTHER_MEMBER: 200, OWNER: 200, OTHER_OWNER: 200}
OPERATORS = {OPERATOR: 200, STAFF: 403}

#: The status for each caller whose token the route accepts; all others are refused before the function (see `expected`).
ANSWERS: dict[str, dict[str, int]] = {
    "POST /wallets": {MEMBER: 200, OTHER_MEMBER: 200},
    "GET /wallets/{wallet_id}": OWN_WALLET,
    "GET /wallets/{wallet_id}/cashback": OWN_WALLET,
    "GET /wallets/{wallet_id}/balances": OWN_WALLET,
    # No wallet has a statement of a month that is not over.
    "GET /wallets/{wallet_id}/statements/{month}": {MEMBER: 404, OTHER_MEMBER: 404},
    "POST /wallets/{wallet_id}/top_ups": {BANK: 200},
    "PATCH /wallets/{wallet_id}": OPERATORS,
    "POST /payments": {ACQUIRER: 200, OTHER_ACQUIRER: 200},
    "POST /wallets/{wallet_id}/payments": OWN_WALLET,
    "GET /wallets/{wallet_id}/payments": OWN_WALLET,
    "GET /wallets/{wallet_id}/payments/{payment_id}": OWN_WALLET | OWN_PAYMENT,
    "GET /merchants/{merchant_id}/payments": {OWNER: 200, OTHER_OWNER: 404},
    "POST /payments/reversals": {ACQUIRER: 200, OTHER_ACQUIRER: 200},
    "POST /wallets/{wallet_id}/payments/{payment_id}/captures": OWN_PAYMENT,
    "POST /wallets/{wallet_id}/payments/{payment_id}/void": OWN_PAYMENT,
    "POST /wallets/{wallet_id}/payments/{payment_id}/cancellations": OWN_PAYMENT,
    "POST /merchants/{merchant_id}/payments/{payment_id}/cancellations": {OWNER: 200, OTHER_OWNER: 404},
    "GET /merchants/{merchant_id}/balance": {OWNER: 200, OTHER_OWNER: 404},
    "GET /balances": OPERATORS,
    "POST /wallets/{wallet_id}/cashback_quotes": OWN_WALLET,
    "POST /merchants": {OWNER: 201, OTHER_OWNER: 409},
    "GET /merchants": RESIDENTS,
    "GET /merchants/{merchant_id}": RESIDENTS,
    "GET /merchant_applications": OPERATORS,
    "GET /merchant_applications/{merchant_id}": OPERATORS,
    "POST /merchant_applications/{merchant_id}/approval": OPERATORS,
    "POST /merchant_applications/{merchant_id}/rejection": OPERATORS,
    "GET /policies": {ANYONE: 200},
    "GET /policies/in_force": {ANYONE: 200},
    "GET /policies/{version}": {ANYONE: 200},
    "GET /policies/coming": {ANYONE: 200},
    "GET /policies/{version}/explanation": {ANYONE: 200},
    "POST /policies/history": {OPERATOR: 409, STAFF: 403},
    "GET /policies/history": OPERATORS,
    "POST /policies/{version}/withdrawal": OPERATORS,
    "POST /policy_drafts": {OPERATOR: 201, STAFF: 403},
    "GET /policy_drafts": OPERATORS,
    "GET /policy_drafts/{version}": OPERATORS,
    "POST /policy_drafts/{version}/revisions": OPERATORS,
    "POST /policy_drafts/{version}/check": OPERATORS,
    "POST /policy_drafts/{version}/approval": OPERATORS,
    "POST /policy_drafts/{version}/rejection": OPERATORS,
    "POST /policy_drafts/{version}/withdrawal": OPERATORS,
    "GET /policy_drafts/{version}/history": OPERATORS,
    "POST /policy_amendments": {OPERATOR: 201, STAFF: 403},
    "GET /policy_amendments": OPERATORS,
    "GET /policy_amendments/{amendment_id}": OPERATORS,
    "POST /policy_amendments/{amendment_id}/approval": OPERATORS,
    "POST /policy_amendments/{amendment_id}/rejection": OPERATORS,
    "POST /policy_amendments/{amendment_id}/withdrawal": OPERATORS,
    "GET /policy_amendments/{amendment_id}/history": OPERATORS,
    "GET /budgets/{year}": OPERATORS,
    "GET /budgets/{year}/changes": OPERATORS,
    "GET /budgets/{year}/forecast": OPERATORS,
    "POST /budgets/{year}/lines": OPERATORS,
    "POST /budgets/{year}/lines/{line}/supplements": OPERATORS,
    # A year can be closed only when it is over.
    "POST /budgets/{year}/closing": {OPERATOR: 409, STAFF: 403},
    "POST /policy_simulations": {OPERATOR: 202, STAFF: 403},
    "GET /policy_simulations": OPERATORS,
    "GET /policy_simulations/{simulation_id}": OPERATORS,
    "GET /months": {ANYONE: 200},
    "GET /months/{month}": {ANYONE: 200},
}


@dataclass(frozen=True)
class Route:
    """A route: `authorizer` is None where it is public; any one of `scopes` is enough."""

    method: str
    path: str
    authorizer: str | None
    scopes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def with_ids(self, ids: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], self.path)


def routes() -> list[Route]:
    """The routes of the template."""
    template = yaml_parse((places.ROOT / "template.yaml").read_text())
    return [Route(each.method, each.path, each.authorizer, frozenset(each.scopes)) for each in routes_of(template)]


def expected(route: Route, caller: Caller) -> int:
    """The status for a caller: 401 if the authorizer rejects the token, 403 without the scope, else by the table."""
    answers = ANSWERS[str(route)]
    if route.authorizer is None:
        return answers[ANYONE]
    if caller.pool != route.authorizer:
        return 401
    if not route.scopes & caller.scopes:
        return 403
    return answers[caller.name]
