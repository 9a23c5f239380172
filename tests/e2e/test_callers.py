"""Wrong roles and wrong owners on every route, over HTTP with real tokens: they learn nothing and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local import inhabitants, seed
from local.api import Api
from local.city import City
from local.inhabitants import Shop
from local.roles import Tokens
from tests.e2e import callers
from tests.e2e.callers import Caller
from tests.e2e.members import Member, hold, pay
from tests.e2e.routes import ANSWERS, Route, expected, routes
from tests.e2e.scheduling import SUSPENSION, WHY, begin, schedule, version
from tests.e2e.waiting import wait_for, wait_for_cashback

SHOP = "운서 빵집"
UNKNOWN = "018f0000-0000-7000-8000-000000000000"
TABLES = ("LedgerTable", "MerchantsTable", "ProgrammeTable", "BudgetsTable")


@dataclass(frozen=True)
class Scene:
    """A member with a payment, a shop that accepts payments, and pending applications of its owner."""

    api: Api
    callers: dict[str, Caller]
    member: Member
    other: Member
    payment: str
    shop: str
    waiting: Shop
    ids: dict[str, str]

    def ask(self, caller: str, route: Route, **ids: str) -> httpx.Response:
        """Send a request that is valid in everything except, perhaps, its caller."""
        token = self.callers[caller].token
        api = self.api.as_caller(token) if token else self.api
        body = self.body(route) if route.method in {"POST", "PATCH"} else None
        key = f"knocking {uuid4()}" if route.method == "POST" else None
        query = {"district": "jung"} if str(route) == "GET /merchants" else None
        path = route.with_ids(self.ids_for(route) | ids)
        return api.request(route.method, path, body, key=key, query=query)

    def ids_for(self, route: Route) -> dict[str, str]:
        """Ids for a route. Each application or hold can be decided once, so each such route has one of its own."""
        if route.path.startswith("/merchant_applications"):
            return self.ids | {"merchant_id": self.ids["to reject" if "rejection" in route.path else "to approve"]}
        if route.path.startswith("/policy_drafts/{version}"):
            return self.ids | {"version": drafted_for(route)}
        if route.path.startswith("/policy_amendments/{amendment_id}"):
            return self.ids | {"amendment_id": self.ids[route.path]}
        if route.path == "/policies/{version}/withdrawal":
            return self.ids | {"version": SCHEDULED}
        if route.path.endswith(("/captures", "/void")):
            return self.ids | {"payment_id": self.ids[route.path.rpartition("/")[2]]}
        return self.ids

    def body(self, route: Route) -> Any:
        order = {"merchant_id": self.shop, "amount": 1_000}
        future = version("incheon-2031-01-01", "2031-01-01T00:00:00+09:00")
        seen = {"revision": 1}
        return {
            "/wallets": {},
            "/wallets/{wallet_id}": {"verified": True, "reason": "Papers in order."},
            "/wallets/{wallet_id}/top_ups": {"amount": 30_000, "bank_reference": "knocking"},
            "/payments": order | {"card_token": self.member.card},
            "/payments/reversals": order | {"card_token": self.member.card},
            "/wallets/{wallet_id}/payments/{payment_id}/captures": {"amount": 1_000},
            "/wallets/{wallet_id}/payments/{payment_id}/void": {},
            "/wallets/{wallet_id}/payments/{payment_id}/cancellations": {"amount": 1_000},
            "/merchants/{merchant_id}/payments/{payment_id}/cancellations": {"amount": 1_000},
            "/wallets/{wallet_id}/payments": order,
            "/wallets/{wallet_id}/cashback_quotes": order,
            "/merchants": self.waiting.application(),
            "/policy_drafts": WHY | {"document": future},
            "/policy_drafts/{version}/revisions": WHY
            | seen
            | {"document": version(drafted_for(route), "2052-01-01T00:00:00+09:00")},
            "/policy_drafts/{version}/check": seen,
            "/policy_drafts/{version}/approval": seen,
            "/policy_drafts/{version}/rejection": seen | {"reason": "not now"},
            "/policy_drafts/{version}/withdrawal": seen | {"reason": "not now"},
            "/policy_amendments": SUSPENSION,
            "/policies/history": {"policies": [future]},
            "/budgets/{year}/lines": budget_line("national"),
            "/budgets/{year}/lines/{line}/supplements": GROUNDS | {"amount": 1_000_000},
            "/budgets/{year}/closing": GROUNDS,
            "/policy_simulations": SIMULATION,
        }.get(route.path, {"reason": "Papers in order."})


GROUNDS = {"reason": "추경", "document": "제279회 시의회 의결"}
#: A query that no payment matches.
SIMULATION = {
    "policy": {"version": seed.policies()[0]["version"]},
    "payments": {"source": "nowhere", "from": "2020-12", "until": "2020-12"},
}


def budget_line(funder: str) -> dict[str, Any]:
    return GROUNDS | {
        "id": funder,
        "title": {"ko": funder, "en": funder},
        "funder": funder,
        "applies_from": f"{BUDGETED}-01-01T00:00:00+09:00",
        "amount": 100_000_000,
    }


def answered_simulation(operator: Api) -> str:
    """The id of a simulation that its worker has answered, so that nothing changes during the other requests."""
    asked = operator.post("/policy_simulations", SIMULATION, key=f"knocking {uuid4()}")["id"]
    wait_for(lambda: operator.get(f"/policy_simulations/{asked}"), lambda seen: bool(seen["fault"]), "the answer")
    return str(asked)


#: A future fiscal year.
BUDGETED = "2035"
#: A version to withdraw.
SCHEDULED = "knocking-scheduled"


def drafted_for(route: Route) -> str:
    """The draft that this route is called with: one for each route, so that routes do not affect each other."""
    return f"knocking-{route.path.rpartition('/')[2].strip('{}')}"


def colleague_s_work(api: Api, tokens: Tokens) -> dict[str, str]:
    """Create a draft and a proposal by another operator for each route that changes one; return the proposals' ids by path."""
    schedule(api, tokens, version(SCHEDULED, "2055-01-01T00:00:00+09:00"))
    names = {drafted_for(route) for route in routes() if route.path.startswith("/policy_drafts/{version}")}
    for name in sorted(names):
        begin(api, tokens.colleague, version(name, "2052-01-01T00:00:00+09:00"))
    colleague = api.as_caller(tokens.colleague)
    paths = {route.path for route in routes() if route.path.startswith("/policy_amendments/{amendment_id}")}
    return {path: colleague.post("/policy_amendments", SUSPENSION)["id"] for path in sorted(paths)}


