"""Payments and top-ups judged by every fact of the language: posted from the stream, cancelled, and caught up."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from eeum.cashback.catch_up import CatchUp, catch_up_segment
from eeum.cashback.gap_store import GapStore
from eeum.merchants.rules import Merchant
from eeum.payments.rules import Payment
from eeum.policy.documents import canonical_document
from eeum.segments import Segment
from eeum.wallet.rules import Wallet
from tests.every_fact import (
    CHANNEL,
    EXPECTED_OF_THE_OTHER,
    MEMBER,
    OTHER_CHANNEL,
    OTHER_MEMBER,
    OTHER_PRICE,
    OTHER_SHOP,
    OTHER_TOP_UP,
    OTHERS_LATER,
    PRICE,
    SHOP,
    TOP_UP,
    expected,
    layer_id,
    of_payments,
    of_top_ups,
    top_up_conditions,
)
from tests.invariants import check_everything
from tests.use_cases.world import MORNING, NUMBERS, World, incheon

PAID_AT = MORNING + timedelta(minutes=1)
BASE = {name: value for name, value in incheon()[5].items() if name not in ("limits", "layers")} | {
    "starts_at": "2021-01-01T00:00:00+09:00",
    "limits": [],
}


def _world(layers: list[dict[str, Any]]) -> Iterator[World]:
    world = World(documents=(canonical_document(BASE | {"version": "facts-2021", "layers": layers}),))
    yield world
    check_everything(world.memory)


@pytest.fixture
def paying() -> Iterator[World]:
    yield from _world(of_payments(PAID_AT))


@pytest.fixture
def topping_up() -> Iterator[World]:
    yield from _world(of_top_ups(PAID_AT))


def _shop(world: World, number: str, about: dict[str, Any]) -> Merchant:
    said = {**about, "flags": frozenset(about["flags"]), "own_rate": about["own_rate_basis_points"]}
    del said["own_rate_basis_points"]
    return world.shop(number, **said)


def _member(world: World, name: str, about: dict[str, str], charged: int = 0) -> Wallet:
    wallet = world.member(name, charged=charged)
    said: dict[str, Any] = {
        {"member_district": "district"}.get(fact, fact): date.fromisoformat(value) if fact == "birth_date" else value
        for fact, value in about.items()
    }
    return world.about(wallet, **said)


def _pay(world: World, **changes: Any) -> tuple[Wallet, Payment]:
    """A payment for which every condition holds."""
    payer, shop = _member(world, "known", MEMBER, charged=500_000), _shop(world, NUMBERS[0], SHOP)
    world.now = PAID_AT
    return payer, world.pay(payer, shop, PRICE, channel=CHANNEL, **changes).entry


def _rewards(world: World, wallet: Wallet) -> list[dict[str, int]]:
    return [{each.layer: each.won for each in earning.rewards if each.won} for earning in world.earnings(wallet)]


def test_every_condition_holds_for_its_payment(paying: World) -> None:
    payer, payment = _pay(paying)
    assert paying.accrue(payment) == []
    assert _rewards(paying, payer) == [expected(PAID_AT)]


def test_no_condition_holds_for_another_payment(paying: World) -> None:
    other, shop = _member(paying, "other", OTHER_MEMBER, charged=100_000), _shop(paying, NUMBERS[1], OTHER_SHOP)
    paying.now = PAID_AT + OTHERS_LATER
    payment = paying.pay(other, shop, OTHER_PRICE, channel=OTHER_CHANNEL, method="app").entry
    assert paying.accrue(payment) == []
    assert _rewards(paying, other) == [EXPECTED_OF_THE_OTHER]


def test_captures_and_cancellations_use_the_facts_of_their_hold(paying: World) -> None:
    payer, held = _pay(paying, hold=True)
    captured = paying.capture(held).entry
    assert paying.accrue(captured) == []
    assert _rewards(paying, payer) == [expected(PAID_AT)]
    assert paying.accrue(paying.cancel(held, PRICE - OTHER_PRICE).entry) == []
    # Half of it survives, at half the price: below the condition on the amount.
    left = sum(expected(PAID_AT).values()) // 2 - 50
    assert paying.balances(payer)["cashback"] == left
    assert paying.accrue(paying.cancel(held).entry) == []
    assert paying.balances(payer) == {"charged": 500_000, "cashback": 0}


def test_a_refused_entry_is_posted_by_the_catch_up(paying: World) -> None:
    """As in a city whose stream function refused every payment of a member with a date of birth."""
    payer, payment = _pay(paying)
    cancellation = paying.cancel(payment, 1).entry
    assert (paying.wallet(payer.id).due, paying.wallet(payer.id).accrued) == (2, 0)

    gaps = GapStore(paying.storage)
    tools = CatchUp(gaps, paying.accrual())
    found = catch_up_segment(tools, Segment(0, 1))

    assert (found.behind, found.accrued, len(found.unposted)) == (1, 2, 0)
    assert cancellation.amount == 1
    (earning,) = paying.earnings(payer)
    assert {each.layer: each.won for each in earning.rewards} == expected(PAID_AT)
    wallet = paying.wallet(payer.id)
    assert (wallet.due, wallet.accrued) == (2, 2)


def test_every_condition_of_a_top_up_holds_for_its_top_up_alone(topping_up: World) -> None:
    member = _member(topping_up, "known", MEMBER)
    topping_up.now = PAID_AT
    given = {each.reward.layer: each.reward.won for each in topping_up.top_up(member, TOP_UP).entry.rewards}
    assert given == {layer_id(fact): TOP_UP // 1_000 for fact in top_up_conditions(PAID_AT)}
    other = _member(topping_up, "other", OTHER_MEMBER)
    topping_up.now = PAID_AT + OTHERS_LATER
    assert topping_up.top_up(other, OTHER_TOP_UP).entry.rewards == ()
