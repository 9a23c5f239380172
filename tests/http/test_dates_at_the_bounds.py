"""Every operation on a document's dates, with dates at their bounds; and requests whose answer cannot be built."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import programme_policy.drafts
from eeum.calendar import FIRST_YEAR, LAST_YEAR, SEOUL
from eeum.storage import Key, Put, Table
from tests.http.callers import BANK, COLLEAGUE, OPERATOR, OWNER, PAYER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import WAITING, Answer, InMemoryCity, budget_line, drafted, policies
from tests.unit.policy.test_policy_dates import AFTER_THE_LAST, BEFORE_THE_FIRST, FIRST, LAST, PLACES, moved

DRAFT = f"/policy_drafts/{WAITING}"
START = datetime(2032, 1, 1, tzinfo=SEOUL)
EVENT = {"window": "event", "from": FIRST, "until": LAST}


def widest(**changes: Any) -> dict[str, Any]:
    """A version whose every date is at its bound: event, pool, carry-over, condition and end."""
    last = policies()[-1]
    limits = [each | {"carries_over_from": FIRST} for each in last["limits"]]
    limits += [
        {"id": "event-reward", "measure": "reward", "amount": 9_000_000, **EVENT},
        {"id": "event-spend", "measure": "spend", "amount": 9_000_000, **EVENT},
        {"id": "yearly", "measure": "spend", "amount": 900_000, "window": "year", "carries_over_from": FIRST},
        {"id": "topped-up", "measure": "top_up", "amount": 9_000_000, "window": "month", "carries_over_from": FIRST},
        {"id": "off", "measure": "reward", "amount": 9_000_000, **EVENT},
    ]
    within = {"fact": "instant", "from": FIRST, "until": LAST}
    rate = {"bands": [{"from": 0, "up_to": None, "rate_basis_points": 100}]}
    city = {"funders": [{"funder": "city", "share": 1}], "pools": ["money"]}
    layers = [
        {"id": "kept", "title": {"ko": "적립", "en": "Kept"}, "when": within, "limits": ["event-spend", "event-reward"], **rate, **city},
        {"id": "later", "title": {"ko": "환급", "en": "Later"}, "gives": "payback", "limits": ["yearly"], **rate, **city},
        {"id": "off", "title": {"ko": "할인", "en": "Off"}, "gives": "discount", "limits": ["off"], **rate, **city},
        {"id": "bonus", "title": {"ko": "충전", "en": "Bonus"}, "gives": "top_up_bonus", "limits": ["topped-up"], **rate, **city},
    ]  # fmt: skip
    layers[0]["into"] = "points"
    return {
        "ends_at": LAST,
        "limits": limits,
        "pools": [{"id": "money", "amount": 1_000_000, **EVENT}],
        "purses": [{"id": "points", "title": {"ko": "점수", "en": "Points"}, "expires_after": {"years": 10}}],
        "layers": [*({**each, "bands": [{"from": 0, "up_to": None, "rate_basis_points": 1_000}]} for each in last["layers"][:1]), *layers],
    } | changes  # fmt: skip


def ask(city: InMemoryCity, path: str, body: Any, caller: Any = OPERATOR, key: str | None = None) -> Answer:
    return city.call(caller, "POST", path, body, key=key)


def expect(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.body
    return answer.json


def scheduled(city: InMemoryCity, start: str, **changes: Any) -> str:
    name = f"at-the-bounds-{start[:10]}"
    expect(ask(city, "/policy_drafts", drafted(name, start, **widest(**changes))), 201)
    checked = expect(ask(city, f"/policy_drafts/{name}/check", {"revision": 1}))
    assert (checked["check"]["faults"], checked["status"]) == ([], "checked")
    expect(ask(city, f"/policy_drafts/{name}/approval", {"revision": 1}, COLLEAGUE))
    return name


def run_every_operation(city: InMemoryCity, name: str, before: datetime) -> None:
    """Run every operation that depends on the version, a minute after its start."""
    simulated = {"policy": {"version": name}, "payments": {"source": "city", "from": "2000-01", "until": "2000-12"}}
    expect(ask(city, "/policy_simulations", simulated, key="a-simulation-of-the-version"), 202)
    for now in (before, city.now):
        city.now = now
        for path in ("/policies", f"/policies/{name}", f"/policies/{name}/explanation", "/policies/coming"):
            expect(city.call(None, "GET", path))
        expect(city.call(OPERATOR, "GET", f"/policy_drafts/{name}"))
    wallet, merchant = city.who.wallet, city.who.merchant
    expect(
        ask(
            city,
            f"/wallets/{wallet}/top_ups",
            {"amount": 100_000, "bank_reference": "KB-1"},
            BANK,
            "a-top-up-at-the-bounds",
        )
    )
    order = {"merchant_id": merchant, "amount": 50_000}
    expect(ask(city, f"/wallets/{wallet}/cashback_quotes", order, PAYER))
    with_reads = city.storage.costs.round_trips
    paid = expect(ask(city, f"/wallets/{wallet}/payments", order, PAYER, "a-payment-at-the-bounds"))
    assert paid["status"] == "approved", paid
    city.post_cashback()
    assert city.storage.costs.round_trips - with_reads < 60, "the number of years does not matter"
    shown = expect(city.call(PAYER, "GET", f"/wallets/{wallet}/cashback"))
    assert shown["earnings"], shown
    back = {"amount": 20_000, "reason": "returned"}
    expect(
        ask(city, f"/merchants/{merchant}/payments/{paid['id']}/cancellations", back, OWNER, "a-cancellation-at-bounds")
    )
    city.post_cashback()
    city.sweep(wallet)
    year = city.now.year
    for path in ("", "/forecast", "/changes"):
        answer = city.call(OPERATOR, "GET", f"/budgets/{year}{path}")
        assert answer.status in (200, 404), answer.body
    (pool,) = expect(city.call(OPERATOR, "GET", f"/budgets/{year}"))["pools"]
    assert 0 < pool["spent"] < 3_000, pool


@pytest.mark.parametrize("year", [2032, 2199])
def test_every_operation_works_with_dates_at_the_bounds(city: InMemoryCity, year: int) -> None:
    start = datetime(year, 12, 31, 23, tzinfo=SEOUL)
    name = scheduled(city, start.isoformat())
    before, city.now = city.now, start + timedelta(minutes=1)
    run_every_operation(city, name, before)


def test_every_operation_works_with_the_last_possible_start(city: InMemoryCity) -> None:
    name = scheduled(city, f"{LAST_YEAR}-12-31T23:59:00+09:00")
    before, city.now = city.now, datetime(LAST_YEAR, 12, 31, 23, 59, 30, tzinfo=SEOUL)
    run_every_operation(city, name, before)


@pytest.mark.parametrize("text", [AFTER_THE_LAST[-1], BEFORE_THE_FIRST[0]])
@pytest.mark.parametrize("place", PLACES)
def test_a_draft_with_a_date_out_of_bounds_is_refused(city: InMemoryCity, place: str, text: str) -> None:
    made = moved(PLACES[place], text) | {"programme": "incheon"}
    with unchanged(city):
        answer = ask(city, "/policy_drafts", {"document": made, "reason": "far", "emergency_reason": "now"})
        assert_problem(answer, 400, "invalid_request")
        assert {(fault["path"], fault["code"]) for fault in answer.json["errors"]} == {
            (f"document.{place}", "instant_range")
        }


@pytest.mark.parametrize("text", [*AFTER_THE_LAST, *BEFORE_THE_FIRST])
def test_an_amendment_with_a_date_out_of_bounds_is_refused(city: InMemoryCity, text: str) -> None:
    asked = [
        {"end": {"version": "incheon-2021-01-01", "ends_at": text}},
        {"suspension": {"from": text}},
        {"suspension": {"from": "2030-01-01T00:00:00+09:00", "until": text}},
        {"lifting": {"suspension": city.who.amendment, "at": text}},
    ]
    with unchanged(city):
        for each in asked:
            assert_problem(ask(city, "/policy_amendments", each | {"reason": "far"}), 400, "invalid_request")


@pytest.mark.parametrize("text", [LAST, "2032-01-01T00:00:00+09:00"])
def test_an_end_and_a_suspension_at_the_last_instant_are_approved_and_announced(city: InMemoryCity, text: str) -> None:
    for change in (
        {"end": {"version": policies()[-1]["version"], "ends_at": text}},
        {"suspension": {"from": "2031-01-01T00:00:00+09:00", "until": text}},
    ):
        proposed = expect(ask(city, "/policy_amendments", change | {"reason": "far"}), 201)
        expect(ask(city, f"/policy_amendments/{proposed['id']}/approval", {}, COLLEAGUE))
        expect(city.call(None, "GET", "/policies/coming"))


@pytest.mark.parametrize("year", ["1999", "2201", "9999", "0000", "20220", "x"])
def test_a_year_out_of_bounds_is_refused(city: InMemoryCity, year: str) -> None:
    assert_problem(city.call(OPERATOR, "GET", f"/budgets/{year}"), 400, "invalid_request")
    assert_problem(city.call(OPERATOR, "GET", f"/budgets/{year}/forecast"), 400, "invalid_request")
    line = budget_line(2032)
    assert_problem(ask(city, f"/budgets/{year}/lines", line, key="a-line-out-of-bounds"), 400, "invalid_request")


@pytest.mark.parametrize("month", ["1999-12", "2201-01", "9999-12", "0000-01"])
def test_a_month_out_of_bounds_is_refused(city: InMemoryCity, month: str) -> None:
    for path in (f"/months/{month}", f"/wallets/{city.who.wallet}/statements/{month}"):
        caller = None if path.startswith("/months") else PAYER
        assert_problem(city.call(caller, "GET", path), 400, "invalid_request")
    asked = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/cashback", query={"month": month})
    assert_problem(asked, 400, "invalid_request")


@pytest.mark.parametrize("year", [FIRST_YEAR, LAST_YEAR])
def test_years_and_months_at_the_bounds_are_answered(city: InMemoryCity, year: int) -> None:
    expect(city.call(OPERATOR, "GET", f"/budgets/{year}"))
    expect(city.call(OPERATOR, "GET", f"/budgets/{year}/forecast"))
    expect(city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/cashback", query={"month": f"{year}-12"}))


def test_a_version_that_was_stored_before_dates_had_bounds_is_shown_and_stops_no_payment(city: InMemoryCity) -> None:
    """Releases without bounds accepted this: a pool and an end in the year 9998."""
    far = "9998-12-31T00:00:00+09:00"
    name = scheduled(city, "2032-06-01T00:00:00+09:00")
    (item,) = [
        each for each in city.storage.items(Table.PROGRAMME) if each.get("version") == name and each["kind"] == "policy"
    ]
    (at,) = [
        each
        for each in city.storage.items(Table.PROGRAMME)
        if each["kind"] == "policy_name" and each["starts_at"].startswith("2032-06-01")
    ]
    assert at
    document = item["document"].replace(LAST, far).replace("2200-12-31T23:59:59.999000+09:00", far)
    assert far in document
    key = Key(Table.PROGRAMME, "PROGRAMME#incheon", "POLICY#2032-06-01T00:00:00.000+09:00")
    city.storage.transact([Put(key, item | {"document": document})], "as-an-earlier-release-stored-it")
    before, city.now = city.now, datetime(2032, 6, 1, 1, tzinfo=SEOUL)
    run_every_operation(city, name, before)


# --- no effect without an answer -------------------------------------------------------------------------------------------


STEPS = {
    "/policy_drafts": (drafted("another"), OPERATOR),
    f"{DRAFT}/revisions": (drafted(WAITING) | {"revision": 1}, OPERATOR),
    f"{DRAFT}/check": ({"revision": 1}, OPERATOR),
    f"{DRAFT}/approval": ({"revision": 1}, COLLEAGUE),
    f"{DRAFT}/rejection": ({"revision": 1, "reason": "no"}, COLLEAGUE),
    f"{DRAFT}/withdrawal": ({"revision": 1, "reason": "no"}, OPERATOR),
}


@pytest.mark.parametrize("path", STEPS)
def test_a_step_whose_answer_fails_is_not_stored(
    city: InMemoryCity, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise OverflowError("date value out of range")

    body, caller = STEPS[path]
    with monkeypatch.context() as patched:
        patched.setattr(programme_policy.drafts, "DraftBody", fails)
        with unchanged(city), pytest.raises(OverflowError):
            ask(city, path, body, caller)
    assert ask(city, path, body, caller).status in (200, 201), "the next attempt succeeds"


@pytest.mark.parametrize("module", ["lifecycle", "amending"])
def test_an_approval_after_which_the_announcement_would_fail_is_not_stored(
    city: InMemoryCity, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    def fails(*_: Any) -> Any:
        raise OverflowError("date value out of range")

    path = f"{DRAFT}/approval" if module == "lifecycle" else f"/policy_amendments/{city.who.amendment}/approval"
    body = {"revision": 1} if module == "lifecycle" else {}
    monkeypatch.setattr(f"eeum.policy.{module}.announced", fails)
    with unchanged(city), pytest.raises(OverflowError):
        ask(city, path, body, COLLEAGUE)
