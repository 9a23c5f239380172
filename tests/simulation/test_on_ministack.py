"""Many at once on ministack."""

import pytest

from eeum.storage import Storage
from tests.simulation import engine_cases

ENGINE = "ministack"
pytestmark = pytest.mark.engine


def test_a_small_city_survives_many_threads(storage: Storage) -> None:
    engine_cases.a_small_city_survives_many_threads(storage)


def test_many_clients_of_one_wallet_and_one_merchant_lose_nothing_and_overdraw_nothing(storage: Storage) -> None:
    engine_cases.many_clients_of_one_wallet_and_one_merchant_lose_nothing_and_overdraw_nothing(storage)
