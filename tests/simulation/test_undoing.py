"""Rewards are spent, owed and repaid often in a simulated city, under both kinds of policies, and some members undo everything."""

from datetime import timedelta

import pytest

from eeum.storage import Table
from tests.simulation.faults import Odds
from tests.simulation.running import do, new_city, steps_of
from tests.simulation.slow_lane import kept, small

OPERATIONS, OFTEN = 1_700, 8


@pytest.mark.parametrize("seed", [2, 3], ids=["Incheon", "all forms"])
def test_spendings_are_undone_often(seed: int) -> None:
    city = new_city(seed, OPERATIONS)
    with small(), kept(city):
        for step in steps_of(seed, OPERATIONS):
            city.now += timedelta(seconds=step.seconds)
            do(city, step, Odds())
    wallets = city.reference.wallets.values()
    ledger = city.memory.items(Table.LEDGER)
    assert sum(known.repaid for known in wallets) > OFTEN
    assert sum(known.undone for known in wallets) > OFTEN
    assert sum("recovered_from" in item for item in ledger) > OFTEN
    assert any("repaid" in item for item in ledger if item["kind"] == "release")
    if city.scene.lines:
        assert sum("spent" in item for item in ledger) > OFTEN
