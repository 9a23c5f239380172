"""Query parameters, cursors and paths, as clients get them wrong."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

import member_wallet.app
from local import places
from tests.http.callers import ACQUIRER, OPERATOR, OWNER, PAYER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import WAITING, InMemoryCity, http_event
from tests.http.requests import UNKNOWN_PAYMENT, good_request, payment
from tests.http.routes import MODULES, ROUTES, Route

MONTHLY = ("/wallets/{wallet}/payments", "/wallets/{wallet}/cashback")
LISTS = (
    "/wallets/{wallet}/payments",
    "/merchants/{merchant}/payments",
    "/merchants",
    "/merchant_applications",
    "/months",
    "/policies",
    "/policies/history",
    "/policy_drafts",
    f"/policy_drafts/{WAITING}/history",
    "/policy_amendments",
    "/budgets/2022/changes",
)
OPERATORS = {path for path in LISTS if path.startswith(("/policy_", "/policies/", "/merchant_a", "/budgets"))}


@pytest.mark.parametrize("path", MONTHLY)
@pytest.mark.parametrize(
    "month",
    ["", "2021", "2021-1", "2021-00", "2021-13", "2021-01-01", "２０２１-01", "2021-01\n", "2021-01,2021-02", "\u0000"],
)
def test_a_month_is_a_calendar_month(city: InMemoryCity, path: str, month: str) -> None:
    answer = city.call(PAYER, "GET", path.format(wallet=city.who.wallet), query={"month": month})

    assert_problem(answer, 400, "invalid_request", "invalid_value", "month")


@pytest.mark.parametrize("month", ["0000-01", "2021-13", "january", "\ud800", "9" * 5_000])
def test_a_month_in_the_path_too(city: InMemoryCity, month: str) -> None:
    answer = city.call(None, "GET", f"/months/{month}")

    assert answer.status in (400, 404)
    assert_problem(answer, answer.status, "invalid_request" if answer.status == 400 else "not_found")


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2021-01-31",
        "2021-01-31T23:58:00",
        "2021-01-31T23:58",
        "2021-01-31 23:58:00+09:00",
        "2021-01-31T23:58:00  09:00",
        "2021-01-31T23:58:00 0900",
        "2021-01-31T23:58:00 09:00 ",
        "2021-01-31T23:58:00%2B09:00",
        "2021-01-31T23 09:00",
        "2021-01-31T25:00:00+09:00",
        "0001-01-01T00:00:00+14:00",
        "1612105080",
        "\u0000",
    ],
)
def test_an_instant_has_its_offset(city: InMemoryCity, at: str) -> None:
    answer = city.call(None, "GET", "/policies/in_force", query={"at": at})

    assert_problem(answer, 400, "invalid_request", "invalid_value", "at")


@pytest.mark.parametrize("path", ["/policies/in_force", "/wallets/{wallet}/balances"])
@pytest.mark.parametrize(
    "at",
    ["2021-01-04T23:58:00+09:00", "2021-01-04T23:58:00 09:00", "2021-01-04T23:58+09:00", "2021-01-04T23:58 09:00",
     "2021-01-04T14:58:00Z", "2021-01-04T14:58Z", "2021-01-04T23:58:00.000 09:00", "2021-01-04T04:58:00-10:00"],
)  # fmt: skip
def test_a_plus_that_arrives_as_a_space_is_the_plus_of_an_offset(city: InMemoryCity, path: str, at: str) -> None:
    """API Gateway and the local API decode `+` in a query as a space, and `%2B` as a plus."""
    filled = path.format(wallet=city.who.wallet)
    wanted = city.call(PAYER, "GET", filled, query={"at": "2021-01-04T23:58:00.000+09:00"})

    answer = city.call(PAYER, "GET", filled, query={"at": at})

    assert (answer.status, answer.json) == (200, wanted.json)


def test_an_invalid_instant_is_answered_with_how_to_write_a_plus(city: InMemoryCity) -> None:
    answer = city.call(None, "GET", "/policies/in_force", query={"at": "tomorrow"})

    assert "%2B" in answer.json["detail"]


def test_every_parameter_with_an_instant_is_tested() -> None:
    described = json.loads((places.ROOT / "docs" / "openapi.json").read_text())
    taking = {
        path
        for path, operations in described["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and "RFC 3339" in parameter.get("description", "")
    }
    assert taking == {"/policies/in_force", "/wallets/{wallet_id}/balances"}


def test_before_the_first_policy_none_is_in_force(city: InMemoryCity) -> None:
    answer = city.call(None, "GET", "/policies/in_force", query={"at": "0001-01-02T00:00:00+00:00"})

    assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("query", "fault", "path"),
    [
        ({}, "missing", "district"),
        ({"district": ""}, "missing", "district"),
        ({"category": "cafe"}, "missing", "district"),
        ({"district": "x" * 41}, "string_too_long", "district"),
        ({"district": "yeonsu", "category": "x" * 41}, "string_too_long", "category"),
        ({"owner": "you"}, "literal_error", "owner"),
        ({"owner": ""}, "literal_error", "owner"),
    ],
)
def test_merchants_are_searched_by_district_or_owner(
    city: InMemoryCity, query: dict[str, str], fault: str, path: str
) -> None:
    answer = city.call(PAYER, "GET", "/merchants", query=query)

    assert_problem(answer, 400, "invalid_request", fault, path)


def test_a_parameter_that_is_given_twice_is_refused(city: InMemoryCity) -> None:
    event = http_event(PAYER, "GET", "/merchants", None, {}, {"district": "yeonsu,seo"})
    event["rawQueryString"] = "district=yeonsu&district=seo"

    assert_problem(city.send(event), 400, "invalid_request", "string_type", "district")


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_parameter_that_the_route_does_not_have_is_refused(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    with unchanged(city):
        answer = sent.to(city, query={**(sent.query or {}), "mont": "2021-01"})

    assert_problem(answer, 400, "invalid_request", "unknown_parameter", "mont")


def test_parameter_names_are_case_sensitive(city: InMemoryCity) -> None:
    answer = city.call(PAYER, "GET", "/merchants", query={"District": "yeonsu", "district": "yeonsu"})

    assert_problem(answer, 400, "invalid_request", "unknown_parameter", "District")


def test_every_list_has_a_limit_and_a_cursor() -> None:
    """A list is a route whose answer has a cursor."""
    described = json.loads((places.ROOT / "docs" / "openapi.json").read_text())
    lists = {}
    for path, operations in described["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200")
        if answer:
            name = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            if "cursor" in described["components"]["schemas"][name]["properties"]:
                parameters = {each["name"]: each["schema"] for each in operations["get"]["parameters"]}
                lists[path] = parameters["limit"]["maximum"], parameters["limit"]["default"], "cursor" in parameters
    assert len(lists) == 14
    assert all(1 <= default <= most <= 200 and cursor for most, default, cursor in lists.values())


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("limit", "fault"),
    [("0", "greater_than_equal"), ("-1", "greater_than_equal"), ("201", "less_than_equal"), ("9" * 99, "less_than_equal"),
     ("", "int_parsing"), ("ten", "int_parsing"), ("1.5", "int_parsing")],
)  # fmt: skip
def test_a_limit_is_a_whole_number_within_its_bounds(city: InMemoryCity, path: str, limit: str, fault: str) -> None:
    assert_problem(_listed(city, path, None, limit), 400, "invalid_request", fault, "limit")


def _pages(city: InMemoryCity, path: str, name: str, limit: int) -> list[list[Any]]:
    """Every page of a list, by its cursors."""
    pages: list[list[Any]] = []
    cursor = None
    while not pages or cursor is not None:
        answer = _listed(city, path, cursor, str(limit))
        assert answer.status == 200, answer
        pages.append(answer.json[name])
        cursor = answer.json["cursor"]
    return pages


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/wallets/{wallet}/payments", "payments"),
        ("/merchants/{merchant}/payments", "payments"),
        ("/merchants", "merchants"),
        ("/policies", "policies"),
        ("/policies/history", "steps"),
        ("/budgets/2022/changes", "changes"),
    ],
)
def test_pages_of_any_size_are_the_whole_list(city: InMemoryCity, path: str, name: str) -> None:
    body = payment(city, card_token=city.who.card, amount=1_000)
    for number in range(5):
        assert city.call(ACQUIRER, "POST", "/payments", body, key=f"payment-number-{number:04}").status == 200
    whole = [each for page in _pages(city, path, name, 30) for each in page]

    for limit in (1, 2, 3):
        pages = _pages(city, path, name, limit)
        assert [each for page in pages for each in page] == whole
        assert all(len(page) <= limit for page in pages)


def test_payments_in_between_do_not_shift_the_pages_of_a_month(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.card, amount=1_000)

    def paid(number: int) -> str:
        return str(city.call(ACQUIRER, "POST", "/payments", body, key=f"payment-number-{number:04}").json["id"])

    made = []
    for number in range(4):
        made.append(paid(number))
        city.now += timedelta(seconds=1)
    path = "/wallets/{wallet}/payments"
    first = _listed(city, path, None, "2").json
    later = paid(5)
    second = _listed(city, path, first["cursor"], "2").json

    assert [each["id"] for each in first["payments"] + second["payments"]] == made[::-1]
    assert (second["cursor"], _listed(city, path, None, "1").json["payments"][0]["id"]) == (None, later)
    other = {"month": "2020-12", "cursor": first["cursor"]}
    refused = city.call(PAYER, "GET", path.format(wallet=city.who.wallet), query=other)
    assert_problem(refused, 400, "invalid_request", "unknown_cursor", "cursor")


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


GARBAGE = {
    "empty": "",
    "a word": "next",
    "not base64": "%%%",
    "not ASCII": "다음",
    "no JSON": _cursor(b"{"),
    "no UTF-8": _cursor(b"\xff"),
    "a list": _cursor([]),
    "a number": _cursor(1),
    "null": _cursor(None),
    "other names": _cursor({"a": "b"}),
    "numbers for texts": _cursor({"pk": 1, "sk": 2}),
    "an endless number": _cursor(b"1" * 5_000),
    "nested": _cursor(b"[" * 5_000),
    "another partition": _cursor({"pk": "WALLET#x", "sk": "PAYMENT#x"}),
    "a lone surrogate": _cursor(b'{"pk": "\\ud800", "sk": "\\ud800"}'),
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", GARBAGE.values(), ids=GARBAGE)
def test_an_invalid_cursor_is_refused(city: InMemoryCity, path: str, cursor: str) -> None:
    assert_problem(_listed(city, path, cursor), 400, "invalid_request", "unknown_cursor", "cursor")


def _listed(city: InMemoryCity, path: str, cursor: str | None, limit: str | None = None) -> Any:
    callers = {"/merchants/{merchant}/payments": OWNER} | dict.fromkeys(OPERATORS, OPERATOR)
    query = {"district": "yeonsu"} if path == "/merchants" else {}
    if cursor is not None:
        query["cursor"] = cursor
    if limit is not None:
        query["limit"] = limit
    ids = {"wallet": city.who.wallet, "merchant": city.who.merchant}
    return city.call(callers.get(path, PAYER), "GET", path.format(**ids), query=query)


def test_pages_continue_where_they_ended(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.card, amount=1_000)
    made = [city.call(ACQUIRER, "POST", "/payments", body, key=f"payment-number-{n:04}").json for n in range(60)]
    path = "/merchants/{merchant}/payments"

    first = _listed(city, path, None).json
    second = _listed(city, path, first["cursor"]).json

    ids = [each["id"] for each in first["payments"] + second["payments"]]
    assert ids == sorted((each["id"] for each in made), reverse=True)
    assert second["cursor"] is None


def test_a_cursor_of_another_list_is_refused(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.card, amount=1_000)
    for number in range(51):
        city.call(ACQUIRER, "POST", "/payments", body, key=f"payment-number-{number:04}")
    cursor = _listed(city, "/merchants/{merchant}/payments", None).json["cursor"]
    assert cursor

    for path in set(LISTS) - {"/merchants/{merchant}/payments"}:
        assert_problem(_listed(city, path, cursor), 400, "invalid_request", "unknown_cursor", "cursor")


def test_a_cursor_of_a_merchants_list_names_no_member_and_opens_no_other_list(city: InMemoryCity) -> None:
    body = payment(city, card_token=city.who.card, amount=1_000)
    made = [city.call(ACQUIRER, "POST", "/payments", body, key=f"payment-number-{n:04}").json for n in range(51)]
    cursor = _listed(city, "/merchants/{merchant}/payments", None).json["cursor"]

    assert cursor == sorted(each["id"] for each in made)[1], "an id of its own payment, without the wallet"
    other = city.call(OWNER, "GET", f"/merchants/{city.who.large_merchant}/payments", query={"cursor": cursor})
    assert other.json == {"payments": [], "cursor": None}


def test_a_cursor_with_keys_beyond_measure_is_refused(city: InMemoryCity) -> None:
    cursor = _cursor({"pk": "x" * 3_000, "sk": "x", "listed_in": "yeonsu", "listing": "restaurant#"})

    assert_problem(_listed(city, "/merchants", cursor), 400, "invalid_request", "unknown_cursor", "cursor")


@pytest.mark.parametrize(
    "payment_id",
    [
        UNKNOWN_PAYMENT,
        UNKNOWN_PAYMENT.upper(),
        "1",
        "p" * 5_000,
        "{0176d07c-ab80-7000-8000-000000000000}",
        "urn:uuid:0176d07c-ab80-7000-8000-000000000000",
        "00000000-0000-8000-8000-000000000000",
        "\u0661" * 36,
    ],
)
def test_an_unknown_payment(city: InMemoryCity, payment_id: str) -> None:
    for caller in (PAYER, ACQUIRER):
        answer = city.call(caller, "GET", f"/wallets/{city.who.wallet}/payments/{payment_id}")
        assert_problem(answer, 404, "not_found")


def test_an_id_with_another_time_is_no_payment(city: InMemoryCity) -> None:
    """A payment's id contains its key and its time, and both must be right."""
    route = next(route for route in ROUTES if str(route) == "POST /payments")
    made = good_request(city, route).to(city).json["id"]
    other = f"{int(made[:8], 16) + 1:08x}{made[8:]}"

    assert_problem(city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/payments/{other}"), 404, "not_found")


@pytest.mark.parametrize("version", ["incheon-1999-01-01", "v" * 5_000, "\u0000", "../incheon-2021-01-01", "%2e%2e"])
def test_an_unknown_policy(city: InMemoryCity, version: str) -> None:
    module = next(module for module in MODULES if module.__name__ == "programme_policy.queries")
    event = http_event(None, "GET", f"/policies/{version}", None, {}, {})

    assert_problem(city.send_to(module, event), 404, "not_found")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/nowhere"),
        ("DELETE", "/wallets"),
        ("PUT", "/payments"),
        ("TRACE", "/merchants"),
        ("get", "//"),
        ("GET", "/wallets/a/b/c/d"),
        ("GET", "/../../etc/passwd"),
        ("GET", "/\ud800"),
    ],
)
def test_an_unknown_route(city: InMemoryCity, module: Any, method: str, path: str) -> None:
    with unchanged(city):
        answer = city.send_to(module, http_event(PAYER, method, path, None, {}, {}))

    assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_route_has_one_method(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    known = {each.method for each in ROUTES if each.matches(each.method, sent.path)}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
        with unchanged(city):
            event = http_event(sent.caller, method, sent.path, "{}", {"content-type": "application/json"}, {})
            assert_problem(city.send_to(route.module, event), 404, "not_found")


def test_a_stage_in_front_of_the_path_is_taken_off(city: InMemoryCity) -> None:
    event = http_event(PAYER, "GET", f"/prod/wallets/{city.who.wallet}", None, {}, {})
    event["requestContext"]["stage"] = "prod"

    assert city.send_to(member_wallet.app, event).status == 200
