"""Every kind of API caller: each role, each wrong owner, and invalid tokens."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from local import inhabitants, sign_in
from local.city import City
from local.roles import Tokens
from local.sign_in import Application, SignIn
from local.translation import API_ID
from tests.e2e.waiting import wait_for

RESIDENTS, STAFF_POOL = "ResidentAuthorizer", "StaffAuthorizer"

NO_TOKEN = "a caller without a token"
GARBAGE = "a caller with a word for a token"
UNSIGNED = "a caller with an unsigned token"
WIDENED = "a resident who wrote more scopes into the token"
PROMOTED = "a member of staff who wrote the operators' group into the token"
EXPIRED = "a caller with an expired token"
ID_TOKEN = "a resident with the id token"
MEMBER = "the member"
OTHER_MEMBER = "another member"
OWNER = "the shop's owner"
OTHER_OWNER = "another shopkeeper"
ACQUIRER = "the acquirer"
OTHER_ACQUIRER = "another acquirer"
BANK = "the bank"
OPERATOR = "an operator"
STAFF = "a member of staff who is no operator"

ALL_SCOPES = ("eeum/wallet", "eeum/merchant", "eeum/payments", "eeum/top_ups")
SHORT_LIVED = Application("ShortLivedClient", "ResidentPool", ALL_SCOPES)
SECOND_ACQUIRER = Application("SecondAcquirerClient", "ResidentPool", sign_in.ACQUIRER.scopes)


@dataclass(frozen=True)
class Caller:
    """A caller: `pool` is the authorizer that accepts the token, if any; `scopes` are those of the token's client."""

    name: str
    token: str | None
    pool: str | None = None
    scopes: frozenset[str] = frozenset()


def all_callers(city: City, tokens: Tokens) -> dict[str, Caller]:
    """All callers by name. The member is the city's first resident, the owner its shopkeeper."""
    member = city.signing.tokens(inhabitants.RESIDENTS[0], sign_in.RESIDENT_APP)
    outsider = _person(city, "archivist", sign_in.STAFF_CONSOLE)
    more = _more_partners(city)
    residents = {
        MEMBER: (member["access_token"], sign_in.RESIDENT_APP),
        OTHER_MEMBER: (city.signing.token(inhabitants.RESIDENTS[1], sign_in.RESIDENT_APP), sign_in.RESIDENT_APP),
        OWNER: (tokens.merchant, sign_in.MERCHANT_APP),
        OTHER_OWNER: (_person(city, "rival", sign_in.MERCHANT_APP), sign_in.MERCHANT_APP),
        ACQUIRER: (tokens.acquirer, sign_in.ACQUIRER),
        OTHER_ACQUIRER: (more[SECOND_ACQUIRER], sign_in.ACQUIRER),
        BANK: (tokens.bank, sign_in.BANK),
    }
    unknown = {
        NO_TOKEN: None,
        GARBAGE: "open-sesame",
        UNSIGNED: rewritten(member["access_token"], header={"alg": "none"}, signature=""),
        WIDENED: rewritten(member["access_token"], claims={"scope": " ".join(ALL_SCOPES)}),
        PROMOTED: rewritten(outsider, claims={"cognito:groups": ["operators"]}),
        EXPIRED: _expired(more[SHORT_LIVED]),
    }
    callers = [
        *(Caller(name, token) for name, token in unknown.items()),
        Caller(ID_TOKEN, member["id_token"], RESIDENTS),
        *(
            Caller(name, token, RESIDENTS, frozenset(application.scopes))
            for name, (token, application) in residents.items()
        ),
        *(
            Caller(name, token, STAFF_POOL, frozenset(sign_in.STAFF_CONSOLE.scopes))
            for name, token in ((OPERATOR, tokens.operator), (STAFF, outsider))
        ),
    ]
    return {caller.name: caller for caller in callers}


def rewritten(
    token: str,
    header: dict[str, Any] | None = None,
    claims: dict[str, Any] | None = None,
    signature: str | None = None,
) -> str:
    """A token with other contents and its old signature, or with another signature."""
    first, second, third = token.split(".")
    parts = [_encoded(decoded(first) | (header or {})), _encoded(decoded(second) | (claims or {}))]
    return ".".join([*parts, third if signature is None else signature])


def decoded(part: str) -> dict[str, Any]:
    contents: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return contents


def claims_of(token: str) -> dict[str, Any]:
    return decoded(token.split(".")[1])


def _encoded(contents: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(contents).encode()).rstrip(b"=").decode()


def _person(city: City, person: str, application: Application) -> str:
    """The token of a new person in no group."""
    city.signing.enrol(person, application)
    return city.signing.token(person, application)


def _expired(token: str) -> str:
    wait_for(time.time, lambda now: now > claims_of(token)["exp"], "the token's end")
    return token


def _more_partners(city: City) -> dict[Application, str]:
    """Tokens of two partner systems that the template does not have: a second acquirer, and one with short-lived tokens."""
    pools, gateway = city.emulator.client("cognito-idp"), city.emulator.client("apigatewayv2")
    validity = {SHORT_LIVED: 1, SECOND_ACQUIRER: 3_600}
    clients = {
        application.client: pools.create_user_pool_client(
            UserPoolId=city.stack.resources[application.pool],
            ClientName=application.client,
            GenerateSecret=True,
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=list(application.scopes),
            AccessTokenValidity=seconds,
            TokenValidityUnits={"AccessToken": "seconds"},
        )["UserPoolClient"]["ClientId"]
        for application, seconds in validity.items()
    }
    authorizers = gateway.get_authorizers(ApiId=API_ID)["Items"]
    residents = next(each for each in authorizers if each["Name"] == RESIDENTS)
    known = residents["JwtConfiguration"]
    gateway.update_authorizer(
        ApiId=API_ID,
        AuthorizerId=residents["AuthorizerId"],
        JwtConfiguration=known | {"Audience": [*known["Audience"], *clients.values()]},
    )
    with httpx.Client(trust_env=False) as connections:
        signing = SignIn(city.emulator, city.stack.resources | clients, connections)
        return {application: signing.partner_token(application) for application in validity}
