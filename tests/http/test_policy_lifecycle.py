"""Drafts, amendments and announcements to members, over HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from tests.http.callers import COLLEAGUE, OPERATOR, PAYER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import NOON, SUSPENSION, WAITING, Answer, InMemoryCity, drafted, policies
from tests.http.requests import future_policy, schedule

DRAFT = f"/policy_drafts/{WAITING}"
LAST = policies()[-1]


def ask(city: InMemoryCity, path: str, body: Any, caller: Any = OPERATOR) -> Answer:
    return city.call(caller, "POST", path, body)


def test_a_draft_shows_what_it_would_change_in_both_languages(city: InMemoryCity) -> None:
    limits = [LAST["limits"][0] | {"amount": 500_000}]
    raised = drafted(WAITING, limits=limits, layers=_to_500_000()) | {"revision": 1}
    revised = ask(city, f"{DRAFT}/revisions", raised)
    assert (revised.status, revised.json["revision"], revised.json["status"]) == (200, 2, "draft")
    checked = ask(city, f"{DRAFT}/check", {"revision": 2}).json

    (better,) = [change for change in checked["changes"] if change["about"] == "limits.monthly-spend"]
    assert better["kind"] == "better"
    assert better["ko"] == "확대 — 월 이용 한도: 매달 쓰는 금액 50만원까지 (그 전에는 매달 쓰는 금액 30만원까지)"
    assert "up to 500,000 won of spend a month" in better["en"]
    assert (checked["follows"], checked["status"]) == (LAST["version"], "checked")
    assert checked["check"]["simulation"] is None
    assert checked["check"]["note"].startswith("Checked without a simulation")
    assert city.call(OPERATOR, "GET", DRAFT).json == checked


def _to_500_000() -> list[dict[str, Any]]:
    """The layers of the last version with bands that reach 500,000 won."""
    return json.loads(json.dumps(LAST["layers"]).replace('"up_to": 300000', '"up_to": 500000'))  # type: ignore[no-any-return]


def test_a_limit_beyond_the_bands_is_not_announced_as_better(city: InMemoryCity) -> None:
    limits = [LAST["limits"][0] | {"amount": 500_000}]
    ask(city, f"{DRAFT}/revisions", drafted(WAITING, limits=limits) | {"revision": 1})
    checked = ask(city, f"{DRAFT}/check", {"revision": 2}).json
    (change,) = [change for change in checked["changes"] if change["about"] == "limits.monthly-spend"]
    assert change["kind"] == "changes"
    assert change["en"].startswith("Changes: Limit monthly-spend: up to 500,000 won of spend a month (until then:")
    assert change["en"].endswith("; the benefit stays the same")
    assert change["ko"].endswith(". 받는 혜택은 그대로임")
    assert [warning["code"] for warning in checked["check"]["doubts"]] == ["beyond_the_bands"]


def test_a_version_goes_from_draft_to_superseded(city: InMemoryCity) -> None:
    assert_problem(ask(city, f"{DRAFT}/approval", {"revision": 1}), 409, "approval_by_author")
    approved = ask(city, f"{DRAFT}/approval", {"revision": 1, "reason": "agreed"}, COLLEAGUE)
    assert (approved.status, approved.json["status"]) == (200, "scheduled")
    schedule(city, future_policy(version="the-one-after", starts_at="2033-01-01T00:00:00+09:00"))

    stood = {}
    for year in (2031, 2032, 2033):
        city.now = datetime(year, 1, 1, tzinfo=SEOUL)
        stood[year] = city.call(OPERATOR, "GET", DRAFT).json["status"]
        explained = city.call(None, "GET", f"/policies/{WAITING}/explanation").json
        assert explained["status"] == stood[year]
        listed = city.call(OPERATOR, "GET", "/policy_drafts").json["drafts"]
        assert {each["version"]: each["status"] for each in listed}[WAITING] == stood[year]
    assert stood == {2031: "scheduled", 2032: "in_force", 2033: "superseded"}


def test_operators_read_every_step(city: InMemoryCity) -> None:
    ask(city, f"{DRAFT}/approval", {"revision": 1, "reason": "agreed"}, COLLEAGUE)
    steps = city.call(OPERATOR, "GET", f"{DRAFT}/history").json["steps"]

    assert [(step["did"], step["by"], step["reason"]) for step in steps] == [
        ("created", OPERATOR.subject, "next year's rules"),
        ("checked", OPERATOR.subject, None),
        ("approved", COLLEAGUE.subject, "agreed"),
    ]
    assert len({step["digest"] for step in steps}) == 1
    assert {step["emergency_reason"] for step in steps} == {"the budget comes at the last minute"}
    of_programme = city.call(OPERATOR, "GET", "/policies/history").json["steps"]
    assert of_programme[0] == steps[-1]
    assert (of_programme[-1]["subject"], of_programme[-1]["did"]) == ("history", "loaded")


def test_members_read_announced_changes(city: InMemoryCity) -> None:
    city.now = datetime(2026, 1, 1, tzinfo=SEOUL)
    assert city.call(None, "GET", "/policies/coming").json == {"coming": []}
    title = {"ko": "월 50만원까지 10%", "en": "10 % on the first 500,000 won of a month"}
    limits = [LAST["limits"][0] | {"amount": 500_000}]
    schedule(city, future_policy(title=title, limits=limits, layers=_to_500_000()))
    ask(city, f"/policy_amendments/{city.who.amendment}/approval", {}, COLLEAGUE)

    suspension, version = city.call(None, "GET", "/policies/coming").json["coming"]

    assert (version["what"], version["version"], version["title"]) == ("version", "incheon-2031-01-01", title)
    assert version["start"] == "2031-01-01T00:00:00.000+09:00"
    kinds = {change["about"]: change["kind"] for change in version["changes"]}
    assert kinds["limits.monthly-spend"] == "better"
    assert not [about for about in kinds if about.startswith("rows.")], "sources are not for members"
    assert suspension["changes"] == [
        {
            "kind": "less",
            "about": "suspension",
            "ko": "중단 — 모든 혜택: 2030년 6월 1일 0시부터 2030년 7월 1일 0시까지 지급하지 않음",
            "en": "Suspended: all benefits: no rewards from 1 June 2030, 00:00 until 1 July 2030, 00:00",
        }
    ]


def test_a_version_is_explained_with_what_amends_it(city: InMemoryCity) -> None:
    explained = city.call(None, "GET", "/policies/incheon-2021-01-01/explanation").json
    assert (explained["status"], explained["ends_at"], explained["follows"]) == ("in_force", None, "incheon-2020-03-01")
    said = {each["about"]: each["ko"] for each in explained["says"]}
    assert said["layers.base.gives"] == "결제 뒤 캐시백: 50만원까지 10%; 50만원부터 100만원까지 1%"

    end = {"end": {"version": "incheon-2021-01-01", "ends_at": "2021-03-01T00:00:00+09:00"}, "reason": "spent"}
    proposed = ask(city, "/policy_amendments", end).json
    ask(city, f"/policy_amendments/{proposed['id']}/approval", {}, COLLEAGUE)

    explained = city.call(None, "GET", "/policies/incheon-2021-01-01/explanation").json
    assert explained["ends_at"] == "2021-03-01T00:00:00.000+09:00"
    document = city.call(None, "GET", "/policies/incheon-2021-01-01").json
    assert document["ends_at"] is None, "a document stays as it was approved"


def test_a_suspended_layer_gives_nothing_in_a_quote_and_again_afterwards(city: InMemoryCity) -> None:
    suspension = {"from": "2021-01-05T13:00:00+09:00", "until": "2021-01-05T14:00:00+09:00", "layers": ["base"]}
    proposed = ask(city, "/policy_amendments", {"suspension": suspension, "reason": "spent"}).json
    ask(city, f"/policy_amendments/{proposed['id']}/approval", {}, COLLEAGUE)
    quoted = {}
    for minute in (59, 60, 119, 120):
        city.now = NOON + timedelta(minutes=minute)
        body = {"merchant_id": city.who.merchant, "amount": 10_000}
        path = f"/wallets/{city.who.wallet}/cashback_quotes"
        quoted[minute] = city.call(PAYER, "POST", path, body).json["cashback"]
    assert quoted == {59: 1_000, 60: 0, 119: 0, 120: 1_000}


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({}, "one_amendment", "body"),
        ({"end": None}, "one_amendment", "body"),
        ({"end": {"version": "a", "ends_at": None}, **SUSPENSION}, "one_amendment", "body"),
        ({"end": {"version": "a"}}, "missing", "end.ends_at"),
        ({"end": {"version": "a", "ends_at": "2030-01-01"}}, "instant_format", "end.ends_at"),
        ({"suspension": {"from": 5}}, "instant_format", "suspension.from"),
        ({"suspension": {"from": "2030-01-01T00:00:00"}}, "timezone_aware", "suspension.from"),
        ({"suspension": {"from": "2030-01-01T00:00:00Z", "layers": ["Ä"]}}, None, "suspension.layers.0"),
        ({"lifting": {"suspension": "x"}}, "missing", "lifting.at"),
        ({"end": {"version": "a", "ends_at": None}, "reason": ""}, "string_pattern_mismatch", "reason"),
    ],
)
def test_a_malformed_amendment_is_refused(city: InMemoryCity, change: Any, code: str | None, path: str) -> None:
    with unchanged(city):
        assert_problem(ask(city, "/policy_amendments", {"reason": "so"} | change), 400, "invalid_request", code, path)


@pytest.mark.parametrize(
    ("change", "code", "fault"),
    [
        ({"end": {"version": "nothing", "ends_at": None}}, "amendment_invalid", "unknown_version"),
        (
            {"lifting": {"suspension": "nothing", "at": "2030-01-01T00:00:00Z"}},
            "amendment_invalid",
            "unknown_suspension",
        ),
        ({"suspension": {"from": "2030-01-01T00:00:00Z", "layers": ["no"]}}, "amendment_invalid", "unknown_layer"),
        ({"suspension": {"from": "2021-01-05T12:01:59.999+09:00"}}, "amendment_too_late", None),
    ],
)
def test_an_amendment_of_nothing_or_too_late_is_refused(
    city: InMemoryCity, change: Any, code: str, fault: str | None
) -> None:
    with unchanged(city):
        assert_problem(ask(city, "/policy_amendments", change | {"reason": "so"}), 422, code, fault)


def test_an_amendment_is_decided_once_and_by_another(city: InMemoryCity) -> None:
    address = f"/policy_amendments/{city.who.amendment}"
    with unchanged(city):
        assert_problem(ask(city, f"{address}/approval", {}), 409, "approval_by_author")
    assert ask(city, f"{address}/rejection", {"reason": "no"}, COLLEAGUE).json["status"] == "rejected"
    with unchanged(city):
        for decision in ("approval", "rejection", "withdrawal"):
            assert_problem(ask(city, f"{address}/{decision}", {"reason": "so"}, COLLEAGUE), 409, "amendment_closed")
        for unknown in ("nothing", "0176d07c-ab80-7000-8000-000000000000"):
            assert_problem(ask(city, f"/policy_amendments/{unknown}/approval", {}, COLLEAGUE), 404, "not_found")
    steps = city.call(OPERATOR, "GET", f"{address}/history").json["steps"]
    assert [step["did"] for step in steps] == ["proposed", "rejected"]


def test_a_scheduled_version_is_withdrawn_once_and_in_time(city: InMemoryCity) -> None:
    address = f"/policies/{LAST['version']}/withdrawal"
    with unchanged(city):
        assert_problem(
            ask(city, "/policies/incheon-2021-01-01/withdrawal", {"reason": "no"}), 422, "amendment_too_late"
        )
        assert_problem(ask(city, "/policies/nothing/withdrawal", {"reason": "no"}), 404, "not_found")
        assert_problem(ask(city, address, {}), 400, "invalid_request", "missing", "reason")
    assert ask(city, address, {"reason": "no"}).json == {"version": LAST["version"], "status": "withdrawn"}
    assert_problem(ask(city, address, {"reason": "no"}), 404, "not_found")
    for path in (f"/policies/{LAST['version']}", f"/policies/{LAST['version']}/explanation"):
        assert_problem(city.call(None, "GET", path), 404, "not_found")
    assert LAST["version"] not in [each["version"] for each in city.call(None, "GET", "/policies").json["policies"]]


@pytest.mark.parametrize("act", ["revisions", "check", "approval", "rejection", "withdrawal"])
def test_a_draft_that_was_changed_since_is_refused(city: InMemoryCity, act: str) -> None:
    assert ask(city, f"{DRAFT}/revisions", drafted(WAITING) | {"revision": 1}).status == 200
    body = drafted(WAITING) if act == "revisions" else {"reason": "so"} if act != "check" else {}
    with unchanged(city):
        answer = ask(city, f"{DRAFT}/{act}", body | {"revision": 1}, COLLEAGUE)
    assert_problem(answer, 409, "draft_changed")


def test_a_draft_is_not_renamed_and_what_was_approved_is_not_edited(city: InMemoryCity) -> None:
    renamed = drafted("another-name") | {"revision": 1}
    with unchanged(city):
        assert_problem(ask(city, f"{DRAFT}/revisions", renamed), 422, "policy_invalid", "renamed", "version")
    ask(city, f"{DRAFT}/approval", {"revision": 1}, COLLEAGUE)
    with unchanged(city):
        assert_problem(ask(city, f"{DRAFT}/revisions", drafted(WAITING) | {"revision": 1}), 409, "draft_closed")


def test_without_a_simulation_and_an_emergency_nothing_is_approved(city: InMemoryCity) -> None:
    begun = drafted("calm-2034-01-01", "2034-01-01T00:00:00+09:00") | {"emergency_reason": None}
    assert ask(city, "/policy_drafts", begun).status == 201
    checked = ask(city, "/policy_drafts/calm-2034-01-01/check", {"revision": 1})
    assert checked.json["check"]["note"].endswith("Simulate and check it again.")
    with unchanged(city):
        answer = ask(city, "/policy_drafts/calm-2034-01-01/approval", {"revision": 1}, COLLEAGUE)
    assert_problem(answer, 409, "simulation_missing")


def test_versions_are_listed_in_pages(empty_city: InMemoryCity) -> None:
    starts = [f"20{year}-01-01T00:00:00+09:00" for year in range(30, 79)]
    documents = [LAST | {"version": f"v{place}", "starts_at": start} for place, start in enumerate(starts)]
    assert ask(empty_city, "/policies/history", {"policies": documents}).status == 201

    first = empty_city.call(None, "GET", "/policies").json
    second = empty_city.call(None, "GET", "/policies", query={"cursor": first["cursor"]}).json

    assert [each["version"] for each in first["policies"] + second["policies"]] == [f"v{n}" for n in range(49)]
    assert (len(first["policies"]), second["cursor"]) == (30, None)
