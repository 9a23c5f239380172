"""Months turn by themselves: limits start again at midnight in Seoul, whether the reset runs late, twice, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.api import Api
from local.city import City
from local.failure import CityFailure
from local.roles import Tokens
from local.schedule import midnight
from tests.e2e.faults import WITHOUT_END, Faults, internal_error
from tests.e2e.members import Member, pay
from tests.e2e.waiting import earned, wait_for_cashback

SHOP = "운서 빵집"
MoveClock = Callable[[str], datetime]
RunReset = Callable[[str], list[Any]]


def first_of_next_month(instant: datetime) -> datetime:
    return (midnight(instant).replace(day=28) + timedelta(days=4)).replace(day=1)


def name_of(first: datetime) -> str:
    return f"{first:%Y-%m}"


def next_turn(city: City) -> tuple[datetime, str, str]:
    """The instant at which the next month begins, and the names of the month before it and of that month."""
    turn = first_of_next_month(city.clock.now())
    return turn, name_of(turn - timedelta(days=1)), name_of(turn)


def months(api: Api) -> dict[str, str]:
    """The status of each month."""
    return {month["month"]: month["status"] for month in api.get("/months")["months"]}


def test_the_month_turns_between_two_payments_though_no_reset_has_run(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    move_clock: MoveClock,
) -> None:
    turn, old, new = next_turn(city)
    move_clock((turn - timedelta(minutes=2)).isoformat())
    member = new_member(charged=1_500_000, verified=True)
    key = "asked again after midnight"
    before = pay(api, tokens, member, shops[SHOP], 600_000, key)
    wait_for_cashback(member)
    assert before["accepted_at"].startswith(old)
    quoted = quote(member, shops[SHOP], 100_000)
    assert quoted == 1_000

    move_clock(turn.isoformat())
    assert new not in months(api)
    # The first second of the new month: no limit is used.
    assert quote(member, shops[SHOP], 100_000) == 10_000
    after = pay(api, tokens, member, shops[SHOP], 600_000)
    wait_for_cashback(member)

    assert after["accepted_at"].startswith(f"{turn:%Y-%m-%dT00:0}")
    assert (earned(member, old), earned(member, new)) == ([51_000], [51_000])
    assert [each["id"] for each in payments(member, old)] == [before["id"]]
    assert [each["id"] for each in payments(member, new)] == [after["id"]]
    assert member.balances() == {"charged": 300_000, "cashback": 102_000}
    # A retry of a request of last month gets last month's answer.
    assert pay(api, tokens, member, shops[SHOP], 600_000, key) == before
    assert member.balances()["charged"] == 300_000


def test_cashback_that_is_posted_after_midnight_counts_in_the_month_of_its_payment(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    move_clock: MoveClock,
    faults: Faults,
) -> None:
    turn, old, new = next_turn(city)
    move_clock((turn - timedelta(minutes=2)).isoformat())
    member = new_member(charged=1_000_000, verified=True)
    # An accrual is impossible while an item that it reads first is invalid.
    with faults.injected("before", internal_error, operation="BatchGetItem", containing="EARNING#", times=WITHOUT_END):
        pay(api, tokens, member, shops[SHOP], 500_000)
        pay(api, tokens, member, shops[SHOP], 100_000)
        move_clock(turn.isoformat())
        pay(api, tokens, member, shops[SHOP], 100_000)
        assert member.balances() == {"charged": 300_000, "cashback": 0}
    wait_for_cashback(member)

    assert (earned(member, old), earned(member, new)) == ([50_000, 1_000], [10_000])
    assert member.balances() == {"charged": 300_000, "cashback": 61_000}


def test_the_reset_opens_a_month_once_however_often_it_runs(
    city: City, api: Api, move_clock: MoveClock, run_reset: RunReset
) -> None:
    run_reset(midnight(city.clock.now()).replace(day=1).isoformat())
    turn, old, new = next_turn(city)
    move_clock((turn + timedelta(seconds=1)).isoformat())

    assert run_reset(turn.isoformat()) == [{"opened": [new], "closed": [old]}]
    turned = api.get("/months")
    assert run_reset(turn.isoformat()) == [{"opened": [], "closed": []}]

    assert api.get("/months") == turned
    assert (months(api)[old], months(api)[new]) == ("closed", "open")
    assert api.get(f"/months/{new}")["closed_at"] is None


def test_a_reset_two_months_late_opens_every_month_and_keeps_cashback(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    move_clock: MoveClock,
    run_reset: RunReset,
) -> None:
    run_reset(midnight(city.clock.now()).replace(day=1).isoformat())
    first = midnight(city.clock.now()).replace(day=1)
    missed = first_of_next_month(first)
    late = first_of_next_month(missed)
    member = new_member(charged=1_500_000, verified=True)
    for day in (city.clock.now() + timedelta(minutes=1), missed + timedelta(days=9), late + timedelta(days=9)):
        move_clock(day.isoformat())
        pay(api, tokens, member, shops[SHOP], 400_000)
        wait_for_cashback(member)
    assert not {name_of(missed), name_of(late)} & set(months(api))

    turned = run_reset(late.isoformat())

    assert turned == [{"opened": [name_of(missed), name_of(late)], "closed": [name_of(first)]}]
    statuses = months(api)
    assert [statuses[name_of(month)] for month in (first, missed, late)] == ["closed", "closed", "open"]
    # The missed run comes late, and finds nothing to do.
    assert run_reset(missed.isoformat()) == [{"opened": [], "closed": []}]
    assert months(api) == statuses
    assert [earned(member, name_of(month)) for month in (first, missed, late)] == [[40_000]] * 3
    assert member.balances() == {"charged": 300_000, "cashback": 120_000}


def test_a_month_that_has_not_begun_is_not_opened(city: City, api: Api, run_reset: RunReset) -> None:
    turned = months(api)
    with pytest.raises(CityFailure, match="is in the future"):
        run_reset(first_of_next_month(city.clock.now()).isoformat())

    assert months(api) == turned


def quote(member: Member, shop: str, amount: int) -> int:
    """The cashback that a payment would earn now."""
    body = {"merchant_id": shop, "amount": amount}
    cashback: int = member.api.post(f"/wallets/{member.wallet}/cashback_quotes", body)["cashback"]
    return cashback


def payments(member: Member, month: str) -> list[Any]:
    listed: list[Any] = member.api.get(f"/wallets/{member.wallet}/payments", month=month)["payments"]
    return listed
