"""The contract on the in-memory storage that use cases and simulations run on."""

import pytest

from eeum.storage import Storage
from tests.contract.cases import Case, parameters
from tests.in_memory.storage import InMemoryStorage


@pytest.fixture
def storage() -> Storage:
    return InMemoryStorage()


@pytest.mark.parametrize("case", parameters({}))
def test_contract(case: Case, storage: Storage) -> None:
    case(storage)
