"""Policy documents that the programme does not take: each with the code of its fault, and nothing stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from tests.http.callers import OPERATOR
from tests.http.checks import assert_problem, checked_problem, unchanged
from tests.http.city import NOON, InMemoryCity, policies
from tests.http.requests import future_policy


def layer(**changes: Any) -> dict[str, Any]:
    return {
        "id": "base",
        "title": {"ko": "기본", "en": "Base"},
        "bands": [{"from": 0, "up_to": 300_000, "rate_basis_points": 1_000}],
        "limits": ["monthly-spend"],
        "funders": [{"funder": "city", "share": 1}],
    } | changes


def bands(*edges: tuple[int, int | None, int]) -> dict[str, Any]:
    listed = [{"from": start, "up_to": end, "rate_basis_points": rate} for start, end, rate in edges]
    return future_policy(layers=[layer(bands=listed)], limits=[LIMIT])


def when(condition: Any) -> dict[str, Any]:
    return future_policy(layers=[layer(when=condition)], limits=[LIMIT])


LIMIT = {"id": "monthly-spend", "measure": "spend", "window": "month", "amount": 300_000}
NESTED: Any = {"fact": "channel", "in": ["shop"]}
for _ in range(20):
    NESTED = {"not": NESTED}

REFUSED = [
    pytest.param(bands((0, 300_000, 1_000), (200_000, 400_000, 100)), "bands_overlap", id="overlapping bands"),
    pytest.param(bands((0, None, 1_000), (200_000, 400_000, 100)), "bands_overlap", id="a band after the last"),
    pytest.param(bands((0, 300_000, 1_000), (400_000, 500_000, 100)), "bands_gap", id="a gap"),
    pytest.param(bands((100, 300_000, 1_000)), "bands_gap", id="a gap at the beginning"),
    pytest.param(bands((0, 0, 1_000)), "band_empty", id="an empty band"),
    pytest.param(when({"fact": "merchant_district", "in": ["gangnam"]}), "unknown_district", id="an unknown district"),
    pytest.param(when({"fact": "merchant_category", "in": ["casino"]}), "unknown_category", id="an unknown category"),
    pytest.param(when({"fact": "merchant_annual_revenue"}), None, id="a fact without a word"),
    pytest.param(when(NESTED), "conditions_too_deep", id="conditions nested too deep"),
    pytest.param(future_policy(layers=[layer(limits=["weekly"])], limits=[LIMIT]), "unknown_limit", id="no such limit"),
    pytest.param(future_policy(layers=[layer(), layer()], limits=[LIMIT]), "repeated_id", id="a repeated id"),
    pytest.param(future_policy(ends_at="2031-01-01T00:00:00+09:00"), "ends_before_start", id="ends as it starts"),
    pytest.param(future_policy(programme="seoul"), "other_programme", id="another programme"),
]
MALFORMED = [
    pytest.param(when({"weather": "sunny"}), "unknown_condition", "layers.0.when", id="unknown condition"),
    pytest.param(when({"fact": "moon", "in": ["full"]}), "unknown_fact", "layers.0.when.fact", id="unknown fact"),
    pytest.param(when({"all": []}), "too_short", "layers.0.when.all", id="a condition of nothing"),
    pytest.param(when("always"), "unknown_condition", "layers.0.when", id="a word for a condition"),
    pytest.param(bands((0, 300_000, 10_001)), "less_than_equal", "layers.0.bands.0.rate_basis_points", id="over 100 %"),
    pytest.param(future_policy(language=2), "literal_error", "language", id="another language"),
    pytest.param(future_policy(starts_at="2031-01-01"), "instant_format", "starts_at", id="no instant"),
    pytest.param(future_policy(starts_at=1924959600), "instant_format", "starts_at", id="a number of seconds"),
    pytest.param(future_policy(version="../../x"), "string_pattern_mismatch", "version", id="a path as a name"),
    pytest.param(future_policy(mood="good"), "extra_forbidden", "mood", id="an unknown field"),
]


@pytest.mark.parametrize(("document", "fault"), REFUSED)
def test_a_document_against_the_rules_is_refused(
    city: InMemoryCity, document: dict[str, Any], fault: str | None
) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policies", document)

    if fault is None:
        assert_problem(answer, 400, "invalid_request", "unknown_condition")
    else:
        assert_problem(answer, 422, "policy_invalid", fault)


@pytest.mark.parametrize(("document", "fault", "path"), MALFORMED)
def test_a_malformed_document_is_refused(city: InMemoryCity, document: dict[str, Any], fault: str, path: str) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policies", document)

    problem = checked_problem(answer)
    assert answer.status == 400
    assert (problem["errors"][0]["path"], problem["errors"][0]["code"]) == (path, fault)


@pytest.mark.parametrize("depth", [11, 30, 60, 70, 200, 900])
def test_conditions_of_any_depth_are_answered(city: InMemoryCity, depth: int) -> None:
    condition: Any = {"fact": "channel", "in": ["shop"]}
    for _ in range(depth):
        condition = {"not": condition}
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policies", when(condition))

    checked_problem(answer)
    assert answer.json["errors"][0]["code"] in ("conditions_too_deep", "nested_too_deep")


@pytest.mark.parametrize("start", [NOON - timedelta(days=400), NOON, NOON + timedelta(seconds=119)])
def test_a_start_in_the_past_or_too_soon_is_refused(city: InMemoryCity, start: datetime) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policies", future_policy(starts_at=start.isoformat()))

    assert_problem(answer, 422, "policy_starts_too_soon")


def test_a_start_in_120_seconds_is_soon_enough(city: InMemoryCity) -> None:
    start = NOON + timedelta(seconds=120)

    assert city.call(OPERATOR, "POST", "/policies", future_policy(starts_at=start.isoformat())).status == 201


@pytest.mark.parametrize(
    "changes", [{"version": "incheon-2031-02-01"}, {"starts_at": "2031-02-01T00:00:00+09:00"}], ids=["instant", "name"]
)
def test_an_instant_and_a_name_are_taken_once(city: InMemoryCity, changes: dict[str, Any]) -> None:
    assert city.call(OPERATOR, "POST", "/policies", future_policy()).status == 201
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policies", future_policy(**changes))

    assert_problem(answer, 409, "policy_instant_taken")


def test_history_into_a_programme_that_has_begun_is_refused(city: InMemoryCity) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policies/history", {"policies": policies()})

    assert_problem(answer, 409, "programme_not_empty")


@pytest.mark.parametrize(
    ("documents", "status", "code", "fault"),
    [
        pytest.param([], 400, "invalid_request", "too_short", id="nothing"),
        pytest.param([future_policy()] * 50, 400, "invalid_request", "too_long", id="fifty"),
        pytest.param([future_policy()] * 2, 422, "policy_invalid", "repeated_version", id="one twice"),
        pytest.param([future_policy(), future_policy(programme="seoul")], 422, "policy_invalid", None, id="mixed"),
        pytest.param([*policies(), bands((5, 6, 1))], 422, "policy_invalid", "bands_gap", id="one bad one"),
        pytest.param({"a": 1}, 400, "invalid_request", "list_type", id="an object"),
    ],
)
def test_history_is_taken_whole_or_not_at_all(
    empty_city: InMemoryCity, documents: Any, status: int, code: str, fault: str | None
) -> None:
    with unchanged(empty_city):
        answer = empty_city.call(OPERATOR, "POST", "/policies/history", {"policies": documents})

    assert_problem(answer, status, code, fault)


def test_history_may_start_in_the_past(empty_city: InMemoryCity) -> None:
    empty_city.now = datetime(2030, 1, 1, tzinfo=SEOUL)

    assert empty_city.call(OPERATOR, "POST", "/policies/history", {"policies": policies()}).status == 201
