"""Policy documents that are refused: each with the code of its fault, and nothing is stored."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from tests.http.callers import COLLEAGUE, OPERATOR
from tests.http.checks import assert_problem, checked_problem, unchanged
from tests.http.city import NOON, WAITING, InMemoryCity, policies
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
    pytest.param(when(NESTED), "conditions_too_deep", id="conditions nested too deep"),
    pytest.param(future_policy(layers=[layer(limits=["weekly"])], limits=[LIMIT]), "unknown_limit", id="no such limit"),
    pytest.param(future_policy(layers=[layer(), layer()], limits=[LIMIT]), "repeated_id", id="a repeated id"),
    pytest.param(future_policy(ends_at="2031-01-01T00:00:00+09:00"), "ends_before_start", id="ends as it starts"),
]
MALFORMED = [
    pytest.param(when({"weather": "sunny"}), "unknown_condition", "layers.0.when", id="unknown condition"),
    pytest.param(when({"fact": "moon", "in": ["full"]}), "unknown_fact", "layers.0.when.fact", id="unknown fact"),
    pytest.param(
        when({"fact": "merchant_annual_revenue"}), "unknown_condition", "layers.0.when", id="a fact without a word"
    ),
    pytest.param(when({"all": []}), "too_short", "layers.0.when.all", id="a condition of nothing"),
    pytest.param(when("always"), "unknown_condition", "layers.0.when", id="a word for a condition"),
    pytest.param(bands((0, 300_000, 10_001)), "less_than_equal", "layers.0.bands.0.rate_basis_points", id="over 100 %"),
    pytest.param(future_policy(language=2), "literal_error", "language", id="another language"),
    pytest.param(future_policy(starts_at="2031-01-01"), "instant_format", "starts_at", id="no instant"),
    pytest.param(future_policy(starts_at=1924959600), "instant_format", "starts_at", id="a number of seconds"),
    pytest.param(future_policy(version="../../x"), "string_pattern_mismatch", "version", id="a path as a name"),
    pytest.param(future_policy(mood="good"), "extra_forbidden", "mood", id="an unknown field"),
]


def begun(document: Any) -> dict[str, Any]:
    """Send a request to begin a draft of a document."""
    return {"document": document, "reason": "new rules", "emergency_reason": "no time for a simulation"}


@pytest.mark.parametrize(("document", "fault"), REFUSED)
def test_a_check_lists_all_faults_of_a_draft_and_prevents_its_approval(
    city: InMemoryCity, document: dict[str, Any], fault: str
) -> None:
    address = f"/policy_drafts/{document['version']}"
    assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201

    checked = city.call(OPERATOR, "POST", f"{address}/check", {"revision": 1})

    assert (checked.status, checked.json["status"]) == (200, "draft")
    assert checked.json["check"]["faults"][0]["code"] == fault
    with unchanged(city):
        approval = city.call(COLLEAGUE, "POST", f"{address}/approval", {"revision": 1})
    assert_problem(approval, 409, "draft_not_checked")


def test_a_check_with_warnings_allows_approval(city: InMemoryCity) -> None:
    document = future_policy(groups=[{"id": "rate", "counts": "highest"}])
    address = f"/policy_drafts/{document['version']}"
    assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201

    check = city.call(OPERATOR, "POST", f"{address}/check", {"revision": 1}).json["check"]

    asked = [(warning["path"], warning["code"]) for warning in check["doubts"]]
    assert (check["faults"], asked) == ([], [("groups.0", "not_used")])
    assert city.call(COLLEAGUE, "POST", f"{address}/approval", {"revision": 1}).status == 200


def test_a_check_warns_of_a_raise_that_also_raises_the_carry_over(
    city: InMemoryCity,
) -> None:
    document = copy.deepcopy(future_policy())
    limit = document["limits"][0]
    limit |= {"amount": limit["amount"] + 1, "carries_over_from": "2021-01-01T00:00:00+09:00"}
    for layer in document["layers"]:
        layer["bands"][-1]["up_to"] = None
    address = f"/policy_drafts/{document['version']}"
    assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201

    check = city.call(OPERATOR, "POST", f"{address}/check", {"revision": 1}).json["check"]

    assert (check["faults"], [warning["code"] for warning in check["doubts"]]) == ([], ["raised_for_the_past"])


@pytest.mark.parametrize(("document", "fault"), REFUSED)
def test_an_invalid_history_is_refused(empty_city: InMemoryCity, document: dict[str, Any], fault: str) -> None:
    with unchanged(empty_city):
        answer = empty_city.call(OPERATOR, "POST", "/policies/history", {"policies": [document]})

    assert_problem(answer, 422, "policy_invalid", fault)


def test_a_document_of_another_programme_is_refused(city: InMemoryCity) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policy_drafts", begun(future_policy(programme="seoul")))

    assert_problem(answer, 422, "policy_invalid", "other_programme")


@pytest.mark.parametrize(("document", "fault", "path"), MALFORMED)
def test_a_malformed_document_is_refused(city: InMemoryCity, document: dict[str, Any], fault: str, path: str) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policy_drafts", begun(document))

    problem = checked_problem(answer)
    assert answer.status == 400
    assert (problem["errors"][0]["path"], problem["errors"][0]["code"]) == (f"document.{path}", fault)


@pytest.mark.parametrize(
    "condition",
    [
        {"fact": "merchant_annual_revenue", "above": None},
        {"fact": "instant", "from": None},
        {"not": {"fact": "amount", "below": None}},
    ],
)
def test_a_condition_of_nulls_is_refused(city: InMemoryCity, condition: Any) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policy_drafts", begun(when(condition)))

    assert_problem(answer, 422, "policy_invalid", "unknown_condition")


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": [LIMIT | {"window": "event"}]},
        {"pools": [{"id": "city", "window": "event", "amount": 1}]},
        {"purses": [{"id": "points", "title": {"ko": "가", "en": "a"}, "expires_after": {}}]},
        {"layers": [{name: part for name, part in layer().items() if name != "bands"}]},
        {"layers": [layer(bands=None, steps={"per": "payment", "every": 1_000})]},
        {"layers": [layer(bands=None, steps={"per": "window"})]},
        {"layers": [layer(steps={"per": "window", "every": 1, "gives": 1})]},
    ],
)
def test_a_draft_without_required_fields_is_stored_and_its_check_names_them(
    city: InMemoryCity, changes: dict[str, Any]
) -> None:
    document = future_policy(**({"limits": [LIMIT]} | changes))
    assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201
    checked = city.call(OPERATOR, "POST", "/policy_drafts/incheon-2031-01-01/check", {"revision": 1})

    assert (checked.status, checked.json["status"]) == (200, "draft")
    assert checked.json["check"]["faults"]
    assert city.call(OPERATOR, "GET", "/policy_drafts/incheon-2031-01-01").json == checked.json


@pytest.mark.parametrize("depth", [30, 60, 70, 200, 900])
def test_conditions_of_any_depth_are_answered(city: InMemoryCity, depth: int) -> None:
    condition: Any = {"fact": "channel", "in": ["shop"]}
    for _ in range(depth):
        condition = {"not": condition}
    answer = city.call(OPERATOR, "POST", "/policy_drafts", begun(when(condition)))

    if answer.status == 201:
        answer = city.call(OPERATOR, "POST", "/policy_drafts/incheon-2031-01-01/check", {"revision": 1})
        faults = answer.json["check"]["faults"]
    else:
        faults = checked_problem(answer)["errors"]
    assert faults[0]["code"] in ("conditions_too_deep", "nested_too_deep")


@pytest.mark.parametrize("start", [NOON - timedelta(days=400), NOON, NOON + timedelta(seconds=119)])
def test_a_start_in_the_past_or_too_soon_is_a_fault(city: InMemoryCity, start: datetime) -> None:
    document = future_policy(starts_at=start.isoformat())
    assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201
    checked = city.call(OPERATOR, "POST", "/policy_drafts/incheon-2031-01-01/check", {"revision": 1})

    assert "policy_starts_too_soon" in [fault["code"] for fault in checked.json["check"]["faults"]]


def test_a_start_that_came_too_near_since_the_check_is_refused(city: InMemoryCity) -> None:
    document = future_policy(starts_at=(NOON + timedelta(seconds=120)).isoformat())
    assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201
    address = "/policy_drafts/incheon-2031-01-01"
    assert city.call(OPERATOR, "POST", f"{address}/check", {"revision": 1}).json["status"] == "checked"
    city.now += timedelta(milliseconds=1)
    with unchanged(city):
        answer = city.call(COLLEAGUE, "POST", f"{address}/approval", {"revision": 1})
    assert_problem(answer, 422, "policy_starts_too_soon")
    city.now -= timedelta(milliseconds=1)
    assert city.call(COLLEAGUE, "POST", f"{address}/approval", {"revision": 1}).json["status"] == "scheduled"


def test_an_instant_is_taken_once(city: InMemoryCity) -> None:
    one, other = future_policy(), future_policy(version="incheon-2031-01-01-b")
    for document in (one, other):
        assert city.call(OPERATOR, "POST", "/policy_drafts", begun(document)).status == 201
        address = f"/policy_drafts/{document['version']}"
        assert city.call(OPERATOR, "POST", f"{address}/check", {"revision": 1}).json["status"] == "checked"
    assert city.call(COLLEAGUE, "POST", f"/policy_drafts/{one['version']}/approval", {"revision": 1}).status == 200
    with unchanged(city):
        answer = city.call(COLLEAGUE, "POST", f"/policy_drafts/{other['version']}/approval", {"revision": 1})

    assert_problem(answer, 409, "policy_instant_taken")


@pytest.mark.parametrize("name", ["incheon-2021-01-01", WAITING])
def test_a_name_is_taken_once(city: InMemoryCity, name: str) -> None:
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policy_drafts", begun(future_policy(version=name)))

    assert_problem(answer, 409, "draft_exists")


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
