"""Wrong roles, wrong owners and invalid tokens on every route: they learn nothing and change nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.http.callers import (
    ALL,
    BANK,
    OPERATOR,
    OPERATOR_SCOPE,
    OTHER_ACQUIRER,
    OTHER_MEMBER,
    OTHER_OWNER,
    OWNER,
    PAYER,
    STRANGER,
    Caller,
)
from tests.http.checks import assert_problem, unchanged
from tests.http.city import InMemoryCity
from tests.http.requests import UNKNOWN_ID, good_request
from tests.http.routes import PROTECTED, ROUTES, WITH_BODY, Route

WRONG_ROLES = [
    pytest.param(route, caller, id=f"{route} by {caller.client}")
    for route in PROTECTED
    for caller in ALL
    if not set(route.scopes) & set(caller.scopes)
]


@pytest.mark.parametrize(("route", "caller"), WRONG_ROLES)
def test_a_wrong_role_is_refused(city: InMemoryCity, route: Route, caller: Caller) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, caller=caller)

    if str(route) == "GET /wallets/{wallet_id}/payments/{payment_id}":
        # The right to read depends on the payment, so a wrong role gets the answer of a wrong owner.
        assert_problem(answer, 404, "not_found")
    else:
        assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("route", PROTECTED, ids=str)
@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(None, id="no authorizer"),
        pytest.param({}, id="no claims"),
        pytest.param({"token_use": None}, id="no token_use"),
        pytest.param({"token_use": "id"}, id="an id token"),
        pytest.param({"token_use": "refresh"}, id="a refresh token"),
        pytest.param({"sub": None}, id="no subject"),
        pytest.param({"sub": ""}, id="an empty subject"),
    ],
)
def test_only_an_access_token_opens_anything(
    city: InMemoryCity, route: Route, claims: dict[str, str | None] | None
) -> None:
    sent = good_request(city, route)
    assert sent.caller
    with unchanged(city):
        answer = _with_claims(city, route, sent.caller, claims)

    assert_problem(answer, 403, "forbidden")


def _with_claims(city: InMemoryCity, route: Route, caller: Caller, claims: dict[str, str | None] | None) -> Any:
    sent = good_request(city, route)
    authorizer: dict[str, Any] | None = None
    if claims is not None:
        kept = {**caller.claims(), **claims} if claims else {}
        authorizer = {"jwt": {"claims": {name: value for name, value in kept.items() if value is not None}}}
    context = {"stage": "$default", "http": {"method": sent.method, "path": sent.path}, "authorizer": authorizer}
    return sent.to(city, requestContext=context)


@pytest.mark.parametrize("route", PROTECTED, ids=str)
def test_a_token_without_scopes_opens_nothing(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    assert sent.caller
    with unchanged(city):
        answer = _with_claims(city, route, sent.caller, {"scope": None})

    assert answer.status in (403, 404)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scopes == (OPERATOR_SCOPE,)], ids=str)
@pytest.mark.parametrize("groups", [(), ("residents",), ("operators-elsewhere",), ("viewers", "not-operators")])
def test_the_scope_alone_makes_no_operator(city: InMemoryCity, route: Route, groups: tuple[str, ...]) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, caller=replace(OPERATOR, groups=groups))

    assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("route", [route for route in WITH_BODY if route.scopes == (OPERATOR_SCOPE,)], ids=str)
@pytest.mark.parametrize("raw", [None, "", "{", "[]", '{"surprise": 1}', "x" * 600_000], ids=lambda raw: str(raw)[:20])
def test_staff_without_the_right_learn_nothing_of_a_body(city: InMemoryCity, route: Route, raw: str | None) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, caller=replace(OPERATOR, groups=("viewers",)), raw=raw)

    assert_problem(answer, 403, "forbidden")


def test_an_operator_may_have_other_groups_too(city: InMemoryCity) -> None:
    caller = replace(OPERATOR, groups=("auditors", "operators"))

    assert city.call(caller, "GET", "/merchant_applications").status == 200


@pytest.mark.parametrize(
    "route", [route for route in PROTECTED if "{wallet_id}" in route.path and PAYER.scopes[0] in route.scopes], ids=str
)
@pytest.mark.parametrize("member", [OTHER_MEMBER, STRANGER], ids=["another member", "a caller without a wallet"])
def test_another_member_s_wallet_is_not_found(city: InMemoryCity, route: Route, member: Caller) -> None:
    sent = good_request(city, route)
    with unchanged(city):
        foreign = sent.to(city, caller=member)
        missing = sent.to(city, caller=member, path=sent.path.replace(city.who.wallet, UNKNOWN_ID))

    assert_problem(foreign, 404, "not_found")
    assert foreign.body == missing.body


def test_another_owner_s_payments_are_not_found(city: InMemoryCity) -> None:
    foreign = city.call(OTHER_OWNER, "GET", f"/merchants/{city.who.merchant}/payments")
    missing = city.call(OTHER_OWNER, "GET", f"/merchants/{UNKNOWN_ID}/payments")

    assert_problem(foreign, 404, "not_found")
    assert foreign.body == missing.body


@pytest.mark.parametrize("state", ["waiting_merchant", "rejected_merchant"])
@pytest.mark.parametrize("caller", [PAYER, OTHER_OWNER], ids=["a member", "another owner"])
def test_only_its_owner_sees_an_unapproved_merchant(city: InMemoryCity, state: str, caller: Caller) -> None:
    unapproved = getattr(city.who, state)
    foreign = city.call(caller, "GET", f"/merchants/{unapproved}")
    missing = city.call(caller, "GET", f"/merchants/{UNKNOWN_ID}")

    assert_problem(foreign, 404, "not_found")
    assert foreign.body == missing.body
    assert city.call(OWNER, "GET", f"/merchants/{unapproved}").status == 200


def test_a_payment_is_seen_by_its_own_acquirer_only(city: InMemoryCity) -> None:
    route = next(route for route in ROUTES if str(route) == "POST /payments")
    made = good_request(city, route).to(city).json
    address = f"/wallets/{city.who.wallet}/payments/{made['id']}"

    for caller in (OTHER_ACQUIRER, OTHER_MEMBER, OWNER, BANK, OPERATOR):
        assert_problem(city.call(caller, "GET", address), 404, "not_found")


def test_the_same_key_of_two_acquirers_is_two_payments(city: InMemoryCity) -> None:
    route = next(route for route in ROUTES if str(route) == "POST /payments")
    sent = good_request(city, route)

    first, second = sent.to(city), sent.to(city, caller=OTHER_ACQUIRER)

    assert (first.status, second.status) == (200, 200)
    assert first.json["id"] != second.json["id"]


def test_an_application_of_another_owner_is_refused(city: InMemoryCity) -> None:
    waiting = city.call(OPERATOR, "GET", f"/merchant_applications/{city.who.waiting_merchant}").json
    wanted = ("business_registration_number", "name", "district", "category", "annual_revenue")
    with unchanged(city):
        answer = city.call(OTHER_OWNER, "POST", "/merchants", {name: waiting[name] for name in wanted})

    assert_problem(answer, 409, "already_applied")
