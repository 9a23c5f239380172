"""Rewards that were spent when their payment was cancelled: undoing everything gives back everything, in any order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest

from eeum.audit.partition import Partition
from eeum.audit.rules import deviations
from eeum.calendar import SEOUL
from eeum.cashback import posting
from eeum.cashback.replay import Refund
from eeum.payments.rules import Payment, portion
from eeum.storage import Table
from eeum.wallet.rules import Wallet
from tests.contract.shapes import shapes_of_the_contract
from tests.invariants import check_everything
from tests.use_cases.command_policies import january_2021, layer, world_under
from tests.use_cases.world import World

POINTS = {"id": "points", "title": {"ko": "포인트", "en": "points"}, "expires_after": {"months": 1}}
PURSE = "points@2021-02"


def _world(*layers: dict[str, Any]) -> World:
    return world_under(january_2021(purses=[POINTS]) | {"layers": list(layers), "limits": []})


def _kept(world: World) -> Iterator[World]:
    yield world
    check_everything(world.memory)
    uncovered = world.storage.shapes - shapes_of_the_contract()
    assert not uncovered, f"something was sent that no case of the contract covers: {uncovered}"


@pytest.fixture
def pointed() -> Iterator[World]:
    """Ten per cent as points for the month and the next."""
    yield from _kept(_world(layer("points", "cashback", 1_000, into="points")))


@pytest.fixture
def cashed() -> Iterator[World]:
    """Ten per cent as cashback."""
    yield from _kept(_world(layer("cash", "cashback", 1_000)))


def _purses(world: World, wallet: Wallet) -> dict[str, int]:
    return {each: won for each, won in world.balances(wallet).items() if won}


def _earned_and_spent(world: World, *, hold: bool = False) -> tuple[Wallet, Payment, Payment]:
    """200,000 charged; 100,000 of them paid, and all that they earned spent on something else."""
    payer, shop = world.member(charged=200_000, cashback_first=True), world.shop()
    paid = world.pay(payer, shop, 100_000).entry
    world.post(paid)
    spent = world.pay(payer, shop, 10_000, hold=hold).entry
    if not hold:
        world.post(spent)
    return payer, paid, spent


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_points_and_what_they_bought_are_cancelled_in_either_order(pointed: World, order: tuple[int, ...]) -> None:
    payer, *payments = _earned_and_spent(pointed)
    for each in order:
        pointed.post(pointed.cancel(payments[each]).entry)
    assert _purses(pointed, payer) == {"charged": 200_000}
    assert pointed.wallet(payer.id).debts == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_cashback_and_what_it_bought_are_cancelled_in_either_order(cashed: World, order: tuple[int, ...]) -> None:
    payer, *payments = _earned_and_spent(cashed)
    for each in order:
        cashed.post(cashed.cancel(payments[each]).entry)
    assert _purses(cashed, payer) == {"charged": 200_000}
    assert cashed.wallet(payer.id).debts == {}


@pytest.mark.parametrize("end", ["void", "expire", "reverse"])
def test_a_hold_on_points_is_released_after_their_payment_was_cancelled(pointed: World, end: str) -> None:
    payer, shop = pointed.member(charged=200_000), pointed.shop()
    paid = pointed.pay(payer, shop, 100_000).entry
    pointed.post(paid)
    key = pointed.new_key()
    held = pointed.pay(payer, shop, 10_000, key=key, hold=True).entry
    pointed.post(pointed.cancel(paid).entry)
    assert pointed.wallet(payer.id).debts == {PURSE: {"charged": 10_000}}
    if end == "void":
        pointed.void(held)
    elif end == "expire":
        pointed.now = datetime(2021, 1, 20, tzinfo=SEOUL)
        assert pointed.expire() == 1
    else:
        pointed.reverse(payer, shop, 10_000, key, hold=True)
    assert _purses(pointed, payer) == {"charged": 200_000}
    assert pointed.wallet(payer.id).debts == {}
    (release,) = pointed.entries("release")
    assert release["returned"] == [["charged", 10_000]]
    assert release["repaid"] == [[PURSE, "charged", 10_000]]


def test_a_hold_on_cashback_is_released_after_its_payment_was_cancelled(cashed: World) -> None:
    payer, paid, held = _earned_and_spent(cashed, hold=True)
    cashed.post(cashed.cancel(paid).entry)
    assert cashed.wallet(payer.id).debts == {"cashback": {"charged": 10_000}}
    cashed.void(held)
    assert _purses(cashed, payer) == {"charged": 200_000}


def test_the_entries_say_what_was_owed_and_what_was_repaid(pointed: World) -> None:
    payer, paid, spent = _earned_and_spent(pointed)
    for each in (paid, spent):
        pointed.post(pointed.cancel(each).entry)
    first, second = pointed.book(payer).corrections
    assert (first.spent, first.recovered, first.recovered_from) == ({PURSE: 10_000}, 10_000, {"charged": 10_000})
    assert first.released == (("charged", 90_000),)
    assert (second.repaid, second.released) == (((PURSE, "charged", 10_000),), (("charged", 10_000),))


def test_what_is_undone_in_part_is_repaid_in_part(pointed: World) -> None:
    payer, paid, spent = _earned_and_spent(pointed)
    pointed.post(pointed.cancel(paid).entry)
    for number, won in enumerate((1, 2_999, 3_000)):
        pointed.post(pointed.cancel(spent, won).entry)
        assert pointed.balances(payer)["charged"] == 190_000 + (1, 3_000, 6_000)[number]
    assert pointed.wallet(payer.id).debts == {PURSE: {"charged": 4_000}}
    pointed.post(pointed.cancel(spent).entry)
    assert _purses(pointed, payer) == {"charged": 200_000}


def test_points_that_were_repaid_do_not_expire(pointed: World) -> None:
    """They were spent in time; when that is undone after their date, the charged money comes back that was kept for them."""
    payer, paid, spent = _earned_and_spent(pointed)
    pointed.now = datetime(2021, 3, 5, tzinfo=SEOUL)
    pointed.post(pointed.cancel(paid).entry)
    pointed.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    assert pointed.sweeping.wallet(pointed.wallet(payer.id), pointed.now) == 0
    assert pointed.wallet(payer.id).purse(PURSE) is None
    pointed.post(pointed.cancel(spent).entry)
    assert _purses(pointed, payer) == {"charged": 200_000}


def test_what_had_expired_unspent_stays_expired(pointed: World) -> None:
    payer, shop = pointed.member(charged=200_000), pointed.shop()
    paid = pointed.pay(payer, shop, 100_000).entry
    pointed.post(paid)
    spent = pointed.pay(payer, shop, 4_000).entry
    pointed.post(spent)
    pointed.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    assert pointed.sweeping.wallet(pointed.wallet(payer.id), pointed.now) == 6_000
    for each in (paid, spent):
        pointed.post(pointed.cancel(each).entry)
    assert _purses(pointed, payer) == {"charged": 200_000}
    assert [each.get("expired", {}) for each in pointed.entries("correction")].count({PURSE: 6_000}) == 1


def test_new_rewards_and_top_ups_repay_nothing(pointed: World) -> None:
    payer, paid, spent = _earned_and_spent(pointed)
    pointed.post(pointed.cancel(paid).entry)
    pointed.top_up(payer, 30_000)
    pointed.post(pointed.pay(payer, pointed.shop(), 20_000).entry)
    assert _purses(pointed, payer) == {"charged": 200_000, PURSE: 2_000}
    assert pointed.wallet(payer.id).debts == {PURSE: {"charged": 10_000}}
    pointed.post(pointed.cancel(spent).entry)
    assert _purses(pointed, payer) == {"charged": 210_000, PURSE: 2_000}


def test_a_refund_fills_cashback_with_its_own_cashback_first(cashed: World) -> None:
    """What would come back to cashback anyway is owed to no purse."""
    payer, shop = cashed.member(charged=100_000, cashback_first=True), cashed.shop()
    first = cashed.pay(payer, shop, 50_000).entry
    cashed.post(first)
    both = cashed.pay(payer, shop, 45_000).entry
    assert both.paid_from == (("cashback", 5_000), ("charged", 40_000))
    cashed.post(both)
    last = cashed.pay(payer, shop, 4_000).entry
    cashed.post(last)
    # Nothing is in cashback, and its 4,000 are to be taken back: the 5,000 that come back do for that.
    cashed.post(cashed.cancel(both).entry)
    correction = cashed.book(payer).corrections[-1]
    assert (correction.recovered_from, correction.released) == (
        {"cashback": 4_000},
        (("charged", 40_000), ("cashback", 1_000)),
    )
    assert cashed.wallet(payer.id).debts == {}
    for each in (first, last):
        cashed.post(cashed.cancel(each).entry)
    assert _purses(cashed, payer) == {"charged": 100_000}


def test_a_grant_that_filled_cashback_is_repaid(cashed: World) -> None:
    """The refund of what a grant paid goes to cashback below zero, and comes back to the grant when the spending is undone."""
    payer, shop = cashed.member(charged=20_000, cashback_first=True), cashed.shop()
    paid = cashed.pay(payer, shop, 20_000).entry
    cashed.post(paid)
    cashed.give(payer.id, "youth", 3_000)
    granted = cashed.pay(payer, shop, 3_000).entry
    spent = cashed.pay(payer, shop, 2_000).entry
    cashed.post(granted, spent)
    # Charged money pays for 1,500 of the reward that was spent; the grant's refund comes first of all.
    cancelled = cashed.cancel(paid, 15_000).entry
    cashed.post(cancelled)
    assert cashed.wallet(payer.id).debts == {"cashback": {"charged": 1_500}}
    for each in (granted, spent, paid):
        cashed.post(cashed.cancel(each).entry)
    assert _purses(cashed, payer) == {"charged": 20_000, "youth": 3_000}


@pytest.mark.parametrize("parts", [(60_000, None), (1, 99_998, None), (None,)])
def test_corrections_of_earlier_versions_are_read_and_refunded_to_the_won(
    cashed: World, parts: tuple[int | None, ...]
) -> None:
    """They say what was recovered, and not from which purse: what comes back later goes on from where they left it."""
    payer, paid, spent = _earned_and_spent(cashed)
    with _as_earlier_versions_did():
        cashed.post(cashed.cancel(paid, parts[0]).entry)
    (stored,) = cashed.entries("correction")
    assert "recovered_from" not in stored
    assert cashed.wallet(payer.id).debts == {}
    recovered = stored["recovered"]
    for won in parts[1:]:
        cashed.post(cashed.cancel(paid, won).entry)
    corrections = cashed.book(payer).corrections
    assert sum(each.refund for each in corrections) == 100_000
    # Charged money paid for all of it, and none is lost or given twice.
    assert sum(won for each in corrections for _, won in each.released) == 100_000 - 10_000
    owed = 10_000 - recovered
    assert cashed.wallet(payer.id).debts == ({"cashback": {"charged": owed}} if owed else {})
    # What was recovered before purses owed each other stays as it was decided.
    cashed.post(cashed.cancel(spent).entry)
    assert _purses(cashed, payer) == {
        name: won for name, won in {"charged": 200_000 - recovered, "cashback": recovered}.items() if won
    }
    items = cashed.memory.items(Table.LEDGER)
    found = deviations(Partition(items[0]["pk"], items), cashed.policies.in_force_at, cashed.now)
    assert [each for each in found if each.entry[:6] != "GRANT#"] == []


@contextmanager
def _as_earlier_versions_did() -> Iterator[None]:
    """Recovered from the whole refund, whose end was then left out; nothing said from where, and no purse owed another."""

    def refund(book: Any, cancelled: Any, payments: Any, cashback: int, _: Any) -> Refund:
        recovered = missing = min(sum(each.refund for each in cancelled), max(-cashback, 0))
        released: dict[str, int] = {}
        for each in cancelled:
            kept = min(each.refund, missing)
            missing -= kept
            (earning,) = [one for one in book.earnings if one.digest == each.payment]
            drawn = payments[each.payment].paid_for(earning.start, earning.end)
            for purse_id, won in portion(drawn[::-1], 0, each.refund - kept):
                released[purse_id] = released.get(purse_id, 0) + won
        return Refund(recovered, tuple(released.items()))

    with patch.object(posting, "refund", refund), patch.object(posting, "debts_after", lambda debts, *_, **__: debts):
        yield
