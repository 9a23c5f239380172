"""A city of one's own for the end-to-end tests: the real template, deployed once a session, with identity enforced.

It lives below a temporary folder on a free port. Tests of one process share it, each with members of its own; those that move
its clock leave it later than they found it. Side by side (`--dist loadgroup`) they stay together, in one process and one city.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from local import building, inhabitants, sign_in
from local.api import Api
from local.city import City
from local.emulator import free_port
from local.roles import Tokens
from local.schedule import FIRST_OF_THE_MONTH
from local.sign_in import Application
from tests.e2e.faults import Faults, forwarding_to
from tests.e2e.members import Member, top_up

HERE = Path(__file__).parent
#: The day the tests begin: a Tuesday of the month of the published policy.
BEGINNING = "2021-01-05T10:00:00+09:00"

SignIn = Callable[[str, Application], str]


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.city)
            item.add_marker(pytest.mark.xdist_group("city"))


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Faults]]:
    data = tmp_path_factory.mktemp("city")
    port, emulator_port = free_port(), free_port()
    with forwarding_to(emulator_port) as faults:
        endpoint = f"http://127.0.0.1:{faults.port}"
        city = City(data, port, functions={"AWS_ENDPOINT_URL_DYNAMODB": endpoint}, emulator_port=emulator_port)
        city.start(building.build(), BEGINNING)
        try:
            yield city, faults
        finally:
            city.stop()


@pytest.fixture(scope="session")
def city(_running: tuple[City, Faults]) -> City:
    """The running city: its clock, calendar, emulator clients (`city.emulator.client("dynamodb")`) and resources."""
    return _running[0]


@pytest.fixture(scope="session")
def faults(_running: tuple[City, Faults]) -> Faults:
    """Conflicts and lost answers to inject between the functions and DynamoDB."""
    return _running[1]


@pytest.fixture(scope="session")
def api(city: City) -> Api:
    """The HTTP API for an anonymous caller; `api.as_caller(token)` is another caller."""
    return city.api


@pytest.fixture(scope="session")
def tokens(city: City) -> Tokens:
    """A ready token of each role."""
    return city.sign_everyone_in()


@pytest.fixture(scope="session")
def sign_in_as(city: City) -> SignIn:
    """Sign a person in through a client (`sign_in.RESIDENT_APP`, …), making the person known first: an access token."""

    def token(person: str, application: Application) -> str:
        groups = (sign_in.OPERATORS_GROUP,) if application is sign_in.STAFF_CONSOLE else ()
        city.signing.enrol(person, application, groups)
        return city.signing.token(person, application)

    return token


@pytest.fixture(scope="session")
def new_member(api: Api, tokens: Tokens, sign_in_as: SignIn) -> Callable[..., Member]:
    """Makes a member that no other test uses: `new_member(charged=900_000, verified=True, debit_order="cashback_first")`."""
    numbers = itertools.count(1)

    def make(charged: int = 0, *, verified: bool = False, **wallet: Any) -> Member:
        name = f"member-{next(numbers)}"
        own = api.as_caller(sign_in_as(name, sign_in.RESIDENT_APP))
        opened = own.post("/wallets", wallet)
        member = Member(name, own, opened["id"], opened["cards"][0]["token"])
        if verified:
            api.as_caller(tokens.operator).patch(
                f"/wallets/{member.wallet}", {"verified": True, "reason": "Papers in order."}
            )
        if charged:
            top_up(api, tokens, member, charged)
        return member

    return make


@pytest.fixture(scope="session")
def shops(city: City, api: Api, tokens: Tokens) -> dict[str, str]:
    """Ids of the merchants that can be paid, by name (`inhabitants.shops()` tells district, category and revenue)."""
    shopkeeper = api.as_caller(tokens.merchant)
    # Applying again with the same papers gives the application that is there.
    return {shop.name: shopkeeper.post("/merchants", shop.application())["id"] for shop in inhabitants.shops()}


@pytest.fixture(scope="session")
def move_clock(city: City) -> Callable[[str], datetime]:
    """Set the city's time to a later instant, `2021-01-31T23:59:50+09:00`."""

    def move(instant: str) -> datetime:
        local_time = datetime.fromisoformat(instant)
        assert local_time >= city.clock.now(), "the city's time never runs backwards"
        city.move_clock(local_time)
        return local_time

    return move


@pytest.fixture(scope="session")
def run_reset(city: City) -> Callable[[str], list[Any]]:
    """Invoke the monthly reset with its real event for a scheduled instant; what it answered."""
    return lambda instant: [city.calendar.run(FIRST_OF_THE_MONTH, datetime.fromisoformat(instant))]
