"""A running city changes to an identity provider of its own: real tokens of a second issuer, checked by the API's authorizer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from local import sign_in
from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.callers import claims_of
from tests.e2e.conftest import SignIn
from tests.e2e.members import Member
from tests.second_issuer import AUDIENCE, KEY_ID, SecondIssuer, second_issuer

SCOPES = {
    "WalletScope": "pay.use",
    "MerchantScope": "pay.shop",
    "PaymentsScope": "van/pay",
    "TopUpsScope": "bank/credit",
}


@dataclass(frozen=True)
class Before:
    """From before the change: a member of the residents' pool with a wallet, a shop, and the pools' tokens."""

    member: Member
    shop: str
    tokens: Tokens


@pytest.fixture(scope="module")
def before(new_member: Callable[..., Member], shops: dict[str, str], tokens: Tokens) -> Before:
    return Before(new_member(charged=30_000), next(iter(shops.values())), tokens)


@pytest.fixture(scope="module")
def issuer(city: City, before: Before) -> Iterator[SecondIssuer]:
    """The city's own provider, which it has until the tests of this module end."""
    with second_issuer() as running:
        own = {"ResidentIssuer": running.url, "ResidentAudience": AUDIENCE, "ResidentClientClaim": "azp"}
        city.deploy_with(own | SCOPES)
        try:
            yield running
        finally:
            city.deploy_with({})


@pytest.fixture
def caller(api: Api, issuer: SecondIssuer) -> str:
    """A token of a new subject that opens a wallet."""
    token = issuer.token("auth0|hana", "openid pay.use")
    assert api.as_caller(token).request("POST", "/wallets", {}).status_code in (200, 201)
    return token


def test_the_member_keeps_the_wallet_under_the_same_subject(
    api: Api, issuer: SecondIssuer, before: Before, sign_in_as: SignIn
) -> None:
    member = before.member
    subject = claims_of(sign_in_as(member.name, sign_in.RESIDENT_APP))["sub"]
    own = api.as_caller(issuer.token(subject, "openid pay.use"))

    assert own.get(f"/wallets/{member.wallet}")["purses"]["charged"] == 30_000
    # Tokens of the pool are another issuer's now.
    assert member.api.request("GET", f"/wallets/{member.wallet}").status_code == 401
    other = api.as_caller(issuer.token("someone-else", "openid pay.use"))
    assert other.request("GET", f"/wallets/{member.wallet}").status_code == 404


def test_partners_and_operators_work_as_before(api: Api, issuer: SecondIssuer, caller: str, before: Before) -> None:
    wallet = api.as_caller(caller).post("/wallets", {})
    bank = api.as_caller(issuer.token("city-bank", "bank/credit", azp="city-bank"))
    acquirer = api.as_caller(issuer.token("van-one", "van/pay", azp="van-one"))
    credit = {"amount": 50_000, "bank_reference": "of the second issuer"}

    credited = bank.post(f"/wallets/{wallet['id']}/top_ups", credit, key="a-credit-of-the-second-issuer")
    assert credited["status"] == "completed", credited
    sale = {"card_token": wallet["cards"][0]["token"], "merchant_id": before.shop, "amount": 4_000}
    paid = acquirer.post("/payments", sale, key="a-sale-of-the-second-issuer")

    assert paid["status"] == "approved", paid
    assert api.as_caller(before.tokens.operator).request("GET", "/merchant_applications").status_code == 200
    assert (
        api.as_caller(before.tokens.bank).request("POST", f"/wallets/{wallet['id']}/top_ups", credit).status_code == 401
    )


def test_tokens_that_are_not_the_provider_s_for_this_api_are_refused(
    api: Api, issuer: SecondIssuer, caller: str
) -> None:
    subject, scope = "auth0|hana", "openid pay.use"
    claims = claims_of(caller)
    refused = {
        "wrong issuer": issuer.token(subject, scope, iss=f"{issuer.url}/other"),
        "wrong audience": issuer.token(subject, scope, aud="another-api"),
        "expired": issuer.token(subject, scope, exp=int(time.time()) - 1),
        "not yet valid": issuer.token(subject, scope, nbf=int(time.time()) + 300),
        "alg none": issuer.unsigned(subject, scope),
        "alg HS256": issuer.signed_with_the_public_key(subject, scope),
        "another key": issuer.of_another_key(subject, scope),
        "unknown key id": issuer.signed({"alg": "RS256", "kid": f"{KEY_ID}x"}, claims),
    }
    answers = {
        name: api.as_caller(token).request("POST", "/wallets", {}).status_code for name, token in refused.items()
    }

    assert answers == dict.fromkeys(refused, 401)


def test_tokens_without_a_mapped_right_are_forbidden(api: Api, issuer: SecondIssuer, caller: str) -> None:
    subject = "auth0|hana"
    forbidden = {
        "unknown scope": issuer.token(subject, "openid pay.everything"),
        "the pool's scope": issuer.token(subject, "openid eeum/wallet"),
        "another right": issuer.token(subject, "openid pay.shop"),
        "no scope": issuer.token(subject, None),
        "no subject": issuer.token(None, "openid pay.use"),
        "no end": issuer.token(subject, "openid pay.use", exp=None),
        "an id token": issuer.token(subject, "openid pay.use", token_use="id"),
    }
    answers = {
        name: api.as_caller(token).request("POST", "/wallets", {}).status_code for name, token in forbidden.items()
    }

    assert answers == dict.fromkeys(forbidden, 403)


def test_its_tokens_make_no_operator(api: Api, issuer: SecondIssuer) -> None:
    groups = {"cognito:groups": ["operators"]}
    token = issuer.token("clerk", "openid eeum-staff/operate pay.use", **groups)

    assert api.as_caller(token).request("GET", "/merchant_applications").status_code == 401