@pytest.fixture(scope="module")
def scene(city: City, api: Api, tokens: Tokens, shops: dict[str, str]) -> Scene:
    known = callers.all_callers(city, tokens)
    waiting = [
        Shop(inhabitants.business_registration_number(2_100 + number), f"율목 {number}호점", "jung", "cafe", 90_000_000)
        for number in (1, 2)
    ]
    applied = [api.as_caller(tokens.merchant).post("/merchants", shop.application())["id"] for shop in waiting]
    member, other = (_member(api, known[name]) for name in (callers.MEMBER, callers.OTHER_MEMBER))
    payment = pay(api, tokens, member, shops[SHOP], 10_000)["id"]
    wait_for_cashback(member)
    operator = api.as_caller(tokens.operator)
    operator.post(f"/budgets/{BUDGETED}/lines", budget_line("city"), key=f"knocking {uuid4()}")
    return Scene(
        api=api,
        callers=known,
        member=member,
        other=other,
        payment=payment,
        shop=shops[SHOP],
        waiting=waiting[0],
        ids={
            "wallet_id": member.wallet,
            "payment_id": payment,
            "merchant_id": shops[SHOP],
            "to approve": applied[0],
            "to reject": applied[1],
            "captures": hold(api, tokens, member, shops[SHOP], 2_000)["id"],
            "void": hold(api, tokens, member, shops[SHOP], 2_000)["id"],
            "version": seed.policies()[0]["version"],
            "month": "2021-01",
            "year": BUDGETED,
            "line": "city",
            "simulation_id": answered_simulation(operator),
        }
        | colleague_s_work(api, tokens),
    )


