"""The test city itself: members pay and earn, the clock moves, months turn, and faults can be injected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import environment
from local.api import Api
from local.city import City
from local.emulator import free_port
from local.failure import CityFailure
from local.lock import FILE, port_of_running_city
from local.roles import Tokens
from tests.e2e.faults import Faults
from tests.e2e.members import Member, pay


def test_a_payment_earns_its_cashback(
    city: City, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=100_000)
    payment = pay(api, tokens, member, shops["송도 다방"], 20_000)
    assert payment["status"] == "approved"
    assert city.drain() == 0
    assert member.balances() == {"charged": 80_000, "cashback": 2_000}


def test_an_injected_conflict_is_survived(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str], faults: Faults
) -> None:
    member = new_member(charged=100_000)
    with faults.injected("before", containing=member.wallet, times=2) as conflict:
        payment = pay(api, tokens, member, shops["송도 다방"], 20_000)
    assert conflict.hits == 2
    assert payment["status"] == "approved"
    assert member.balances()["charged"] == 80_000


def test_the_clock_moves_and_the_reset_is_invoked(
    new_member: Callable[..., Member],
    api: Api,
    move_clock: Callable[[str], Any],
    run_reset: Callable[[str], list[Any]],
    city: City,
) -> None:
    before = city.clock.now()
    move_clock((before + timedelta(hours=1)).isoformat())
    member = new_member(charged=30_000)
    opened_at = datetime.fromisoformat(member.api.get(f"/wallets/{member.wallet}")["opened_at"])
    assert timedelta(hours=1) <= opened_at - before < timedelta(hours=2)
    answers = run_reset("2021-01-01T00:00:00+09:00")
    assert len(answers) == 1
    assert "2021-01" in {month["month"] for month in api.get("/months")["months"]}


def test_no_second_city_starts_in_its_folder_while_its_emulator_runs(city: City) -> None:
    assert port_of_running_city(city.data) == city.port
    assert city.emulator._process
    descriptors = Path(f"/proc/{city.emulator._process.pid}/fd")
    assert city.data / FILE in [descriptor.resolve() for descriptor in descriptors.iterdir()]
    with pytest.raises(CityFailure, match=f"on port {city.port}"):
        City(city.data, free_port()).check(None)


def test_containers_get_the_deployed_settings(city: City) -> None:
    assert environment.checked_in() == environment.of_city(city), "python -m local.environment writes the file again"
