"""Invalid bodies on every route that takes one: each has an error code and changes nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from eeum.aws.json_text import LARGEST
from programme_policy.lifecycle_bodies import LARGEST_HISTORY_BYTES
from tests.http.checks import assert_problem, checked_problem, unchanged
from tests.http.city import InMemoryCity
from tests.http.requests import good_request
from tests.http.routes import WITH_BODY, Route

UNREADABLE = [
    pytest.param("", "missing", id="empty"),
    pytest.param("null", "not_an_object", id="null"),
    pytest.param("[]", "not_an_object", id="an empty list"),
    pytest.param("[{}]", "not_an_object", id="a list of one"),
    pytest.param("17", "not_an_object", id="a number"),
    pytest.param('"amount"', "not_an_object", id="a string"),
    pytest.param("true", "not_an_object", id="true"),
    pytest.param("{", "not_json", id="cut off"),
    pytest.param("amount=12000", "not_json", id="a form"),
    pytest.param("{'amount': 1}", "not_json", id="a Python literal"),
    pytest.param('{"amount": 1} trailing', "not_json", id="more than JSON"),
    pytest.param("\ufeff{}", "not_json", id="a byte order mark"),
    pytest.param("NaN", "not_json", id="NaN"),
    pytest.param('{"amount": Infinity}', "not_json", id="Infinity"),
    pytest.param('{"amount": -Infinity}', "not_json", id="-Infinity"),
    pytest.param('{"amount": NaN}', "not_json", id="an amount of NaN"),
    pytest.param('{"amount": 1' + "0" * 5000 + "}", "number_too_long", id="5,001 digits"),
    pytest.param("[" * 16_000, "nested_too_deep", id="16,000 brackets"),
    pytest.param('{"a":' * 3_000, "nested_too_deep", id="3,000 objects"),
    pytest.param("[" * 600_000, "too_large", id="600,000 brackets"),
    pytest.param('"' + "가" * 200_000 + '"', "too_large", id="600,000 bytes in 200,000 letters"),
    pytest.param('{"a":' * 70 + "1" + "}" * 70, "nested_too_deep", id="70 objects"),
    pytest.param('{"amount": 1, "amount": 2}', "repeated_field", id="a repeated field"),
    pytest.param('{"a": {"b": 1, "b": 1}}', "repeated_field", id="a repeated field inside"),
    pytest.param('{"\ud800": 1}', "string_unicode", id="a lone surrogate as it is"),
    pytest.param('{"\\ud800": 1}', "string_unicode", id="a lone surrogate, escaped"),
]


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
@pytest.mark.parametrize(("raw", "fault"), UNREADABLE)
def test_a_body_that_is_no_json_object_is_refused(city: InMemoryCity, route: Route, raw: str, fault: str) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, raw=raw)

    assert_problem(answer, 400, "invalid_request", fault, "body")


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_a_body_of_as_many_bytes_as_the_route_reads_is_read(city: InMemoryCity, route: Route) -> None:
    largest = LARGEST_HISTORY_BYTES if route.path.startswith(("/policies", "/policy_")) else LARGEST
    raw = json.dumps(good_request(city, route).body)
    padded = raw + " " * (largest - len(raw))
    with unchanged(city):
        answer = good_request(city, route).to(city, raw=f"{padded} ")
    assert_problem(answer, 400, "invalid_request", "too_large", "body")

    answer = good_request(city, route).to(city, raw=padded)
    assert answer.status in (200, 201, 202) or answer.json["code"] == "programme_not_empty"


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_a_missing_body_is_refused(city: InMemoryCity, route: Route) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, raw=None)

    assert_problem(answer, 400, "invalid_request", "missing", "body")


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_an_unknown_field_is_refused(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    with unchanged(city):
        answer = sent.to(city, body={**sent.body, "surprise": 1})

    assert_problem(answer, 400, "invalid_request", "extra_forbidden", "surprise")


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_every_field_of_a_wrong_type_is_refused(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    for name in sent.body:
        for wrong in ({"a": 1}, [[]], 1.5, -(10**400)):
            with unchanged(city):
                answer = sent.to(city, body=sent.body | {name: wrong})
            problem = checked_problem(answer)
            assert answer.status in (400, 422), (name, wrong, problem)
            assert problem["errors"][0]["path"].split(".")[0] == name, (name, wrong, problem)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_extreme_texts_are_refused_or_stored_unchanged(city: InMemoryCity, route: Route) -> None:
    sent = good_request(city, route)
    texts = [name for name, value in sent.body.items() if isinstance(value, str) and name != "$schema"]
    for name in texts:
        for text in ("\ud800", "x" * 1_000_000, "", " ", "\u0000", "a\u0007b", "a\nb", "\u0085"):
            with unchanged(city):
                answer = sent.to(city, raw=json.dumps(sent.body | {name: text}))
                if answer.status == 200 and "declined" in (answer.json.get("status"), answer.json.get("outcome")):
                    continue  # An unknown card is a decline, whatever its token.
            assert checked_problem(answer)["status"] in (400, 422), (name, text[:20], answer)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/xml; charset=utf-8",
        "application/jsonp",
        "\u0000",
    ],
)
@pytest.mark.parametrize("raw", ["", "{}", "a=1", "--x\r\n\r\n--x--"])
def test_another_content_type_is_refused(city: InMemoryCity, route: Route, content_type: str, raw: str) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, raw=raw, headers={"content-type": content_type})

    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", " application/json ", ""]
)
def test_json_may_be_named_as_http_allows(city: InMemoryCity, content_type: str) -> None:
    sent = good_request(city, WITH_BODY[0])

    assert sent.to(city, headers={"content-type": content_type}).status == 201


def _base64(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_a_base64_body_is_decoded(city: InMemoryCity) -> None:
    sent = good_request(city, WITH_BODY[0])
    raw = _base64(json.dumps(sent.body).encode())

    assert sent.to(city, raw=raw, isBase64Encoded=True).status == 201


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param("abc", "not_text", id="cut off"),
        pytest.param("é", "missing", id="not ASCII"),
        pytest.param(_base64(b'{"name": "\xe9"}'), "not_text", id="Latin-1"),
        pytest.param(_base64(b"\xff\xfe{\x00}\x00"), "not_text", id="UTF-16"),
        pytest.param(_base64(b'{"\xed\xa0\x80": 1}'), "not_text", id="a surrogate in UTF-8"),
        pytest.param(_base64(b"\x00"), "not_json", id="a zero byte"),
    ],
)
def test_a_base64_body_that_is_no_text_is_refused(city: InMemoryCity, route: Route, raw: str, fault: str) -> None:
    with unchanged(city):
        answer = good_request(city, route).to(city, raw=raw, isBase64Encoded=True)

    assert_problem(answer, 400, "invalid_request", fault, "body")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({f"field-{number}": 1 for number in range(50_000)}, id="50,000 unknown fields"),
        pytest.param({"x" * 3_000_000: 1}, id="a name of 3 MB"),
        pytest.param({"card_product": "x" * 3_000_000}, id="a value of 3 MB"),
        pytest.param({"x": [{} for _ in range(200_000)]}, id="200,000 objects"),
    ],
)
def test_an_answer_does_not_repeat_a_large_body(city: InMemoryCity, body: dict[str, Any]) -> None:
    with unchanged(city):
        answer = good_request(city, WITH_BODY[0]).to(city, body=body)

    problem = checked_problem(answer)
    assert len(problem["errors"]) <= 20
