"""A valid request for every route; tests make invalid ones by changing one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.inhabitants import business_registration_number
from tests.http.callers import ACQUIRER, BANK, COLLEAGUE, OPERATOR, OWNER, PAYER, STRANGER, Caller
from tests.http.city import (
    SUSPENSION,
    UNSENT,
    WAITING,
    Answer,
    InMemoryCity,
    application,
    budget_line,
    drafted,
    policies,
    simulation_request,
)
from tests.http.routes import Route

KEY = "a-key-of-the-caller-0001"
UNKNOWN_ID = "00000000-0000-8000-8000-000000000000"
PAYMENT = "/wallets/{wallet_id}/payments/{payment_id}"
UNKNOWN_PAYMENT = "0176d07c-ab80-7000-8000-000000000000"


@dataclass(frozen=True)
class Sent:
    """A request before it is sent; `key` is the Idempotency-Key of routes that take one."""

    caller: Caller | None
    method: str
    path: str
    body: Any = UNSENT
    key: str | None = None
    query: dict[str, str] | None = None

    def to(self, city: InMemoryCity, **changes: Any) -> Answer:
        """Send it, with `changes` in place of its parts or of parts of its event."""
        parts = {"caller": self.caller, "path": self.path, "key": self.key, "query": self.query}
        if "raw" not in changes:
            parts["body"] = self.body
        return city.call(**parts | {"method": self.method} | changes)


def ids_of(city: InMemoryCity) -> dict[str, str]:
    return {
        "wallet_id": city.who.wallet,
        "merchant_id": city.who.merchant,
        "payment_id": UNKNOWN_PAYMENT,
        "version": "incheon-2021-01-01",
        "month": "2021-01",
        "year": "2022",
        "line": "city",
        "simulation_id": city.who.simulation,
    }


def good_request(city: InMemoryCity, route: Route) -> Sent:
    """A request that `route` answers, by a caller with the right to send it."""
    who = city.who
    waiting = f"/merchant_applications/{who.waiting_merchant}"
    shop = application(business_registration_number(9))
    paid, hold = (f"/wallets/{who.customer_wallet}/payments/{each}" for each in (who.payment, who.hold))
    cancelling = {"amount": 10_000, "reason": "sold out"}
    special = {
        "POST /wallets": Sent(STRANGER, "POST", "/wallets", {"debit_order": "cashback_first"}),
        "POST /wallets/{wallet_id}/top_ups": Sent(
            BANK, "POST", f"/wallets/{who.wallet}/top_ups", {"amount": 50_000, "bank_reference": "KB-1"}, KEY
        ),
        "PATCH /wallets/{wallet_id}": Sent(
            OPERATOR, "PATCH", f"/wallets/{who.wallet}", {"verified": True, "reason": "papers seen"}
        ),
        "POST /payments": Sent(ACQUIRER, "POST", "/payments", payment(city, card_token=who.card), KEY),
        "POST /wallets/{wallet_id}/payments": Sent(
            PAYER, "POST", f"/wallets/{who.wallet}/payments", payment(city), KEY
        ),
        "POST /payments/reversals": Sent(
            ACQUIRER, "POST", "/payments/reversals", payment(city, card_token=who.card), KEY
        ),
        f"POST {PAYMENT}/captures": Sent(ACQUIRER, "POST", f"{hold}/captures", {"amount": 10_000}, KEY),
        f"POST {PAYMENT}/void": Sent(ACQUIRER, "POST", f"{hold}/void", {}, KEY),
        f"POST {PAYMENT}/cancellations": Sent(ACQUIRER, "POST", f"{paid}/cancellations", cancelling, KEY),
        "POST /merchants/{merchant_id}/payments/{payment_id}/cancellations": Sent(
            OWNER, "POST", f"/merchants/{who.visited_merchant}/payments/{who.payment}/cancellations", cancelling, KEY
        ),
        "POST /wallets/{wallet_id}/cashback_quotes": Sent(
            PAYER, "POST", f"/wallets/{who.wallet}/cashback_quotes", payment(city)
        ),
        "GET /merchants": Sent(PAYER, "GET", "/merchants", query={"district": "yeonsu"}),
        "POST /merchants": Sent(OWNER, "POST", "/merchants", shop),
        "GET /merchants/{merchant_id}/payments": Sent(OWNER, "GET", f"/merchants/{who.merchant}/payments"),
        "GET /merchants/{merchant_id}/balance": Sent(OWNER, "GET", f"/merchants/{who.merchant}/balance"),
        "POST /merchant_applications/{merchant_id}/approval": Sent(OPERATOR, "POST", f"{waiting}/approval", {}),
        "POST /merchant_applications/{merchant_id}/rejection": Sent(
            OPERATOR, "POST", f"{waiting}/rejection", {"reason": "papers missing"}
        ),
        "GET /policies/{version}/explanation": Sent(None, "GET", "/policies/incheon-2021-01-01/explanation"),
        "POST /policies/{version}/withdrawal": Sent(
            OPERATOR, "POST", f"/policies/{policies()[-1]['version']}/withdrawal", {"reason": "put off"}
        ),
        **_of_drafts(city),
        **_of_budgets(),
        "POST /policy_simulations": Sent(OPERATOR, "POST", "/policy_simulations", simulation_request(), KEY),
        "POST /policies/history": Sent(OPERATOR, "POST", "/policies/history", {"policies": policies()}),
    }
    if str(route) in special:
        return special[str(route)]
    assert route.method == "GET", f"no good request is known for {route}"
    return Sent(_reader(route), "GET", route.with_ids(ids_of(city)))


def _of_budgets() -> dict[str, Sent]:
    """Requests about budgets. Two years have a city line; one of those years is over."""
    why = {"reason": "추경", "document": "제279회 시의회 의결"}
    lines = "/budgets/2022/lines"
    of_year = "POST /budgets/{year}"
    return {
        f"{of_year}/lines": Sent(
            OPERATOR, "POST", lines, budget_line(2022, "national", funder="national", layers=["standard"]), KEY
        ),
        f"{of_year}/lines/{{line}}/supplements": Sent(
            OPERATOR, "POST", f"{lines}/city/supplements", why | {"amount": 50_000}, KEY
        ),
        f"{of_year}/closing": Sent(OPERATOR, "POST", "/budgets/2020/closing", why, KEY),
    }


def _of_drafts(city: InMemoryCity) -> dict[str, Sent]:
    """Requests about drafts and amendments; each finds the operator's own ones waiting for a second operator."""
    draft, amendment = f"/policy_drafts/{WAITING}", f"/policy_amendments/{city.who.amendment}"
    seen, why = {"revision": 1}, {"reason": "as agreed"}
    begun = drafted("incheon-2031-01-01", "2031-01-01T00:00:00+09:00")
    of_draft, of_amendment = "/policy_drafts/{version}", "/policy_amendments/{amendment_id}"
    sent = {
        "POST /policy_drafts": Sent(OPERATOR, "POST", "/policy_drafts", begun),
        f"POST {of_draft}/revisions": Sent(OPERATOR, "POST", f"{draft}/revisions", drafted(WAITING) | seen),
        f"POST {of_draft}/check": Sent(OPERATOR, "POST", f"{draft}/check", seen),
        f"POST {of_draft}/approval": Sent(COLLEAGUE, "POST", f"{draft}/approval", seen),
        "POST /policy_amendments": Sent(OPERATOR, "POST", "/policy_amendments", SUSPENSION),
        f"POST {of_amendment}/approval": Sent(COLLEAGUE, "POST", f"{amendment}/approval", {}),
    }
    for closing in ("rejection", "withdrawal"):
        sent[f"POST {of_draft}/{closing}"] = Sent(OPERATOR, "POST", f"{draft}/{closing}", seen | why)
        sent[f"POST {of_amendment}/{closing}"] = Sent(OPERATOR, "POST", f"{amendment}/{closing}", why)
    for part in ("", "/history"):
        sent[f"GET {of_draft}{part}"] = Sent(OPERATOR, "GET", f"{draft}{part}")
        sent[f"GET {of_amendment}{part}"] = Sent(OPERATOR, "GET", f"{amendment}{part}")
    return sent


def _reader(route: Route) -> Caller | None:
    if not route.scopes:
        return None
    return OPERATOR if set(route.scopes) <= set(OPERATOR.scopes) else PAYER


def payment(city: InMemoryCity, **changes: Any) -> dict[str, Any]:
    return {"merchant_id": city.who.merchant, "amount": 12_000, "channel": "shop"} | changes


def schedule(city: InMemoryCity, document: dict[str, Any]) -> None:
    """Schedule a version: one operator begins and checks it, another approves it."""
    address = f"/policy_drafts/{document['version']}"
    begun = {"document": document, "reason": "new rules", "emergency_reason": "no time for a simulation"}
    answers = [
        city.call(OPERATOR, "POST", "/policy_drafts", begun),
        city.call(OPERATOR, "POST", f"{address}/check", {"revision": 1}),
        city.call(COLLEAGUE, "POST", f"{address}/approval", {"revision": 1}),
    ]
    assert [answer.status for answer in answers] == [201, 200, 200], answers


def future_policy(**changes: Any) -> dict[str, Any]:
    document = {
        "version": "incheon-2031-01-01",
        "starts_at": "2031-01-01T00:00:00+09:00",
        "ends_at": None,
    }
    return policies()[-1] | document | changes
