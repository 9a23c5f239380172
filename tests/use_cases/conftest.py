"""A world for each test, which must keep the invariants whatever was done in it, and send nothing that the contract does not cover."""

from collections.abc import Iterator

import pytest

from tests.contract.shapes import shapes_of_the_contract
from tests.invariants import check_everything
from tests.use_cases.world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    check_everything(made.memory)
    assert made.storage.shapes <= shapes_of_the_contract(), "something was sent that no case of the contract covers"
