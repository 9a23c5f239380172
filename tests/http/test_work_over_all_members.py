"""Functions that work over all wallets in segments, called as their state machine does: with the last answer as the next event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import cashback_calculation.catch_up
import monthly_cap_reset.app
import monthly_cap_reset.closing
import monthly_cap_reset.freezing
import payment_authorisation.expiry
from eeum.calendar import SEOUL
from eeum.composition import City
from tests.http.callers import ACQUIRER, BANK, PAYER
from tests.http.city import InMemoryCity
from tests.http.requests import payment

FEBRUARY = datetime(2021, 2, 1, tzinfo=SEOUL)
LONG = 300_000
"""The milliseconds of a call."""

WALLETS = 3
"""The number of wallets in the city; one of them has paid and has a hold."""

Call = Callable[..., Any]


@pytest.fixture
def call(city: InMemoryCity) -> Call:
    """Call a function over the city in memory; `left` milliseconds remain at each look, five minutes by default."""

    def invoke(module: Any, event: dict[str, Any], left: Callable[[], int] = lambda: LONG) -> Any:
        module.city = City(module.city.settings, city.storage, lambda: city.now)
        context = SimpleNamespace(
            get_remaining_time_in_millis=left,
            function_name="function",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:function",
            aws_request_id="5a7b0cb4-8a3e-4f0d-9b43-a0b2d6d4f3c1",
        )
        return module.handler(event, context)

    invoke(cashback_calculation.catch_up, {"segment": 0, "segments": 1})  # The payments that the city begins with.
    return invoke


def paid(city: InMemoryCity, amount: int, key: str, **changes: Any) -> Any:
    answer = city.call(
        ACQUIRER, "POST", "/payments", payment(city, card_token=city.who.card, amount=amount) | changes, key=key
    )
    assert answer.json["status"] in ("approved", "held"), answer
    return answer.json


def through(call: Call, module: Any, event: dict[str, Any], left: Callable[[], int]) -> tuple[Any, int]:
    """Call until `resume` is null; return the last answer and the number of calls."""
    calls = 0
    while event.get("resume", "") is not None:
        event, calls = call(module, event, left), calls + 1
        assert calls < 50
    return event, calls


def passing(milliseconds: int) -> Callable[[], int]:
    """A clock that runs: each look uses a second of the call's time."""
    state = {"left": milliseconds}

    def left() -> int:
        state["left"] -= 1_000
        if state["left"] < 0:
            state["left"] = milliseconds
            return 0
        return state["left"]

    return left


