"""A city in memory: its functions, called with HTTP API events (payload 2.0), and its inhabitants."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import policy_simulation.app
from eeum.aws.own_issuer import OwnIssuer
from eeum.calendar import SEOUL
from eeum.cashback.sources import sound_source_of
from eeum.cashback.use_cases import Batch, accrue
from eeum.composition import City
from eeum.journal.kinds import KINDS
from eeum.storage import Item, Table
from local.inhabitants import business_registration_number
from tests.http.callers import ACQUIRER, BANK, CUSTOMER, OPERATOR, OTHER_MEMBER, OWNER, PAYER, Caller
from tests.http.routes import MODULES, route_of
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of

EVE = datetime(2021, 1, 4, 9, 0, tzinfo=SEOUL)
NOON = datetime(2021, 1, 5, 12, 0, tzinfo=SEOUL)
"""The instant that tests begin at: a Tuesday of a month with 10 % cashback up to 500,000 won."""

PAID, HELD = 40_000, 30_000
"""The won that the customer paid at once, and the won held."""

WAITING = "waiting-2032-01-01"
"""An operator's draft for an emergency, checked and ready for a second operator's approval."""
SUSPENSION = {
    "suspension": {"from": "2030-06-01T00:00:00+09:00", "until": "2030-07-01T00:00:00+09:00"},
    "reason": "the year's money is running out",
}

POLICIES = Path(__file__).parents[2] / "policies" / "incheon"
UNSENT: Any = object()
DESCRIBED = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())["paths"]
"""Every answer in the tests must have a status that the API's description names for its route."""


@dataclass(frozen=True)
class Answer:
    """An answer: `body` as sent, `json` parsed."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def content_type(self) -> str:
        return self.headers["Content-Type"]


@dataclass(frozen=True)
class Inhabitants:
    """Ids of the inhabitants: two members (the second suspended) and a merchant in every status.

    A third member, the customer, is the only one to have paid at one merchant: `payment` was captured at once, `hold` is held.
    """

    wallet: str
    card: str
    suspended_wallet: str
    suspended_card: str
    merchant: str
    large_merchant: str
    new_merchant: str
    waiting_merchant: str
    rejected_merchant: str
    customer_wallet: str
    customer_card: str
    visited_merchant: str
    payment: str
    hold: str
    amendment: str
    """The operator's pending proposal to suspend all layers in June 2030."""
    simulation: str
    """The operator's simulation, which has no answer yet."""


class InMemoryCity:
    """A city; `now` is its clock, which tests move. With `own_issuer` its residents and partners have the tokens of that provider."""

    def __init__(
        self, storage: InMemoryStorage, inhabitants: Inhabitants | None, own_issuer: OwnIssuer | None = None
    ) -> None:
        self.storage = storage
        self._inhabitants = inhabitants
        self.now = NOON
        self.published: list[dict[str, Any]] = []
        """The messages that were sent to the queue of simulations."""
        self._cities = {
            module: City(replace(_door(module).city.settings, own_issuer=own_issuer), storage, lambda: self.now)
            for module in MODULES
        }

    @property
    def who(self) -> Inhabitants:
        assert self._inhabitants, "an empty city has no inhabitants"
        return self._inhabitants

    def post_cashback(self) -> None:
        """Post the cashback of all captures and cancellations, as the ledger's stream does a moment later."""
        entries = [item for item in self.storage.items(Table.LEDGER) if item["kind"] in KINDS]
        sources = [sound_source_of(item) for item in entries if KINDS[item["kind"]].calls_for_accrual(item)]
        city = next(iter(self._cities.values()))
        accrue(Batch(sources), replace(city.accrual(context()), patience=patience_of()))

    def sweep(self, wallet_id: str) -> None:
        """Remove a wallet's expired rewards, as the month close does."""
        city = next(iter(self._cities.values()))
        found = city.wallets(context()).wallet(wallet_id)
        assert found is not None, wallet_id
        city.sweeping(context()).wallet(found, self.now)

    def items(self) -> dict[Table, list[Item]]:
        """All stored items."""
        return {table: self.storage.items(table) for table in Table}

    def call(
        self,
        caller: Caller | None,
        method: str,
        path: str,
        body: Any = UNSENT,
        *,
        key: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        raw: str | None = None,
        **event: Any,
    ) -> Answer:
        """Send `body` as JSON, or `raw` unchanged; `event` replaces parts of the event."""
        sent = raw if body is UNSENT else json.dumps(body, ensure_ascii=False)
        sent_headers = {"content-type": "application/json"} if sent is not None else {}
        if key is not None:
            sent_headers["idempotency-key"] = key
        built = http_event(caller, method, path, sent, sent_headers | (headers or {}), query or {}) | event
        return self.send(built)

    def send(self, event: dict[str, Any]) -> Answer:
        """Send an event to the function that the API would choose."""
        route = route_of(event["requestContext"]["http"]["method"], event["rawPath"])
        assert route, f"the API has no such route: {event['routeKey']}"
        return self.send_to(route.module, event)

    def send_to(self, module: Any, event: dict[str, Any]) -> Answer:
        _door(module).city = self._cities[module]
        aws = Aws(self.published)
        policy_simulation.app.queues = policy_simulation.app.buckets = lambda: aws
        answer = module.handler(copy.deepcopy(event), context())
        # As the runtime serialises it: text that is not Unicode cannot leave the function.
        answer["body"].encode()
        route = route_of(event["requestContext"]["http"]["method"], event["rawPath"])
        if route and route.module is module:
            assert str(answer["statusCode"]) in DESCRIBED[route.path][route.method.lower()]["responses"], answer
        return Answer(answer["statusCode"], _single(answer), answer["body"])


