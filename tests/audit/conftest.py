"""A ledger with every kind of entry, made once, and copied for each test that damages it."""

import copy
from functools import cache

import pytest

from eeum.storage import Key, Table
from tests.audit.life import Items, store_history
from tests.use_cases.world import World


@cache
def _lived() -> Items:
    world = World()
    store_history(world)
    return {Key(Table.LEDGER, item["pk"], item["sk"]): item for item in world.memory.items(Table.LEDGER)}


@pytest.fixture
def life() -> Items:
    """The ledger of one wallet with every kind of entry, as items by their keys."""
    return copy.deepcopy(_lived())
