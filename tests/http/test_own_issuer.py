"""A city with an identity provider of its own: its tokens open what its scopes are mapped to, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from eeum.aws.own_issuer import OwnIssuer
from tests.http.callers import ACQUIRER_SCOPE, BANK_SCOPE, MEMBER_SCOPE, MERCHANT_SCOPE, OPERATOR, OPERATOR_SCOPE, PAYER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import Inhabitants, InMemoryCity
from tests.http.conftest import copy_of
from tests.http.requests import good_request, payment
from tests.http.routes import PROTECTED, Route
from tests.in_memory.storage import InMemoryStorage

ISSUER = "https://login.example.kr/realms/city"
OWN = OwnIssuer(
    ISSUER,
    "azp",
    {MEMBER_SCOPE: "pay.use", MERCHANT_SCOPE: "pay.shop", ACQUIRER_SCOPE: "van/pay", BANK_SCOPE: "bank/credit"},
)
OPERATORS_ROUTES = [route for route in PROTECTED if route.scopes == (OPERATOR_SCOPE,)]
RESIDENTS_ROUTES = [route for route in PROTECTED if route.scopes != (OPERATOR_SCOPE,)]


@dataclass(frozen=True)
class Token:
    """An access token of the provider, as API Gateway gives its claims to a function; a claim of None is left out."""

    subject: str
    scope: str
    more: dict[str, Any] = field(default_factory=dict)

    def authorizer(self) -> dict[str, Any]:
        claims = {
            "iss": ISSUER,
            "aud": "city-currency",
            "azp": "some-client",
            "exp": "1609808400",
            "iat": "1609804800",
            "sub": self.subject,
            "scope": f"openid {self.scope}",
            "typ": "Bearer",
            **self.more,
        }
        return {"jwt": {"claims": {name: value for name, value in claims.items() if value is not None}, "scopes": None}}


@pytest.fixture
def own(founded: tuple[InMemoryStorage, Inhabitants]) -> InMemoryCity:
    """The founded city after the switch to its own provider."""
    storage, inhabitants = founded
    return InMemoryCity(copy_of(storage), inhabitants, OWN)


def _call(city: InMemoryCity, token: Token, *request: Any, **more: Any) -> Any:
    return city.call(token, *request, **more)  # type: ignore[arg-type]  # a caller in all that is sent


def _sent(city: InMemoryCity, route: Route, token: Token) -> Any:
    sent = good_request(city, route)
    return sent.to(city, caller=token)  # type: ignore[arg-type]


def test_people_and_partners_do_everything_with_its_tokens(own: InMemoryCity) -> None:
    member, bank = Token("auth0|77", "pay.use"), Token("bank", "bank/credit", {"azp": "city-bank"})
    acquirer = Token("van", "van/pay", {"azp": "van-one"})
    wallet = _call(own, member, "POST", "/wallets", {})
    assert wallet.status == 201
    address = f"/wallets/{wallet.json['id']}"
    credit = {"amount": 50_000, "bank_reference": "one"}
    assert _call(own, bank, "POST", f"{address}/top_ups", credit, key="a-credit-of-the-bank").status == 200

    order = payment(own, card_token=wallet.json["cards"][0]["token"])
    paid = _call(own, acquirer, "POST", "/payments", order, key="a-sale-at-a-till-1")

    assert (paid.status, paid.json["status"]) == (200, "approved")
    assert _call(own, member, "GET", f"{address}/payments/{paid.json['id']}").status == 200
    assert _call(own, acquirer, "GET", f"{address}/payments/{paid.json['id']}").status == 200
    assert _call(own, Token("van", "van/pay"), "GET", f"{address}/payments/{paid.json['id']}").status == 404
    shops = _call(own, Token("owner-1", "pay.shop"), "GET", "/merchants", query={"owner": "me"})
    assert (shops.status, shops.json["merchants"]) == (200, [])


def test_a_wallet_follows_from_the_subject_whoever_issued_the_token(own: InMemoryCity) -> None:
    """A provider that keeps the pool's subjects keeps its members' wallets; with another subject the same person has a new wallet."""
    address = f"/wallets/{own.who.wallet}"

    assert _call(own, Token(PAYER.subject, "pay.use"), "GET", address).status == 200
    assert_problem(_call(own, Token("a-new-subject", "pay.use"), "GET", address), 404, "not_found")
    assert _call(own, Token(PAYER.subject, "pay.use"), "POST", "/wallets", {}).json["id"] == own.who.wallet
    assert _call(own, Token("a-new-subject", "pay.use"), "POST", "/wallets", {}).json["id"] != own.who.wallet


@pytest.mark.parametrize("route", RESIDENTS_ROUTES, ids=str)
def test_tokens_of_the_residents_pool_open_nothing_any_more(own: InMemoryCity, route: Route) -> None:
    sent = good_request(own, route)
    with unchanged(own):
        answer = sent.to(own)

    assert answer.status == (404 if str(route) == "GET /wallets/{wallet_id}/payments/{payment_id}" else 403), answer


def test_operators_still_have_the_tokens_of_the_staff_s_pool(own: InMemoryCity) -> None:
    assert own.call(OPERATOR, "GET", "/merchant_applications").status == 200


@pytest.mark.parametrize("route", OPERATORS_ROUTES, ids=str)
def test_no_token_of_the_provider_makes_an_operator(own: InMemoryCity, route: Route) -> None:
    groups = {"cognito:groups": "[operators]", "groups": "[operators]"}
    everything = " ".join((OPERATOR_SCOPE, *OWN.scopes.values()))
    with unchanged(own):
        answer = _sent(own, route, Token(OPERATOR.subject, everything, groups))

    assert_problem(answer, 403, "forbidden")


def test_a_scope_of_operators_takes_no_right_from_a_resident(own: InMemoryCity) -> None:
    token = Token(PAYER.subject, f"{OPERATOR_SCOPE} pay.use")

    assert _call(own, token, "GET", f"/wallets/{own.who.wallet}").status == 200


REFUSED = {
    "another issuer": {"iss": "https://login.example.kr/realms/other"},
    "the issuer with a slash": {"iss": f"{ISSUER}/"},
    "no issuer": {"iss": None},
    "an id token": {"token_use": "id"},
    "an id token of Keycloak": {"typ": "ID"},
    "a refresh token": {"typ": "Refresh"},
    "no end": {"exp": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject with a space": {"sub": "hana kim"},
    "a subject in Hangul": {"sub": "하나"},
    "a subject of 256 letters": {"sub": "h" * 256},
    "a subject that is a list": {"sub": [PAYER.subject]},
    "no scope": {"scope": None},
    "an unknown scope": {"scope": "openid pay.everything"},
    "the scope's name in the pool": {"scope": "openid eeum/wallet"},
    "a scope that anyone has": {"scope": "openid profile email"},
    "scopes with commas": {"scope": "openid,pay.use"},
    "another scope's beginning": {"scope": "pay.used xpay.use"},
    "a list where a text belongs": {"scope": ["pay.use"]},
    "a list written into the text": {"scope": "[pay.use openid]"},
}


@pytest.mark.parametrize("claims", REFUSED.values(), ids=REFUSED)
def test_another_token_opens_no_wallet(own: InMemoryCity, claims: dict[str, Any]) -> None:
    for request in (("GET", f"/wallets/{own.who.wallet}"), ("POST", "/wallets", {})):
        with unchanged(own):
            answer = _call(own, Token(PAYER.subject, "pay.use", claims), *request)

        assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("scp", ["pay.use", "openid pay.use", "[openid pay.use]"])
def test_scopes_may_be_in_scp(own: InMemoryCity, scp: str) -> None:
    """Entra writes them as a text, Okta as a list, which API Gateway writes in brackets."""
    token = Token(PAYER.subject, "", {"scope": None, "scp": scp})

    assert _call(own, token, "GET", f"/wallets/{own.who.wallet}").status == 200


@pytest.mark.parametrize("scopes", ["pay.use", "pay.shop", "van/pay", "pay.use pay.shop van/pay"])
def test_no_scope_but_the_banks_credits_a_wallet(own: InMemoryCity, scopes: str) -> None:
    credit = {"amount": 50_000, "bank_reference": "one"}
    with unchanged(own):
        answer = _call(
            own,
            Token(PAYER.subject, scopes),
            "POST",
            f"/wallets/{own.who.wallet}/top_ups",
            credit,
            key="crediting-oneself-1",
        )

    assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("client", [None, "", "city bank", "bank#one", "은행", "b" * 129])
def test_a_partner_is_named_by_a_client_that_can_be_stored(own: InMemoryCity, client: str | None) -> None:
    """With `#`, one bank's reference could be another's: keys of references have it between bank and reference."""
    bank = Token("bank", "bank/credit", {"azp": client, "client_id": "city-bank"})
    credit = {"amount": 50_000, "bank_reference": "one"}
    with unchanged(own):
        answer = _call(own, bank, "POST", f"/wallets/{own.who.wallet}/top_ups", credit, key="a-credit-of-the-bank")

    assert_problem(answer, 403, "forbidden")