class Aws:
    """The queue of simulations, and the bucket of their tables."""

    def __init__(self, published: list[dict[str, Any]]) -> None:
        self._told = published

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - as AWS calls it
        assert QueueUrl.endswith("/simulations")
        self._told.append(json.loads(MessageBody))

    def generate_presigned_url(self, _: str, *, Params: dict[str, str], ExpiresIn: int) -> str:  # noqa: N803
        return f"https://{Params['Bucket']}.example/{Params['Key']}?expires={ExpiresIn}"


def _door(module: Any) -> Any:
    """The module that holds a function's city: its handler's, or one that all modules of its routes share."""
    return getattr(module, "service", module)


def _single(answer: dict[str, Any]) -> dict[str, str]:
    headers = answer.get("headers") or {}
    assert all(isinstance(value, str) for value in headers.values()), headers
    return headers


def context() -> Any:
    return SimpleNamespace(
        get_remaining_time_in_millis=lambda: 9_000,
        function_name="function",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:function",
        aws_request_id="5a7b0cb4-8a3e-4f0d-9b43-a0b2d6d4f3c1",
    )


def http_event(
    caller: Caller | None, method: str, path: str, body: str | None, headers: dict[str, str], query: dict[str, str]
) -> dict[str, Any]:
    """The event of an HTTP API (payload 2.0); a route without authorizer has no `authorizer`."""
    route = route_of(method, path)
    route_key = str(route) if route else f"{method} {path}"
    request_context: dict[str, Any] = {
        "accountId": "000000000000",
        "apiId": "eeum",
        "domainName": "eeum.execute-api.ap-northeast-2.amazonaws.com",
        "domainPrefix": "eeum",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": "tests",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": route_key,
        "stage": "$default",
        "time": "05/Jan/2021:03:00:00 +0000",
        "timeEpoch": 1609815600000,
    }
    if caller:
        request_context["authorizer"] = caller.authorizer()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": urlencode(query, errors="surrogatepass"),
        "headers": {"host": "eeum.execute-api.ap-northeast-2.amazonaws.com", "accept": "*/*", **headers},
        "requestContext": request_context,
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = query
    if body is not None:
        event["body"] = body
    return event


def policies() -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in sorted(POLICIES.glob("*.json"))]


def drafted(version: str, starts_at: str = "2032-01-01T00:00:00+09:00", **changes: Any) -> dict[str, Any]:
    """The body of a request to begin a draft that needs no simulation."""
    document = policies()[-1] | {"version": version, "starts_at": starts_at, "ends_at": None} | changes
    return {
        "document": document,
        "reason": "next year's rules",
        "emergency_reason": "the budget comes at the last minute",
    }


