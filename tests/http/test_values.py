"""Invalid values in requests: each has a stable code, names its field, and changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.inhabitants import business_registration_number as local_number
from tests.http.callers import BANK, OPERATOR, OTHER_OWNER, OWNER, STRANGER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import InMemoryCity, application
from tests.http.requests import KEY, PAYMENT, good_request
from tests.http.routes import ROUTES

LEFT_OUT_AMOUNTS = {
    f"POST {PAYMENT}/captures",
    f"POST {PAYMENT}/cancellations",
    "POST /merchants/{merchant_id}/payments/{payment_id}/cancellations",
}
"""Fields without which the whole amount is meant."""

MONEY = [
    route
    for route in ROUTES
    if str(route)
    in {
        "POST /wallets/{wallet_id}/top_ups",
        "POST /payments",
        "POST /wallets/{wallet_id}/payments",
        "POST /wallets/{wallet_id}/cashback_quotes",
        "POST /payments/reversals",
        "POST /budgets/{year}/lines",
        "POST /budgets/{year}/lines/{line}/supplements",
        *LEFT_OUT_AMOUNTS,
    }
]
AMOUNTS = [
    pytest.param(0, "greater_than_equal", id="zero"),
    pytest.param(-1, "greater_than_equal", id="negative"),
    pytest.param(-(10**400), "greater_than_equal", id="hugely negative"),
    pytest.param(10**12 + 1, "less_than_equal", id="above 10^12"),
    pytest.param(10**400, "less_than_equal", id="10^400"),
    pytest.param(0.5, "int_type", id="fractional"),
    pytest.param(1000.0, "int_type", id="a whole float"),
    pytest.param(1e400, "int_type", id="1e400"),
    pytest.param("1000", "int_type", id="as text"),
    pytest.param(True, "int_type", id="true"),
    pytest.param(None, "int_type", id="null"),
    pytest.param([1000], "int_type", id="a list"),
    pytest.param({"won": 1000}, "int_type", id="an object"),
]


@pytest.mark.parametrize("route", MONEY, ids=str)
@pytest.mark.parametrize(("amount", "fault"), AMOUNTS)
def test_an_amount_is_whole_won_within_bounds(city: InMemoryCity, route: Any, amount: Any, fault: str) -> None:
    sent = good_request(city, route)
    if amount is None and str(route) in LEFT_OUT_AMOUNTS:
        assert sent.to(city, body=sent.body | {"amount": None}).status == 200
        return
    with unchanged(city):
        # As clients write it; Python itself would write the last as Infinity.
        raw = json.dumps(sent.body | {"amount": amount}).replace("Infinity", "1e400")
        answer = sent.to(city, raw=raw)

    assert_problem(answer, 400, "invalid_request", fault, "amount")


@pytest.mark.parametrize(
    "route", [each for each in MONEY if not re.search("payment_id|reversals|budgets", each.path)], ids=str
)
def test_the_largest_amount_is_a_matter_for_the_rules(city: InMemoryCity, route: Any) -> None:
    sent = good_request(city, route)
    answer = sent.to(city, body=sent.body | {"amount": 10**12})

    assert answer.status == 200
    assert answer.json["decline"]["code"] in ("51", "61")


@pytest.mark.parametrize(
    "route", [route for route in MONEY if not re.search("payment_id|top_ups|budgets", route.path)], ids=str
)
@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("merchant_id", "", "string_pattern_mismatch"),
        ("merchant_id", "MERCHANT#1", "string_pattern_mismatch"),
        ("merchant_id", "0" * 36 + "\n", "string_pattern_mismatch"),
        ("merchant_id", 12, "string_type"),
        ("merchant_id", None, "string_type"),
        ("channel", "teleport", "literal_error"),
        ("channel", None, "literal_error"),
        ("card_token", "", "string_too_short"),
        ("card_token", "x" * 121, "string_too_long"),
        ("card_token", 12, "string_type"),
    ],
)
def test_the_words_of_a_payment(city: InMemoryCity, route: Any, field: str, value: Any, fault: str) -> None:
    sent = good_request(city, route)
    with unchanged(city):
        answer = sent.to(city, body=sent.body | {field: value})

    assert_problem(answer, 400, "invalid_request", fault, field)


@pytest.mark.parametrize("route", [route for route in MONEY if route.path.endswith("/payments")], ids=str)
@pytest.mark.parametrize(
    "requested_at",
    [
        "yesterday",
        "",
        "2021-01-31",
        "2021-01-31T23:58:00",
        "2021-01-31 23:58:00+09:00",
        "20210131T235800+0900",
        "２０２１-01-31T23:58:00+09:00",
        "1612105080",
        1612105080,
        True,
        [],
        "2021-02-29T00:00:00+09:00",
        "2021-01-31T25:00:00+09:00",
        "2021-01-31T23:58:00+25:00",
        "2021-01-31T23:58:00+09:60",
        "0000-01-01T00:00:00Z",
    ],
)
def test_requested_at_is_an_instant(city: InMemoryCity, route: Any, requested_at: Any) -> None:
    sent = good_request(city, route)
    with unchanged(city):
        answer = sent.to(city, body=sent.body | {"requested_at": requested_at})

    assert_problem(answer, 400, "invalid_request", "instant_format", "requested_at")


@pytest.mark.parametrize(
    "requested_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00", "2021-01-31T23:58:00Z"]
)
def test_requested_at_is_shown_and_decides_nothing(city: InMemoryCity, requested_at: str) -> None:
    sent = good_request(city, MONEY[1])
    answer = sent.to(city, body=sent.body | {"requested_at": requested_at})
    again = sent.to(city, body=sent.body | {"requested_at": "2021-01-06T00:00:00+09:00"})

    assert (answer.status, answer.json["status"]) == (200, "approved")
    assert answer.json["requested_at"][:19] == requested_at[:19]
    assert (again.body, again.headers["Idempotency-Replayed"]) == (answer.body, "true")


@pytest.mark.parametrize(
    ("body", "fault", "path"),
    [
        ({"card_product": "youth"}, "extra_forbidden", "card_product"),
        ({"debit_order": "grants_first"}, "enum", "debit_order"),
    ],
)
def test_the_words_of_a_wallet(city: InMemoryCity, body: dict[str, Any], fault: str, path: str) -> None:
    with unchanged(city):
        answer = city.call(STRANGER, "POST", "/wallets", body)

    assert_problem(answer, 400, "invalid_request", fault, path)


@pytest.mark.parametrize(
    ("body", "fault", "path"),
    [
        ({"reason": "no reason"}, "nothing_decided", "body"),
        ({"verified": True}, "missing", "reason"),
        ({"verified": True, "reason": ""}, "string_pattern_mismatch", "reason"),
        ({"verified": True, "reason": "x" * 201}, "string_too_long", "reason"),
        ({"verified": 1, "reason": "papers"}, "bool_type", "verified"),
        ({"verified": "true", "reason": "papers"}, "bool_type", "verified"),
        ({"status": "closed", "reason": "moved away"}, "enum", "status"),
        ({"member_district": "atlantis", "reason": "papers"}, "unknown_district", "member_district"),
        ({"member_class": "Youth!", "reason": "papers"}, "string_pattern_mismatch", "member_class"),
        ({"member_class": "", "reason": "papers"}, "string_pattern_mismatch", "member_class"),
        ({"card_issuer": "x" * 41, "reason": "papers"}, "string_too_long", "card_issuer"),
        ({"birth_date": "1980-02-30", "reason": "papers"}, "day_format", "birth_date"),
        ({"birth_date": 19800518, "reason": "papers"}, "day_format", "birth_date"),
        ({"birth_date": "1980-05-18T00:00:00", "reason": "papers"}, "day_format", "birth_date"),
        ({"birth_date": "2099-01-01", "reason": "papers"}, "not_past", "birth_date"),
        ({"birth_date": "1720-01-01", "reason": "papers"}, "not_past", "birth_date"),
    ],
)
def test_the_words_of_an_operator_s_decision(city: InMemoryCity, body: dict[str, Any], fault: str, path: str) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "PATCH", f"/wallets/{city.who.wallet}", body)

    assert_problem(answer, 400, "invalid_request", fault, path)


@pytest.mark.parametrize("reference", ["", " ", "x" * 65, "a\tb", None, 7])
def test_a_bank_s_reference_is_a_line_of_text(city: InMemoryCity, reference: Any) -> None:
    path = f"/wallets/{city.who.wallet}/top_ups"
    with unchanged(city):
        answer = city.call(BANK, "POST", path, {"amount": 50_000, "bank_reference": reference}, key=KEY)

    assert_problem(answer, 400, "invalid_request", None, "bank_reference")


@pytest.mark.parametrize(
    "character",
    [
        "\u2028", "\u2029", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u00ad",
        "\ue000", "\U000f0000", "\uffff", "\U000e0041", "\u3164",
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)  # fmt: skip
def test_invisible_characters_are_refused_in_a_line_of_text(city: InMemoryCity, character: str) -> None:
    who = city.who
    lines = [
        (OWNER, "POST", "/merchants", application("220-81-62517"), "name"),
        (BANK, "POST", f"/wallets/{who.wallet}/top_ups", {"amount": 50_000}, "bank_reference"),
        (OPERATOR, "PATCH", f"/wallets/{who.wallet}", {"verified": True}, "reason"),
        (OPERATOR, "POST", f"/merchant_applications/{who.waiting_merchant}/approval", {}, "reason"),
        (OPERATOR, "POST", f"/merchant_applications/{who.waiting_merchant}/rejection", {}, "reason"),
    ]
    for caller, method, path, body, field in lines:
        with unchanged(city):
            answer = city.call(caller, method, path, body | {field: f"송도{character}국수"}, key=KEY)
        assert_problem(answer, 400, "invalid_request", "string_pattern_mismatch", field)


@pytest.mark.parametrize("name", ["송도 국수 2호점", "Café «Été» #1", "밥🍚집", "(주)이음·연수", "日本食堂", "é"])
def test_any_visible_text_is_a_name(city: InMemoryCity, name: str) -> None:
    shop = application(local_number(11)) | {"name": name}

    assert city.call(OWNER, "POST", "/merchants", shop).json["name"] == name


NUMBER = "business_registration_number"
APPLICATIONS = [
    ({NUMBER: "124-81-0099"}, "malformed", NUMBER),
    ({NUMBER: "1248-1-00998"}, "malformed", NUMBER),
    ({NUMBER: "124 81 00998"}, "malformed", NUMBER),
    ({NUMBER: "１２４-81-00998"}, "malformed", NUMBER),
    ({NUMBER: "124-81-00998\n"}, "malformed", NUMBER),
    ({NUMBER: ""}, "malformed", NUMBER),
    ({NUMBER: 1248100998}, "string_type", NUMBER),
    ({NUMBER: "1" * 21}, "string_too_long", NUMBER),
    ({NUMBER: "124-81-00997"}, "check_digit", NUMBER),
    ({NUMBER: "1248100989"}, "check_digit", NUMBER),
    ({"name": ""}, "string_pattern_mismatch", "name"),
    ({"name": "가게\n"}, "string_pattern_mismatch", "name"),
    ({"name": "가" * 81}, "string_too_long", "name"),
    ({"district": "gangnam"}, "unknown_district", "district"),
    ({"district": "\u0000"}, "unknown_district", "district"),
    ({"category": "casino"}, "unknown_category", "category"),
    ({"annual_revenue": -1}, "greater_than_equal", "annual_revenue"),
    ({"annual_revenue": 10**14 + 1}, "less_than_equal", "annual_revenue"),
    ({"annual_revenue": 1e6}, "int_type", "annual_revenue"),
    ({"annual_revenue": "1"}, "int_type", "annual_revenue"),
    ({"flags": ["famous"]}, "unknown_flag", "flags"),
    ({"flags": ["Famous"]}, "string_pattern_mismatch", "flags.0"),
    ({"flags": "benefit_plus"}, "list_type", "flags"),
    ({"flags": ["partner"] * 21}, "too_long", "flags"),
    ({"own_rate_basis_points": 2_001}, "less_than_equal", "own_rate_basis_points"),
    ({"own_rate_basis_points": -1}, "greater_than_equal", "own_rate_basis_points"),
    ({"own_rate_basis_points": True}, "int_type", "own_rate_basis_points"),
]


@pytest.mark.parametrize(("changes", "fault", "path"), APPLICATIONS)
def test_the_words_of_an_application(city: InMemoryCity, changes: dict[str, Any], fault: str, path: str) -> None:
    with unchanged(city):
        answer = city.call(OWNER, "POST", "/merchants", application("220-81-62517") | changes)

    assert_problem(answer, 400, "invalid_request", fault, path)


def test_the_check_digit_is_the_tax_service_s(city: InMemoryCity) -> None:
    """Numbers that companies print on their receipts: Samsung Electronics, Naver, Kakao."""
    for number in ("124-81-00998", "220-81-62517", "120-81-47521"):
        # This city has merchants with these numbers; it says so only for valid numbers.
        answer = city.call(OTHER_OWNER, "POST", "/merchants", application(number))
        assert answer.status in (201, 409), answer
        for digit in range(10):
            if digit != int(number[-1]):
                wrong = application(f"{number[:-1]}{digit}")
                assert_problem(
                    city.call(OWNER, "POST", "/merchants", wrong), 400, "invalid_request", "check_digit", NUMBER
                )