def _member(api: Api, caller: Caller) -> Member:
    own = api.as_caller(str(caller.token))
    wallet = own.post("/wallets", {})
    return Member(caller.name, own, wallet["id"], wallet["cards"][0]["token"])


@pytest.fixture(scope="module")
def stored(city: City) -> Callable[[], dict[str, list[Any]]]:
    """All stored items, by table."""
    tables = city.emulator.client("dynamodb")

    def look() -> dict[str, list[Any]]:
        pages = {
            table: tables.get_paginator("scan").paginate(TableName=city.stack.resources[table]) for table in TABLES
        }
        return {
            table: sorted(
                (item for page in found for item in page["Items"]), key=lambda item: str((item["pk"], item["sk"]))
            )
            for table, found in pages.items()
        }

    return look


def test_the_table_names_every_route_of_the_template() -> None:
    assert set(ANSWERS) == {str(route) for route in routes()}


@pytest.mark.parametrize("route", routes(), ids=str)
def test_each_caller_gets_the_listed_status_and_refused_callers_change_nothing(
    scene: Scene, stored: Callable[[], dict[str, list[Any]]], route: Route
) -> None:
    wanted = {name: expected(route, caller) for name, caller in scene.callers.items()}
    refused = [name for name, status in wanted.items() if status >= 400]
    before = stored()

    answers = {name: scene.ask(name, route).status_code for name in refused}

    assert stored() == before
    # Callers who may send it come last, to show that the request itself is valid.
    answers |= {name: scene.ask(name, route).status_code for name in wanted if name not in refused}
    assert answers == wanted
    wait_for_cashback(scene.member)
    if route.path == "/policy_simulations":
        operator = scene.api.as_caller(str(scene.callers[callers.OPERATOR].token))
        wait_for(
            lambda: operator.get(route.path)["simulations"],
            lambda found: all(each["fault"] for each in found),
            "the simulations' answers",
        )


MEMBERS_ROUTES = [route for route in routes() if "{wallet_id}" in route.path and "eeum/wallet" in route.scopes]


@pytest.mark.parametrize("route", MEMBERS_ROUTES, ids=str)
@pytest.mark.parametrize("caller", [callers.OTHER_MEMBER])
def test_another_member_s_wallet_is_not_found(scene: Scene, route: Route, caller: str) -> None:
    foreign = scene.ask(caller, route)
    missing = [scene.ask(caller, route, wallet_id=UNKNOWN), scene.ask(caller, route, wallet_id="nothing")]

    assert foreign.status_code == 404
    assert [seen(each) for each in missing] == [seen(foreign)] * 2


def test_another_member_s_payment_is_not_found(scene: Scene) -> None:
    route = the_route("GET /wallets/{wallet_id}/payments/{payment_id}")
    foreign = scene.ask(callers.OTHER_ACQUIRER, route)
    within_own = scene.ask(callers.OTHER_MEMBER, route, wallet_id=scene.other.wallet)
    missing = [scene.ask(caller, route, payment_id=UNKNOWN) for caller in (callers.OTHER_ACQUIRER, callers.MEMBER)]

    assert foreign.status_code == 404
    assert [seen(each) for each in (within_own, *missing)] == [seen(foreign)] * 3


@pytest.mark.parametrize("action", ["captures", "void", "cancellations"])
def test_another_acquirer_s_payment_is_not_found(scene: Scene, action: str) -> None:
    route = the_route(f"POST /wallets/{{wallet_id}}/payments/{{payment_id}}/{action}")
    foreign = scene.ask(callers.OTHER_ACQUIRER, route)
    missing = [
        scene.ask(callers.ACQUIRER, route, payment_id=UNKNOWN),
        scene.ask(callers.ACQUIRER, route, wallet_id=scene.other.wallet),
        scene.ask(callers.ACQUIRER, route, wallet_id=UNKNOWN),
    ]

    assert foreign.status_code == 404
    assert [seen(each) for each in missing] == [seen(foreign)] * 3


