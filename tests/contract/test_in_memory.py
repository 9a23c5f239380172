"""The contract, held by the storage that use cases and simulations run on; and that it leaves nothing out."""

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
