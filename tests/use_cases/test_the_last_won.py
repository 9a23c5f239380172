"""Payments, top-ups and accruals that always lose the race for a budget's last won: each is stored without delay."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from eeum.cashback.rules import Earning
from eeum.storage import Contended, Table, Write
from tests.invariants import check_everything
from tests.use_cases.command_policies import appropriate, bonus, january_2021, layer, left, wallet_terms, world_under
from tests.use_cases.world import World

WON = 3_337


class Given(NamedTuple):
    won: int
    funded_amounts: dict[str, int]


def _paid(world: World, name: str) -> Given:
    payment = world.pay(world.member(name, charged=100_000), world.shop(), 10_000).entry
    assert payment.decline is None
    return Given(payment.discount, dict(payment.funded_amounts))


def _topped_up(world: World, name: str) -> Given:
    top_up = world.top_up(world.member(name), 10_000).entry
    assert top_up.decline is None
    return Given(sum(each.reward.won for each in top_up.rewards), dict(top_up.funded_amounts))


def _earned(world: World, name: str) -> Given:
    payer = world.member(name, charged=100_000)
    assert world.accrue(world.pay(payer, world.shop(), 10_000).entry) == []
    (earning,) = [each for each in world.earnings(payer, "2021-01") if isinstance(each, Earning)]
    return Given(sum(each.won for each in earning.rewards if each.layer == "gift"), dict(earning.funded_amounts))


COMMANDS = {
    "payment": (layer("coupon", "discount", 1_000), "coupon", _paid),
    "top-up": (bonus(), "bonus", _topped_up),
    "posting": (layer("gift", "cashback", 1_000), "gift", _earned),
}


@pytest.fixture(params=COMMANDS)
def last(request: pytest.FixtureRequest) -> tuple[World, str, Callable[[World, str], Given]]:
    """A city whose line has so little left that nothing is moved between shards."""
    given, name, command = COMMANDS[request.param]
    world = world_under(january_2021(layers=[given], wallet=wallet_terms()))
    appropriate(world, WON, layers=[name])
    return world, name, command


def test_a_command_is_stored_without_contended_last_won_and_the_next_gets_them(
    last: tuple[World, str, Callable[[World, str], Given]],
) -> None:
    """As DynamoDB cancels transactions that meet on an item."""
    world, name, command = last

    def fault(moment: str, writes: Sequence[Write]) -> None:
        drawn = [write for write in writes if write.key.table is Table.BUDGETS and write.key.sk == "REST"]
        if moment == "before" and drawn:
            raise Contended("another holds it")

    world.memory.fault = fault
    assert command(world, "one") == Given(0, {name: 0})
    world.memory.fault = lambda moment, writes: None
    assert left(world, layers=[name]) == WON
    assert [command(world, each) for each in ("two", "three", "four", "five")] == [
        *[Given(1_000, {})] * 3,
        Given(337, {name: 337}),
    ]
    assert left(world, layers=[name]) == 0
    check_everything(world.memory)


def test_a_command_that_loses_every_race_is_stored_without_the_last_won(
    last: tuple[World, str, Callable[[World, str], Given]],
) -> None:
    world, name, command = last
    assert [command(world, each) for each in ("one", "two")] == [Given(1_000, {})] * 2
    others: list[Given] = []

    def fault(moment: str, writes: Sequence[Write]) -> None:
        drawn = any(write.key.table is Table.BUDGETS for write in writes)
        stores = any(write.key.table is Table.LEDGER for write in writes)
        if moment == "before" and drawn and stores:
            world.memory.fault = lambda moment, writes: None
            others.append(command(world, f"other {len(others)}"))
            world.memory.fault = fault

    world.memory.fault = fault
    assert command(world, "own") == Given(0, {name: 0})
    assert others[:2] == [Given(1_000, {}), Given(337, {name: 337})]
    assert {each.won for each in others[2:]} <= {0}
    assert left(world, layers=[name]) == 0
    check_everything(world.memory)