def test_a_merchant_cannot_cancel_another_merchant_s_payment(scene: Scene, shops: dict[str, str]) -> None:
    route = the_route("POST /merchants/{merchant_id}/payments/{payment_id}/cancellations")
    elsewhere = next(shop for shop in shops.values() if shop != scene.shop)
    answers = [
        scene.ask(callers.OWNER, route, merchant_id=elsewhere),
        scene.ask(callers.OWNER, route, payment_id=UNKNOWN),
    ]

    assert [each.status_code for each in answers] == [404, 404]
    assert seen(answers[0]) == seen(answers[1])


def test_another_owner_s_shop_is_not_found(scene: Scene) -> None:
    route = the_route("GET /merchants/{merchant_id}/payments")

    assert seen(scene.ask(callers.OTHER_OWNER, route)) == seen(
        scene.ask(callers.OTHER_OWNER, route, merchant_id=UNKNOWN)
    )


@pytest.mark.parametrize("caller", [callers.MEMBER, callers.OTHER_OWNER])
def test_only_its_owner_sees_a_shop_before_its_approval(scene: Scene, api: Api, tokens: Tokens, caller: str) -> None:
    shop = replace(scene.waiting, business_registration_number=inhabitants.business_registration_number(2_110))
    waiting = api.as_caller(tokens.merchant).post("/merchants", shop.application())["id"]
    route = the_route("GET /merchants/{merchant_id}")

    foreign = scene.ask(caller, route, merchant_id=waiting)

    assert foreign.status_code == 404
    assert seen(foreign) == seen(scene.ask(caller, route, merchant_id=UNKNOWN))
    assert scene.ask(callers.OWNER, route, merchant_id=waiting).status_code == 200


def test_a_till_learns_nothing_from_cards_that_it_guesses(scene: Scene, api: Api, tokens: Tokens) -> None:
    guesses = [
        f"{UNKNOWN}.0123456789abcdef",
        f"{scene.member.wallet}.0123456789abcdef",
        "anything",
        scene.member.wallet,
    ]
    order = {"merchant_id": scene.shop, "amount": 1_000}
    till = api.as_caller(tokens.acquirer)

    answers = [till.request("POST", "/payments", order | {"card_token": card}, key=str(uuid4())) for card in guesses]

    assert [each.status_code for each in answers] == [200] * len(guesses)
    assert [each.json() for each in answers] == [answers[0].json()] * len(guesses)
    assert answers[0].json()["decline"]["code"] == "14"


def test_a_member_learns_nothing_from_another_s_card(scene: Scene) -> None:
    order = {"merchant_id": scene.shop, "amount": 1_000}
    path = f"/wallets/{scene.other.wallet}/payments"
    guesses = [scene.member.card, f"{UNKNOWN}.0123456789abcdef", f"{scene.other.wallet}.0123456789abcdef"]

    answers = [scene.other.api.post(path, order | {"card_token": card}, key=str(uuid4())) for card in guesses]

    assert answers == [answers[0]] * 3
    assert (answers[0]["status"], answers[0]["decline"]["code"]) == ("declined", "14")


def test_the_same_key_of_two_acquirers_is_two_payments_that_each_may_read(scene: Scene) -> None:
    pay_route, read = the_route("POST /payments"), the_route("GET /wallets/{wallet_id}/payments/{payment_id}")
    body, key = scene.body(pay_route), f"one key for two {uuid4()}"
    made = {
        name: scene.api.as_caller(str(scene.callers[name].token)).post("/payments", body, key=key)["id"]
        for name in (callers.ACQUIRER, callers.OTHER_ACQUIRER)
    }

    assert len(set(made.values())) == 2
    answers = {
        (caller, whose): scene.ask(caller, read, payment_id=made[whose]).status_code
        for caller in made
        for whose in made
    }
    assert answers == {(caller, whose): 200 if caller == whose else 404 for caller in made for whose in made}


def the_route(name: str) -> Route:
    return next(route for route in routes() if str(route) == name)


def seen(response: httpx.Response) -> tuple[int, str, str]:
    """All parts of an answer that could let a caller distinguish others."""
    return response.status_code, response.headers["content-type"], response.text
