"""Any request by any caller: no crash, a known form of answer, and no change on refusal."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.http.callers import ALL, OTHER_MEMBER, OTHER_OWNER
from tests.http.checks import checked_problem
from tests.http.city import Answer, Inhabitants, InMemoryCity, http_event
from tests.http.conftest import copy_of
from tests.http.requests import KEY, good_request
from tests.http.routes import ROUTES, WITH_BODY, Route
from tests.in_memory.storage import InMemoryStorage

Founded = tuple[InMemoryStorage, Inhabitants]

# Surrogates included: JSON can escape them, also single ones.
TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
NUMBERS = st.integers() | st.integers(10**11, 10**13) | st.floats() | st.just(10**400)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)
CALLERS = st.sampled_from((None, OTHER_MEMBER, OTHER_OWNER, *ALL))
HEADER_NAMES = st.sampled_from(("idempotency-key", "Idempotency-Key", "content-type", "cookie", "accept", "x-any"))
HEADERS = st.dictionaries(HEADER_NAMES, TEXT | st.sampled_from(("application/json", KEY)), max_size=4)
QUERY = st.dictionaries(
    st.sampled_from(("month", "cursor", "limit", "district", "category", "owner", "at")) | TEXT,
    TEXT | st.sampled_from(("2021-01", "yeonsu", "me", "", ",")),
    max_size=4,
)
SEGMENTS = TEXT.filter(lambda text: text and "/" not in text)


def is_answered(city: InMemoryCity, event: dict[str, Any], module: Any) -> Answer:
    before = city.items()
    answer = city.send_to(module, event)
    assert answer.status < 500, answer
    if answer.status >= 400:
        checked_problem(answer)
        assert city.items() == before, answer
    else:
        assert answer.content_type == "application/json"
        assert isinstance(answer.json, dict)
    if event["requestContext"]["http"]["method"] == "GET":
        assert city.items() == before, answer
    return answer


def city_of(founded: Founded) -> InMemoryCity:
    storage, inhabitants = founded
    return InMemoryCity(copy_of(storage), inhabitants)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_good_body_with_anything_in_place_of_a_field(founded: Founded, route: Route, data: st.DataObject) -> None:
    city = city_of(founded)
    sent = good_request(city, route)
    body = dict(sent.body)
    names = st.sampled_from(["", *sorted(body)]) | TEXT
    body |= data.draw(st.dictionaries(names, JSON, min_size=1, max_size=3))
    headers = {"content-type": "application/json", "idempotency-key": sent.key or ""}

    is_answered(city, http_event(sent.caller, sent.method, sent.path, json.dumps(body), headers, {}), route.module)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
@settings(max_examples=30, deadline=None)
@given(
    caller=CALLERS,
    body=st.none()
    | TEXT
    | JSON.map(json.dumps)
    | st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode()),
    headers=HEADERS,
    encoded=st.booleans(),
)
def test_any_body_and_headers_by_any_caller(
    founded: Founded, route: Route, caller: Any, body: str | None, headers: dict[str, str], encoded: bool
) -> None:
    city = city_of(founded)
    sent = good_request(city, route)
    event = http_event(caller, sent.method, sent.path, body, headers, {})

    is_answered(city, event | {"isBase64Encoded": encoded}, route.module)


@pytest.mark.parametrize("route", ROUTES, ids=str)
@settings(max_examples=30, deadline=None)
@given(
    caller=CALLERS,
    query=QUERY,
    ids=st.dictionaries(st.sampled_from(("wallet_id", "merchant_id", "year", "line", "simulation_id")), SEGMENTS),
)
def test_any_query_and_ids(
    founded: Founded, route: Route, caller: Any, query: dict[str, str], ids: dict[str, str]
) -> None:
    city = city_of(founded)
    sent = good_request(city, route)
    who = city.who
    names = {
        "wallet_id": who.wallet,
        "merchant_id": who.merchant,
        "payment_id": "x",
        "version": "x",
        "month": "x",
        "year": "2022",
        "line": "city",
        "simulation_id": "x",
    }
    names |= {"amendment_id": "x"}
    path = route.with_ids(names | ids) if "{" in route.path else sent.path
    body = json.dumps(sent.body) if route.method != "GET" else None
    headers = {"content-type": "application/json", "idempotency-key": KEY}

    event = http_event(caller, route.method, path, body, headers, query)
    event["rawQueryString"] = ""  # Values that no client could send are not generated.
    is_answered(city, event, route.module)
