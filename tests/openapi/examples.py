"""Examples of requests and answers for the API's description, made by asking a city in memory: `make openapi` writes them.

Lists are cut to their first entry, so that a reader sees the form.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import tests.http.conftest as environment
from deployment.openapi import EXAMPLES
from eeum.months.statement_store import StatementStore
from eeum.months.statements import statement_of
from eeum.storage import Key, Put, Table
from tests.http.callers import CUSTOMER, OPERATOR
from tests.http.city import UNSENT, InMemoryCity, inhabited, policies
from tests.http.requests import Sent, good_request
from tests.http.routes import ROUTES, Route
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of

WHOLE = frozenset({"says", "layers", "bands"})
"""Lists that are shown whole, since their entries differ."""
DRAWN = re.compile(r'([0-9a-f]{12})\.[0-9a-f]{16}"')
"""The part of a card's token that is drawn at random."""
STATEMENT_OF_THE_MONTH = "/wallets/{wallet_id}/statements/{month}"


def examples() -> dict[str, Any]:
    """By route the body that it takes and the answer by status, as they are found by asking."""
    storage, inhabitants = inhabited()
    found = {}
    for route in ROUTES:
        city = InMemoryCity(environment.copy_of(storage), inhabitants)
        city.post_cashback()
        sent = _request(city, route)
        if str(route) == "POST /policies/history":
            city = InMemoryCity(InMemoryStorage(), None)
        answer = sent.to(city)
        assert answer.status < 300, (str(route), answer)
        example: dict[str, Any] = {} if sent.body is UNSENT else {"request": _shortened(sent.body)}
        found[str(route)] = example | {"answer": {str(answer.status): _shortened(answer.json)}}
    return found


def _request(city: InMemoryCity, route: Route) -> Sent:
    """A request whose answer shows something."""
    who = city.who
    if str(route) == "POST /policies/history":
        return Sent(OPERATOR, "POST", "/policies/history", {"policies": policies()})
    if route.path.startswith("/months"):
        _open_month(city)
    if route.path == STATEMENT_OF_THE_MONTH:
        _write_statement(city)
    if route.method == "GET" and route.path.startswith("/wallets/"):
        ids = {"wallet_id": who.customer_wallet, "payment_id": who.payment, "month": "2021-01"}
        return Sent(CUSTOMER, "GET", route.with_ids(ids))
    sent = good_request(city, route)
    if str(route) == "GET /merchants/{merchant_id}/payments":
        return Sent(sent.caller, "GET", f"/merchants/{who.visited_merchant}/payments")
    return sent


def _open_month(city: InMemoryCity) -> None:
    item = {"kind": "month", "month": "2021-01", "status": "open", "opened_at": "2021-01-01T00:00:01.000+09:00"}
    key = Key(Table.PROGRAMME, "PROGRAMME#incheon", "MONTH#2021-01")
    city.storage.transact([Put(key, item | {"closed_at": None})], "month")


def _write_statement(city: InMemoryCity) -> None:
    store = StatementStore(city.storage, patience_of())
    bookings = store.bookings(city.who.customer_wallet)
    written = statement_of(city.who.customer_wallet, "2021-01", bookings, city.now + timedelta(days=27))
    assert written
    store.add(written)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: part if name in WHOLE else _shortened(part) for name, part in value.items()}
    return [_shortened(part) for part in value[:1]] if isinstance(value, list) else value


def text() -> str:
    """The examples as they are checked in."""
    written = json.dumps(examples(), ensure_ascii=False, indent=1)
    return DRAWN.sub(r'\1.5f0c9d2e7a41b386"', written) + "\n"


if __name__ == "__main__":
    EXAMPLES.write_text(text())
    print(f"{EXAMPLES.name} is up to date.")
