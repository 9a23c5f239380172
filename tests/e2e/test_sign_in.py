"""Sign-in through each client: a token opens the routes of its client, for any person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from local import inhabitants, sign_in
from local.api import Api
from local.city import City
from local.failure import CityFailure
from local.inhabitants import Shop
from local.sign_in import Application
from tests.e2e.callers import claims_of
from tests.e2e.conftest import SignIn

PERSON = "hana"
SCOPES = ("eeum/wallet", "eeum/merchant", "eeum/payments", "eeum/top_ups", "eeum-staff/operate")
STALL = Shop(inhabitants.business_registration_number(2_200), "만석 분식", "dong", "restaurant", 40_000_000)


@pytest.fixture(scope="module")
def through(api: Api, sign_in_as: SignIn) -> Callable[[Application], Api]:
    """Sign the same person in through a client."""
    return lambda application: api.as_caller(sign_in_as(PERSON, application))


def test_the_residents_app_opens_the_own_wallet_and_no_shop(through: Callable[[Application], Api]) -> None:
    app = through(sign_in.RESIDENT_APP)
    wallet = app.post("/wallets", {})["id"]

    assert app.get(f"/wallets/{wallet}")["purses"] == {"charged": 0, "cashback": 0}
    assert app.get("/merchants", district="jung")["merchants"]
    assert app.request("POST", "/merchants", STALL.application()).status_code == 403
    assert app.request("POST", f"/wallets/{wallet}/top_ups", {}, key="crediting oneself").status_code == 403
    assert app.request("POST", "/payments", {}, key="being one's own till").status_code == 403
    assert app.request("GET", "/merchant_applications").status_code == 401


def test_the_merchants_app_opens_the_own_shops_and_no_wallet(through: Callable[[Application], Api]) -> None:
    wallet = through(sign_in.RESIDENT_APP).post("/wallets", {})["id"]
    app = through(sign_in.MERCHANT_APP)
    shop = app.post("/merchants", STALL.application())["id"]

    assert [merchant["id"] for merchant in app.get("/merchants", owner="me")["merchants"]] == [shop]
    assert app.get(f"/merchants/{shop}/payments")["payments"] == []
    assert app.request("POST", "/wallets", {}).status_code == 403
    for path in ("", "/cashback", "/payments"):
        assert app.request("GET", f"/wallets/{wallet}{path}").status_code == 403
    assert app.request("POST", f"/merchant_applications/{shop}/approval", {}).status_code == 401


def test_both_apps_know_the_same_person(city: City, through: Callable[[Application], Api]) -> None:
    through(sign_in.RESIDENT_APP)
    tokens = [city.signing.token(PERSON, application) for application in (sign_in.RESIDENT_APP, sign_in.MERCHANT_APP)]
    claims = [claims_of(token) for token in tokens]

    assert claims[0]["sub"] == claims[1]["sub"]
    assert [set(each["scope"].split()) for each in claims] == [{"openid", "eeum/wallet"}, {"openid", "eeum/merchant"}]


def test_a_resident_cannot_sign_in_to_the_staff_s_console(city: City, through: Callable[[Application], Api]) -> None:
    through(sign_in.RESIDENT_APP)

    with pytest.raises(CityFailure, match="could not sign in"):
        city.signing.token(PERSON, sign_in.STAFF_CONSOLE)


def test_staff_cannot_sign_in_to_the_residents_app(city: City, sign_in_as: SignIn) -> None:
    sign_in_as("archivist-two", sign_in.STAFF_CONSOLE)

    with pytest.raises(CityFailure, match="could not sign in"):
        city.signing.token("archivist-two", sign_in.RESIDENT_APP)


@pytest.mark.parametrize(
    ("application", "scope"),
    [
        pytest.param(application, scope, id=f"{scope} by {application.client}")
        for application in (sign_in.RESIDENT_APP, sign_in.MERCHANT_APP)
        for scope in SCOPES
        if scope not in application.scopes
    ],
)
def test_a_client_is_given_no_scope_but_its_own(
    city: City, through: Callable[[Application], Api], application: Application, scope: str
) -> None:
    through(application)

    with pytest.raises(CityFailure, match="invalid_scope"):
        city.signing.token(PERSON, replace(application, scopes=(*application.scopes, scope)))


@pytest.mark.parametrize("application", [sign_in.ACQUIRER, sign_in.BANK], ids=lambda app: app.client)
def test_a_partner_system_is_given_no_scope_but_its_own(city: City, application: Application) -> None:
    with pytest.raises(CityFailure, match="No token for client"):
        city.signing.partner_token(replace(application, scopes=("eeum/payments", "eeum/top_ups")))