def inhabited() -> tuple[InMemoryStorage, Inhabitants]:
    """A city set up through its own API: shops on the day before, members on the day."""
    city = InMemoryCity(InMemoryStorage(), None)
    city.now = EVE
    # Before the first policy, a budget line may apply from any past instant.
    for year, amount in ((2020, 213_600_000_000), (2022, 195_000_000_000)):
        line, key = budget_line(year, amount=amount), f"the-budget-of-the-year-{year}"
        _expect(city.call(OPERATOR, "POST", f"/budgets/{year}/lines", line, key=key), 200)
    _expect(city.call(OPERATOR, "POST", "/policies/history", {"policies": policies()}), 201)
    merchant = _approved(city, application("124-81-00998", name="송도 국수"))
    large = _approved(city, application("220-81-62517", name="큰 식당", annual_revenue=5_000_000_000))
    visited = _approved(city, application(business_registration_number(3), name="단골집"))
    rejected = _applied(city, application("120-81-47521", name="없는 집"))
    reason = {"reason": "papers missing"}
    _expect(city.call(OPERATOR, "POST", f"/merchant_applications/{rejected}/rejection", reason), 200)
    city.now = NOON
    new = _approved(city, application(business_registration_number(1), name="새집"))
    waiting = _applied(city, application(business_registration_number(2), name="기다리는 집"))
    wallet = _wallet(city, PAYER)
    suspended = _wallet(city, OTHER_MEMBER)
    standing = {"status": "suspended", "reason": "card reported stolen"}
    _expect(city.call(OPERATOR, "PATCH", f"/wallets/{suspended['id']}", standing), 200)
    customer = _wallet(city, CUSTOMER)
    paid = {"card_token": customer["cards"][0]["token"], "merchant_id": visited, "amount": PAID}
    _expect(city.call(OPERATOR, "POST", "/policy_drafts", drafted(WAITING)), 201)
    _expect(city.call(OPERATOR, "POST", f"/policy_drafts/{WAITING}/check", {"revision": 1}), 200)
    ids = Inhabitants(
        wallet=wallet["id"],
        card=wallet["cards"][0]["token"],
        suspended_wallet=suspended["id"],
        suspended_card=suspended["cards"][0]["token"],
        merchant=merchant,
        large_merchant=large,
        new_merchant=new,
        waiting_merchant=waiting,
        rejected_merchant=rejected,
        customer_wallet=customer["id"],
        customer_card=paid["card_token"],
        visited_merchant=visited,
        payment=_paid(city, paid, "a-payment-of-the-customer"),
        hold=_paid(city, paid | {"amount": HELD, "capture": "later"}, "a-hold-of-the-customer"),
        amendment=_expect(city.call(OPERATOR, "POST", "/policy_amendments", SUSPENSION), 201).json["id"],
        simulation=_asked(city),
    )
    return city.storage, ids


def _asked(city: InMemoryCity) -> str:
    asked = city.call(OPERATOR, "POST", "/policy_simulations", simulation_request(), key="a-question-of-the-operator")
    return str(_expect(asked, 202).json["id"])


def simulation_request(**changes: Any) -> dict[str, Any]:
    return {
        "policy": {"version": "incheon-2020-03-01"},
        "against": {"version": "incheon-2022-10-01"},
        "payments": {"source": "city", "from": "2020-01", "until": "2020-12"},
        "budgets": ["all=195000000000"],
    } | changes


def budget_line(year: int, name: str = "city", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"ko": "시비", "en": "City"},
        "funder": "city",
        "applies_from": f"{year}-01-01T00:00:00+09:00",
        "amount": 100_000_000,
        "reason": "본예산",
        "document": "제267회 시의회 의결",
    } | changes


def application(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "business_registration_number": number,
        "name": "가게",
        "district": "yeonsu",
        "category": "restaurant",
        "annual_revenue": 180_000_000,
    } | changes


def _applied(city: InMemoryCity, body: dict[str, Any]) -> str:
    merchant_id: str = _expect(city.call(OWNER, "POST", "/merchants", body), 201).json["id"]
    return merchant_id


def _approved(city: InMemoryCity, body: dict[str, Any]) -> str:
    merchant_id = _applied(city, body)
    _expect(city.call(OPERATOR, "POST", f"/merchant_applications/{merchant_id}/approval", {}), 200)
    return merchant_id


def _wallet(city: InMemoryCity, member: Caller) -> dict[str, Any]:
    wallet: dict[str, Any] = _expect(city.call(member, "POST", "/wallets", {}), 201).json
    credit = {"amount": 300_000, "bank_reference": f"opening of {member.subject}"}
    path = f"/wallets/{wallet['id']}/top_ups"
    _expect(city.call(BANK, "POST", path, credit, key=f"opening-{member.subject}"), 200)
    return wallet


def _paid(city: InMemoryCity, body: dict[str, Any], key: str) -> str:
    payment_id: str = _expect(city.call(ACQUIRER, "POST", "/payments", body, key=key), 200).json["id"]
    return payment_id


def _expect(answer: Answer, status: int) -> Answer:
    assert answer.status == status, answer
    return answer
