"""Rewards that were spent when their payment is cancelled: undoing everything restores every purse, in any order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest

from eeum.audit.partition import Partition
from eeum.audit.rules import deviations
from eeum.calendar import SEOUL
from eeum.cashback import computing
from eeum.cashback.replay import Refund
from eeum.payments.rules import Payment, portion
from eeum.storage import Table
from eeum.wallet.rules import Wallet
from tests.use_cases.command_policies import POINTS, layer, only_layers
from tests.use_cases.world import World

PURSE = "points@2021-02"


@pytest.fixture
def with_points(founded: Callable[..., World]) -> World:
    """Ten per cent as points until the end of the next month."""
    return founded(only_layers(layer("points", "cashback", 1_000, into="points"), purses=[POINTS]))


@pytest.fixture
def with_cashback(founded: Callable[..., World]) -> World:
    """Ten per cent as cashback."""
    return founded(only_layers(layer("cash", "cashback", 1_000), purses=[POINTS]))


def _purses(world: World, wallet: Wallet) -> dict[str, int]:
    return {each: won for each, won in world.balances(wallet).items() if won}


def _earned_and_spent(world: World, *, hold: bool = False) -> tuple[Wallet, Payment, Payment]:
    """A member who loaded 200,000, paid 100,000, and spent all that this earned on something else."""
    payer, shop = world.member(charged=200_000, cashback_first=True), world.shop()
    paid = world.pay(payer, shop, 100_000).entry
    world.accrue(paid)
    spent = world.pay(payer, shop, 10_000, hold=hold).entry
    if not hold:
        world.accrue(spent)
    return payer, paid, spent


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_points_and_what_they_bought_are_cancelled_in_either_order(with_points: World, order: tuple[int, ...]) -> None:
    payer, *payments = _earned_and_spent(with_points)
    for each in order:
        with_points.accrue(with_points.cancel(payments[each]).entry)
    assert _purses(with_points, payer) == {"charged": 200_000}
    assert with_points.wallet(payer.id).debts == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_cashback_and_what_it_bought_are_cancelled_in_either_order(
    with_cashback: World, order: tuple[int, ...]
) -> None:
    payer, *payments = _earned_and_spent(with_cashback)
    for each in order:
        with_cashback.accrue(with_cashback.cancel(payments[each]).entry)
    assert _purses(with_cashback, payer) == {"charged": 200_000}
    assert with_cashback.wallet(payer.id).debts == {}


@pytest.mark.parametrize("end", ["void", "expire", "reverse"])
def test_a_hold_on_points_is_released_after_their_payment_was_cancelled(with_points: World, end: str) -> None:
    payer, shop = with_points.member(charged=200_000), with_points.shop()
    paid = with_points.pay(payer, shop, 100_000).entry
    with_points.accrue(paid)
    key = with_points.new_key()
    held = with_points.pay(payer, shop, 10_000, key=key, hold=True).entry
    with_points.accrue(with_points.cancel(paid).entry)
    assert with_points.wallet(payer.id).debts == {PURSE: {"charged": 10_000}}
    if end == "void":
        with_points.void(held)
    elif end == "expire":
        with_points.now = datetime(2021, 1, 20, tzinfo=SEOUL)
        assert with_points.expire() == 1
    else:
        with_points.reverse(payer, shop, 10_000, key, hold=True)
    assert _purses(with_points, payer) == {"charged": 200_000}
    assert with_points.wallet(payer.id).debts == {}
    (release,) = with_points.entries("release")
    assert release["returned"] == [["charged", 10_000]]
    assert release["repaid"] == [[PURSE, "charged", 10_000]]


def test_a_hold_on_cashback_is_released_after_its_payment_was_cancelled(with_cashback: World) -> None:
    payer, paid, held = _earned_and_spent(with_cashback, hold=True)
    with_cashback.accrue(with_cashback.cancel(paid).entry)
    assert with_cashback.wallet(payer.id).debts == {"cashback": {"charged": 10_000}}
    with_cashback.void(held)
    assert _purses(with_cashback, payer) == {"charged": 200_000}


def test_the_entries_say_what_was_owed_and_what_was_repaid(with_points: World) -> None:
    payer, paid, spent = _earned_and_spent(with_points)
    for each in (paid, spent):
        with_points.accrue(with_points.cancel(each).entry)
    first, second = with_points.book(payer).corrections
    assert (first.spent, first.recovered, first.recovered_from) == ({PURSE: 10_000}, 10_000, {"charged": 10_000})
    assert first.released == (("charged", 90_000),)
    assert (second.repaid, second.released) == (((PURSE, "charged", 10_000),), (("charged", 10_000),))


def test_a_partial_cancellation_is_repaid_in_part(with_points: World) -> None:
    payer, paid, spent = _earned_and_spent(with_points)
    with_points.accrue(with_points.cancel(paid).entry)
    for number, won in enumerate((1, 2_999, 3_000)):
        with_points.accrue(with_points.cancel(spent, won).entry)
        assert with_points.balances(payer)["charged"] == 190_000 + (1, 3_000, 6_000)[number]
    assert with_points.wallet(payer.id).debts == {PURSE: {"charged": 4_000}}
    with_points.accrue(with_points.cancel(spent).entry)
    assert _purses(with_points, payer) == {"charged": 200_000}


def test_points_that_were_repaid_do_not_expire(with_points: World) -> None:
    """They were spent in time. When the spending is undone after their expiry, the loaded balance is repaid."""
    payer, paid, spent = _earned_and_spent(with_points)
    with_points.now = datetime(2021, 3, 5, tzinfo=SEOUL)
    with_points.accrue(with_points.cancel(paid).entry)
    with_points.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    assert with_points.sweeping.wallet(with_points.wallet(payer.id), with_points.now) == 0
    assert with_points.wallet(payer.id).purse(PURSE) is None
    with_points.accrue(with_points.cancel(spent).entry)
    assert _purses(with_points, payer) == {"charged": 200_000}


def test_rewards_that_expired_unspent_stay_expired(with_points: World) -> None:
    payer, shop = with_points.member(charged=200_000), with_points.shop()
    paid = with_points.pay(payer, shop, 100_000).entry
    with_points.accrue(paid)
    spent = with_points.pay(payer, shop, 4_000).entry
    with_points.accrue(spent)
    with_points.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    assert with_points.sweeping.wallet(with_points.wallet(payer.id), with_points.now) == 6_000
    for each in (paid, spent):
        with_points.accrue(with_points.cancel(each).entry)
    assert _purses(with_points, payer) == {"charged": 200_000}
    assert [each.get("expired", {}) for each in with_points.entries("correction")].count({PURSE: 6_000}) == 1


def test_new_rewards_and_top_ups_repay_nothing(with_points: World) -> None:
    payer, paid, spent = _earned_and_spent(with_points)
    with_points.accrue(with_points.cancel(paid).entry)
    with_points.top_up(payer, 30_000)
    with_points.accrue(with_points.pay(payer, with_points.shop(), 20_000).entry)
    assert _purses(with_points, payer) == {"charged": 200_000, PURSE: 2_000}
    assert with_points.wallet(payer.id).debts == {PURSE: {"charged": 10_000}}
    with_points.accrue(with_points.cancel(spent).entry)
    assert _purses(with_points, payer) == {"charged": 210_000, PURSE: 2_000}


def test_a_refund_fills_cashback_with_its_own_cashback_first(with_cashback: World) -> None:
    """Money that would return to cashback anyway is owed to no purse."""
    payer, shop = with_cashback.member(charged=100_000, cashback_first=True), with_cashback.shop()
    first = with_cashback.pay(payer, shop, 50_000).entry
    with_cashback.accrue(first)
    both = with_cashback.pay(payer, shop, 45_000).entry
    assert both.paid_from == (("cashback", 5_000), ("charged", 40_000))
    with_cashback.accrue(both)
    last = with_cashback.pay(payer, shop, 4_000).entry
    with_cashback.accrue(last)
    # Cashback is zero, and its 4,000 are to be taken back: the 5,000 refunded to it cover that.
    with_cashback.accrue(with_cashback.cancel(both).entry)
    correction = with_cashback.book(payer).corrections[-1]
    assert (correction.recovered_from, correction.released) == (
        {"cashback": 4_000},
        (("charged", 40_000), ("cashback", 1_000)),
    )
    assert with_cashback.wallet(payer.id).debts == {}
    for each in (first, last):
        with_cashback.accrue(with_cashback.cancel(each).entry)
    assert _purses(with_cashback, payer) == {"charged": 100_000}


def test_an_allowance_that_filled_cashback_is_repaid(with_cashback: World) -> None:
    """The refund of an allowance fills cashback below zero; the allowance is repaid when the spending is undone."""
    payer, shop = with_cashback.member(charged=20_000, cashback_first=True), with_cashback.shop()
    paid = with_cashback.pay(payer, shop, 20_000).entry
    with_cashback.accrue(paid)
    with_cashback.give(payer.id, "youth", 3_000)
    granted = with_cashback.pay(payer, shop, 3_000).entry
    spent = with_cashback.pay(payer, shop, 2_000).entry
    with_cashback.accrue(granted, spent)
    # The loaded balance pays 1,500 of the spent reward; the allowance's refund is used before it.
    cancelled = with_cashback.cancel(paid, 15_000).entry
    with_cashback.accrue(cancelled)
    assert with_cashback.wallet(payer.id).debts == {"cashback": {"charged": 1_500}}
    for each in (granted, spent, paid):
        with_cashback.accrue(with_cashback.cancel(each).entry)
    assert _purses(with_cashback, payer) == {"charged": 20_000, "youth": 3_000}


@pytest.mark.parametrize("parts", [(60_000, None), (1, 99_998, None), (None,)])
def test_corrections_of_earlier_versions_are_read_and_refunded_to_the_won(
    with_cashback: World, parts: tuple[int | None, ...]
) -> None:
    """They store the recovered amount but not its purses: later refunds continue from where they ended."""
    payer, paid, spent = _earned_and_spent(with_cashback)
    with _as_earlier_versions_did():
        with_cashback.accrue(with_cashback.cancel(paid, parts[0]).entry)
    (stored,) = with_cashback.entries("correction")
    assert "recovered_from" not in stored
    assert with_cashback.wallet(payer.id).debts == {}
    recovered = stored["recovered"]
    for won in parts[1:]:
        with_cashback.accrue(with_cashback.cancel(paid, won).entry)
    corrections = with_cashback.book(payer).corrections
    assert sum(each.refund for each in corrections) == 100_000
    # The loaded balance paid all of it, and no won is lost or given twice.
    assert sum(won for each in corrections for _, won in each.released) == 100_000 - 10_000
    owed = 10_000 - recovered
    assert with_cashback.wallet(payer.id).debts == ({"cashback": {"charged": owed}} if owed else {})
    # Amounts recovered before purses had debts stay as they were decided.
    with_cashback.accrue(with_cashback.cancel(spent).entry)
    assert _purses(with_cashback, payer) == {
        name: won for name, won in {"charged": 200_000 - recovered, "cashback": recovered}.items() if won
    }
    items = with_cashback.memory.items(Table.LEDGER)
    found = deviations(Partition(items[0]["pk"], items), with_cashback.policies.in_force_at, with_cashback.now)
    assert [each for each in found if each.entry[:6] != "GRANT#"] == []


@contextmanager
def _as_earlier_versions_did() -> Iterator[None]:
    """Run corrections as earlier versions did: recovered from the end of the whole refund, without purses and debts."""

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

    with (
        patch.object(computing, "refund", refund),
        patch.object(computing, "debts_after", lambda debts, *_, **__: debts),
    ):
        yield
