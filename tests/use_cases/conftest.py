"""A world for each test; at the end its invariants hold, and all its requests are covered by the contract."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.shapes import shapes_of_the_contract
from tests.invariants import check_everything
from tests.use_cases.command_policies import bonus, january_2021, limit, wallet_terms, world_under
from tests.use_cases.world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    _check(made)


@pytest.fixture
def founded() -> Iterator[Callable[..., World]]:
    """A function that makes worlds under given documents (see `command_policies`), checked in the same way."""
    worlds: list[World] = []

    def found(*documents: dict[str, object]) -> World:
        worlds.append(world_under(*documents))
        return worlds[-1]

    yield found
    for each in worlds:
        _check(each)


def _check(world: World) -> None:
    check_everything(world.memory)
    uncovered = world.storage.shapes - shapes_of_the_contract()
    assert not uncovered, f"requests that no case of the contract covers: {uncovered}"


@pytest.fixture
def under(founded: Callable[..., World]) -> Callable[..., World]:
    """A function that makes a world whose policy has these additional layers."""

    def found(*layers: dict[str, Any], **words: Any) -> World:
        return founded(january_2021(layers=layers, wallet=words.pop("wallet", wallet_terms()), **words))

    return found


@pytest.fixture
def saving_city(under: Callable[..., World]) -> World:
    """A bonus of 10 % into the loaded balance, on the first 100,000 won of a month."""
    return under(bonus(limits=["bonus-base"]), limits=[limit("bonus-base", "top_up", 100_000)])