def test_a_catch_up_continues_to_the_end_and_sums_its_findings(
    city: InMemoryCity, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eeum.cashback.gap_store.MOST_READ", 1)
    for number in range(3):
        paid(city, 10_000, f"a-payment-of-the-day-{number}")
    first = {"segment": 0, "segments": 1, "resume": ""}

    answer, calls = through(call, cashback_calculation.catch_up, first, passing(22_000))

    assert answer == {
        "segment": 0, "segments": 1, "resume": None, "wallets": WALLETS, "behind": 1, "posted": 3, "unposted": 0,
        "finished": True, "begun_at": answer["begun_at"], "until": answer["until"],
    }  # fmt: skip
    assert calls > 1
    assert city.call(PAYER, "GET", f"/wallets/{city.who.wallet}").json["cashback_pending"] == 0
    assert call(cashback_calculation.catch_up, first)["posted"] == 0


def test_a_month_is_closed_and_frozen_and_its_statement_read(city: InMemoryCity, call: Call) -> None:
    call(monthly_cap_reset.app, {"scheduled_at": "2020-12-31T15:00:00Z"})
    paid(city, 10_000, "a-payment-of-january")
    nothing_due = call(monthly_cap_reset.closing, {"segment": 0, "segments": 1, "resume": ""})
    assert (nothing_due["month"], nothing_due["resume"]) == (None, None)
    assert call(monthly_cap_reset.freezing, {"found": [nothing_due]}) == {"frozen": None, "excepted": 0}

    city.now = FEBRUARY + timedelta(hours=1)
    call(monthly_cap_reset.app, {"scheduled_at": "2021-01-31T15:00:00Z"})
    found = [call(monthly_cap_reset.closing, {"segment": each, "segments": 3, "resume": ""}) for each in range(3)]

    assert [(each["month"], each["resume"]) for each in found] == [("2021-01", None)] * 3
    assert (sum(each["statements"] for each in found), sum(each["posted"] for each in found)) == (WALLETS, 1)
    with pytest.raises(ValueError, match="for each segment"):
        call(monthly_cap_reset.freezing, {"found": found[:2]})
    assert call(monthly_cap_reset.freezing, {"found": found}) == {"frozen": "2021-01", "excepted": 0}
    assert city.call(None, "GET", "/months/2021-01").json["frozen_at"] == "2021-02-01T01:00:00.000+09:00"
    statement = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/statements/2021-01").json
    assert (statement["paid"], statement["cashback"]["won"]) == (10_000, 1_000)


def test_a_pass_keeps_its_month_though_it_takes_over_the_hour(
    city: InMemoryCity, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eeum.cashback.gap_store.MOST_READ", 1)
    call(monthly_cap_reset.app, {"scheduled_at": "2020-12-31T15:00:00Z"})
    city.now = FEBRUARY + timedelta(hours=1)
    call(monthly_cap_reset.app, {"scheduled_at": "2021-01-31T15:00:00Z"})
    first = {"segment": 0, "segments": 1, "resume": ""}
    begun = call(monthly_cap_reset.closing, first, passing(24_000))
    assert begun["resume"]
    # Another run has frozen the month in between: this pass continues with the month that it began.
    whole = call(monthly_cap_reset.closing, first)
    assert call(monthly_cap_reset.freezing, {"found": [whole]}) == {"frozen": "2021-01", "excepted": 0}
    ended, _ = through(call, monthly_cap_reset.closing, begun, lambda: LONG)
    assert (ended["month"], ended["wallets"]) == ("2021-01", WALLETS)
    assert call(monthly_cap_reset.freezing, {"found": [ended]}) == {"frozen": None, "excepted": 0}


def test_holds_are_released_once_they_have_expired(city: InMemoryCity, call: Call) -> None:
    for number in range(3):
        paid(city, 10_000, f"a-hold-of-the-day-{number}", capture="later")
    assert call(payment_authorisation.expiry, {}) == {"released": 0}
    city.now += timedelta(days=7)
    assert call(payment_authorisation.expiry, {}) == {"released": 3 + 1}
    assert call(payment_authorisation.expiry, {}) == {"released": 0}
    wallet = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}").json
    assert wallet["purses"]["charged"] == 300_000


def test_as_many_expired_holds_are_released_as_time_allows(
    city: InMemoryCity, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_authorisation.expiry, "TOGETHER", 2)
    for number in range(5):
        paid(city, 10_000, f"a-hold-of-the-day-{number}", capture="later")
    city.now += timedelta(days=7)
    assert call(payment_authorisation.expiry, {}, lambda: 30_000) == {"released": 0}
    assert call(payment_authorisation.expiry, {}) == {"released": 5 + 1}


def test_a_top_up_alone_is_no_gap(city: InMemoryCity, call: Call) -> None:
    path = f"/wallets/{city.who.wallet}/top_ups"
    city.call(BANK, "POST", path, {"amount": 30_000, "bank_reference": "KB-1"}, key="a-top-up-of-the-day")
    assert call(cashback_calculation.catch_up, {"segment": 0, "segments": 1})["behind"] == 0


def test_a_run_that_breaks_off_is_continued_by_the_next_run(
    city: InMemoryCity, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an execution that failed: the next one begins with an event without a place."""
    monkeypatch.setattr("eeum.cashback.gap_store.MOST_READ", 1)
    first = {"segment": 0, "segments": 1, "resume": ""}
    begun = call(cashback_calculation.catch_up, first, passing(13_000))
    assert (begun["resume"] is None, begun["finished"]) == (False, False)
    continued, _ = through(call, cashback_calculation.catch_up, first, lambda: LONG)
    assert (continued["wallets"], continued["finished"]) == (WALLETS, True)
    # One at once is a pass of its own.
    at_once, _ = through(call, cashback_calculation.catch_up, {**first, "at_once": True}, lambda: LONG)
    assert (at_once["wallets"], "begun_at" in at_once) == (WALLETS, False)


def test_a_finished_catch_up_rests_until_the_next_is_due(
    city: InMemoryCity, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(cashback_calculation.catch_up.city.settings, pass_hours=6)
    monkeypatch.setattr(cashback_calculation.catch_up, "city", City(settings, city.storage, lambda: city.now))
    first = {"segment": 0, "segments": 1, "resume": ""}
    city.now += timedelta(hours=6)
    assert call(cashback_calculation.catch_up, first)["wallets"] == WALLETS
    city.now += timedelta(hours=5)
    resting = call(cashback_calculation.catch_up, first)
    assert (resting["resume"], resting["wallets"], resting["finished"]) == (None, 0, True)
    city.now += timedelta(hours=1)
    assert call(cashback_calculation.catch_up, first)["wallets"] == WALLETS


def test_a_month_is_not_frozen_by_a_pass_that_is_not_finished(city: InMemoryCity, call: Call) -> None:
    call(monthly_cap_reset.app, {"scheduled_at": "2020-12-31T15:00:00Z"})
    city.now = FEBRUARY + timedelta(hours=1)
    call(monthly_cap_reset.app, {"scheduled_at": "2021-01-31T15:00:00Z"})
    found = call(monthly_cap_reset.closing, {"segment": 0, "segments": 1, "resume": ""})
    assert call(monthly_cap_reset.freezing, {"found": [{**found, "finished": False}]})["frozen"] is None
    assert call(monthly_cap_reset.freezing, {"found": [found]})["frozen"] == "2021-01"
