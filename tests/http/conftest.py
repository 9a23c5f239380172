"""Fixtures: the handlers on a storage in memory, called with HTTP API events."""

from __future__ import annotations

import os

# The environment that the template gives each function; read when the functions are imported, below and in the tests.
os.environ.update(
    STAGE="local",
    PROGRAMME="incheon",
    LEDGER_TABLE="ledger",
    MERCHANTS_TABLE="merchants",
    PROGRAMME_TABLE="programme",
    BALANCES_TABLE="balances",
    BUDGETS_TABLE="budgets",
    EVENT_BUS="the-city-s-bus",
    POWERTOOLS_SERVICE_NAME="test",
    SIMULATIONS_QUEUE_URL="http://127.0.0.1:9/000000000000/simulations",
    SIMULATIONS_BUCKET="simulations",
    DEAD_LETTER_QUEUE_URL="http://127.0.0.1:9/000000000000/dead-letters",
    AWS_DEFAULT_REGION="ap-northeast-2",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
)

import pytest

from tests.http.city import Inhabitants, InMemoryCity, inhabited
from tests.in_memory.storage import InMemoryStorage


@pytest.fixture(scope="session")
def founded() -> tuple[InMemoryStorage, Inhabitants]:
    """A city that was set up through its own API, once for all tests."""
    return inhabited()


@pytest.fixture
def city(founded: tuple[InMemoryStorage, Inhabitants]) -> InMemoryCity:
    """A copy of the founded city for one test."""
    storage, inhabitants = founded
    return InMemoryCity(copy_of(storage), inhabitants)


@pytest.fixture
def empty_city() -> InMemoryCity:
    """A city without policies, members or merchants."""
    return InMemoryCity(InMemoryStorage(), None)


def copy_of(storage: InMemoryStorage) -> InMemoryStorage:
    """A storage with the same items, written in the same order."""
    copied = InMemoryStorage()
    for number, write in enumerate(storage.log):
        copied.transact([write], f"copy-{number}")
    return copied
