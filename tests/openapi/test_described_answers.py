"""The functions' answers match the description: the status, the headers and every field of the body."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deployment import described_answers
from eeum.aws.http import CITY_TIME
from eeum.aws.problems import STATUS
from tests.http.callers import ACQUIRER, BANK, PAYER
from tests.http.city import Answer, InMemoryCity
from tests.http.requests import KEY, UNKNOWN_ID, good_request, payment
from tests.http.routes import ROUTES, WITH_BODY, Route
from tests.openapi.test_openapi import CHECKED_IN, OPERATIONS


def assert_described(route: Route, answer: Answer) -> None:
    response = OPERATIONS[route.method, route.path]["responses"][str(answer.status)]
    if "$ref" in response:
        response = CHECKED_IN["components"]["responses"][response["$ref"].rpartition("/")[2]]
    media = response["content"][answer.content_type]
    # The schema needs the whole description, which its references point into.
    Draft202012Validator({**media["schema"], "components": CHECKED_IN["components"]}).validate(answer.json)
    for header in response.get("headers", {}):
        if header != "Idempotency-Replayed":  # only replays have it
            assert header in answer.headers
    assert answer.headers[CITY_TIME] == "2021-01-05T12:00:00.000+09:00"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_good_request(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)

    assert_described(route, sent.to(city))
    assert_described(route, sent.to(city))


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_a_good_body_matches_its_schema(city: InMemoryCity, route: Route) -> None:
    body = good_request(city, route).body
    content = OPERATIONS[route.method, route.path]["requestBody"]["content"]
    schema = {**content["application/json"]["schema"], "components": CHECKED_IN["components"]}

    Draft202012Validator(schema).validate(body)
    assert list(Draft202012Validator(schema).iter_errors({**body, "surprise": 1})), "unknown fields are refused"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_bad_request(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    answers = [
        sent.to(city, path=sent.path.replace(city.who.wallet, UNKNOWN_ID).replace(city.who.merchant, UNKNOWN_ID))
    ]
    if route.method != "GET":
        answers += [sent.to(city, raw="[]"), sent.to(city, headers={"content-type": "text/plain"})]
        answers += [sent.to(city, body={**sent.body, "surprise": "\u0000"})]
    if route.scopes:
        answers += [sent.to(city, caller=None)]
    for answer in answers:
        assert_described(route, answer)


def test_declines_and_replays(city: InMemoryCity) -> None:
    who = city.who
    by_card = next(route for route in ROUTES if str(route) == "POST /payments")
    by_member = next(route for route in ROUTES if str(route) == "POST /wallets/{wallet_id}/payments")
    top_ups = next(route for route in ROUTES if str(route) == "POST /wallets/{wallet_id}/top_ups")
    quotes = next(route for route in ROUTES if str(route) == "POST /wallets/{wallet_id}/cashback_quotes")
    declined = {"amount": 1, "bank_reference": "KB-1"}
    cases: list[tuple[Route, Any, str, Any]] = [
        (by_card, ACQUIRER, "/payments", payment(city, card_token="unknown")),
        (by_card, ACQUIRER, "/payments", payment(city, card_token=who.card, amount=10**12)),
        (by_member, PAYER, f"/wallets/{who.wallet}/payments", payment(city, merchant_id=UNKNOWN_ID)),
        (top_ups, BANK, f"/wallets/{who.wallet}/top_ups", declined),
        (quotes, PAYER, f"/wallets/{who.wallet}/cashback_quotes", payment(city, merchant_id=UNKNOWN_ID)),
    ]
    for route, caller, path, body in cases:
        for _ in range(2):
            answer = city.call(caller, route.method, path, body, key=KEY)
            assert answer.status == 200
            assert_described(route, answer)


def test_every_refusal_of_a_route_is_one_of_the_domain_s() -> None:
    for key, refusals in described_answers.REFUSES.items():
        assert key in OPERATIONS
        for refusal in refusals:
            status = str(STATUS[refusal].value)
            assert status in OPERATIONS[key]["responses"], (key, refusal)
