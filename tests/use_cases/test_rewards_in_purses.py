"""Rewards in purses of their own: when and where they can be spent, and their cancellation and expiry."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.cashback.store import CashbackStore
from eeum.payments.rules import Decline
from eeum.storage import Contended
from eeum.wallet.rules import Wallet
from tests.use_cases.command_policies import POINTS, appropriate, layer, left, only_layers
from tests.use_cases.world import World

YEARLY = {"id": "yearly", "title": {"ko": "연간", "en": "yearly"}, "expires_after": {"years": 1}}
LASTING = {
    "id": "lasting",
    "title": {"ko": "시장", "en": "market"},
    "spendable_at": {"fact": "merchant_district", "in": ["jung"]},
}
PURSES = [POINTS, YEARLY, LASTING]
Earning = Callable[..., World]


@pytest.fixture
def earning(founded: Callable[..., World]) -> Earning:
    """A function that makes a world whose policy has these layers alone."""

    def found(*layers: dict[str, Any], **words: Any) -> World:
        return founded(only_layers(*layers, purses=PURSES, **words))

    return found


@pytest.fixture
def city(earning: Earning) -> World:
    """Ten per cent as points until the end of the next month, and one per cent as cashback."""
    return earning(layer("points", "cashback", 1_000, into="points"), layer("cash", "cashback", 100))


@pytest.fixture
def paying_back(earning: Earning) -> World:
    return earning(layer("later", "payback", 1_000))


def _purses(world: World, wallet: Wallet) -> dict[str, int]:
    return {each: won for each, won in world.balances(wallet).items() if won or each == "cashback"}


def _sweep(world: World, wallet: Wallet) -> int:
    return world.sweeping.wallet(world.wallet(wallet.id), world.now)


def test_a_reward_is_credited_to_its_layers_purse_and_names_it(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    assert _purses(city, payer) == {"charged": 70_000, "cashback": 300, "points@2021-02": 3_000}
    (earning,) = city.earnings(payer)
    assert (earning.into, earning.won) == ({"points": "points@2021-02"}, 3_300)
    (stored,) = city.entries("earning")
    assert stored["postings"] == {"funder/city": -3_300, "purse/points@2021-02": 3_000, "purse/cashback": 300}
    points = city.wallet(payer.id).purse("points@2021-02")
    assert points is not None
    assert (points.expires_at, points.where) == (datetime(2021, 3, 1, tzinfo=SEOUL), "points")


def test_each_months_rewards_have_their_own_purse(city: World) -> None:
    """The month is that of the payment, not of the accrual."""
    payer, shop = city.member(charged=100_000), city.shop()
    january = [city.pay(payer, shop, 5_000).entry]
    city.now = datetime(2021, 1, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)
    january.append(city.pay(payer, shop, 6_000).entry)
    city.now += timedelta(milliseconds=1)
    february = city.pay(payer, shop, 10).entry
    city.accrue(january[0])
    city.accrue(february)
    city.accrue(january[1])
    assert _purses(city, payer) == {"charged": 88_990, "cashback": 110, "points@2021-02": 1_100, "points@2021-03": 1}


def test_several_entries_of_one_transaction_open_a_purse_together(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    payments = [city.pay(payer, shop, amount).entry for amount in (5_000, 6_000)]
    assert city.accrue(*payments, *[city.cancel(each, 1_000).entry for each in payments]) == []
    assert _purses(city, payer)["points@2021-02"] == 900


def test_repeated_stream_records_credit_and_take_back_once(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    for _ in range(2):
        city.accrue(paid, paid)
    assert _purses(city, payer)["points@2021-02"] == 3_000
    cancelled = city.cancel(paid, 10_000).entry
    for _ in range(2):
        city.accrue(cancelled, paid, cancelled)
    assert _purses(city, payer) == {"charged": 10_000, "cashback": 200, "points@2021-02": 2_000}


def test_rewards_posted_after_their_expiry_are_not_spendable_and_are_swept(
    city: World,
) -> None:
    """They go into the purse of their payment's month, though it was swept and removed before."""
    payer, shop = city.member(charged=30_000), city.shop()
    in_time, late = (city.pay(payer, shop, amount).entry for amount in (20_000, 10_000))
    city.accrue(in_time)
    city.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    assert _sweep(city, payer) == 2_000
    assert city.wallet(payer.id).purse("points@2021-02") is None
    city.accrue(late)
    assert _purses(city, payer) == {"cashback": 300, "points@2021-02": 1_000}
    assert city.pay(payer, shop, 301).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert [_sweep(city, payer), _sweep(city, payer)] == [1_000, 0]
    city.accrue(city.cancel(late).entry)
    # The 1,000 points had expired unspent: only the 100 won of cashback are taken back.
    assert _purses(city, payer) == {"charged": 10_000, "cashback": 200}


def test_expired_rewards_are_not_spendable_before_or_after_a_sweep(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    city.now = datetime(2021, 2, 28, 23, 59, 59, 999_000, tzinfo=SEOUL)
    assert city.pay(payer, shop, 1_000).entry.paid_from == (("points@2021-02", 1_000),)
    assert _sweep(city, payer) == 0
    city.now += timedelta(milliseconds=1)
    assert city.pay(payer, shop, 1_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert _sweep(city, payer) == 2_000
    assert city.pay(payer, shop, 1_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    (expiry,) = city.entries("expiry")
    assert expiry["postings"] == {"purse/points@2021-02": -2_000, "expired/points": 2_000}
    assert _sweep(city, payer) == 0


def test_deferred_cashback_is_spendable_from_the_next_month(paying_back: World) -> None:
    payer, shop = paying_back.member(charged=10_000), paying_back.shop()
    paying_back.accrue(paying_back.pay(payer, shop, 10_000).entry)
    assert _purses(paying_back, payer) == {"cashback": 0, "payback@2021-02": 1_000}
    paying_back.now = datetime(2021, 1, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)
    assert paying_back.pay(payer, shop, 1).entry.decline is Decline.INSUFFICIENT_FUNDS
    paying_back.now += timedelta(milliseconds=1)
    assert paying_back.pay(payer, shop, 1_000).entry.paid_from == (("payback@2021-02", 1_000),)


def test_a_purse_limited_to_some_shops_is_spent_only_there(earning: Earning) -> None:
    world = earning(layer("market", "cashback", 1_000, into="lasting"))
    payer, shop = world.member(charged=10_000), world.shop()
    market = world.shop("2208162517", district="jung")
    world.accrue(world.pay(payer, shop, 10_000).entry)
    assert world.pay(payer, shop, 1_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert world.pay(payer, market, 1_000).entry.paid_from == (("lasting@always", 1_000),)


def test_rewards_may_earn_where_the_policy_says_so(earning: Earning) -> None:
    world = earning(layer("points", "cashback", 1_000, into="points"), earns_from=["charged", "rewards"])
    payer, shop = world.member(charged=10_000), world.shop()
    world.accrue(world.pay(payer, shop, 10_000).entry)
    again = world.pay(payer, shop, 1_000).entry
    assert again.paid_from == (("points@2021-02", 1_000),)
    world.accrue(again)
    assert _purses(world, payer)["points@2021-02"] == 100


# --- taken back ---------------------------------------------------------------------------------------------------------


def test_a_reward_is_taken_back_from_its_own_purse(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    city.accrue(city.cancel(paid, 20_000).entry)
    assert _purses(city, payer) == {"charged": 20_000, "cashback": 100, "points@2021-02": 1_000}


def test_spent_rewards_are_taken_from_cashback_which_may_go_below_zero(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    spent = city.pay(payer, shop, 2_500).entry
    city.accrue(spent)
    cancelled = city.cancel(paid).entry
    city.accrue(cancelled)
    # 500 of 3,000 points were left, and 300 of cashback are spent, too: the refund fills the missing 2,500.
    assert _purses(city, payer) == {"charged": 27_500, "cashback": 0}
    (correction,) = city.book(payer).corrections
    assert (correction.won, correction.recovered, correction.expired) == (-3_300, 2_500, {})
    assert city.wallet(payer.id).negative is None


def test_a_refund_goes_back_into_the_purse_that_paid(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    spent = city.pay(payer, shop, 2_000).entry
    city.accrue(spent)
    city.accrue(city.cancel(spent, 1_500).entry)
    assert _purses(city, payer)["points@2021-02"] == 2_500


def test_a_refund_into_a_removed_purse_restores_its_terms_and_expires(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    spent = city.pay(payer, shop, 2_000).entry
    city.accrue(spent)
    city.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    assert _sweep(city, payer) == 1_000
    assert city.wallet(payer.id).purse("points@2021-02") is None
    city.accrue(city.cancel(spent).entry)
    back = city.wallet(payer.id).purse("points@2021-02")
    assert back is not None
    assert (back.amount, back.expires_at) == (2_000, datetime(2021, 3, 1, tzinfo=SEOUL))
    assert city.pay(payer, shop, 2_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert _sweep(city, payer) == 2_000


@pytest.mark.parametrize("swept", [True, False])
def test_expired_unspent_rewards_are_not_owed_after_a_cancellation(city: World, swept: bool) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    city.accrue(city.pay(payer, shop, 1_000).entry)
    city.now = datetime(2021, 3, 5, tzinfo=SEOUL)
    if swept:
        assert _sweep(city, payer) == 2_000
    for won in (10_000, 20_000):
        city.accrue(city.cancel(paid, won).entry)
    # Of 3,000 points 1,000 were spent: only these are taken back.
    assert _purses(city, payer) == {"charged": 29_000, "cashback": 0}
    corrections = city.book(payer).corrections
    assert [each.won for each in corrections] == [-1_100, -2_200]
    assert sum(each.expired.get("points@2021-02", 0) for each in corrections) == (2_000 if swept else 0)
    assert CashbackStore(city.memory).expired(payer.id, ["points@2021-02"]) == {"points@2021-02": 0}


def test_deferred_cashback_is_taken_back_before_it_is_spendable(paying_back: World) -> None:
    payer, shop = paying_back.member(charged=10_000), paying_back.shop()
    paid = paying_back.pay(payer, shop, 10_000).entry
    paying_back.accrue(paid)
    paying_back.accrue(paying_back.cancel(paid).entry)
    assert _purses(paying_back, payer) == {"charged": 10_000, "cashback": 0}


def test_rewards_in_purses_are_funded_like_cashback(city: World) -> None:
    appropriate(city, 2_000, layers=["points"])
    payer, shop = city.member(charged=60_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    assert _purses(city, payer)["points@2021-02"] == 2_000
    city.accrue(city.cancel(paid).entry)
    assert left(city, layers=["points"]) == 2_000


# --- swept --------------------------------------------------------------------------------------------------------------


def test_a_purse_is_kept_while_it_has_a_hold_and_then_removed(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    city.now = datetime(2021, 2, 28, 12, tzinfo=SEOUL)
    held = city.pay(payer, shop, 2_000, hold=True).entry
    city.now = datetime(2021, 3, 1, 1, tzinfo=SEOUL)
    assert _sweep(city, payer) == 1_000
    city.void(held)
    assert city.balances(payer)["points@2021-02"] == 2_000
    city.now = datetime(2021, 4, 1, 1, tzinfo=SEOUL)
    assert _sweep(city, payer) == 2_000
    assert city.wallet(payer.id).purse("points@2021-02") is None


def test_a_spent_purse_of_deferred_cashback_is_removed_and_unspent_money_never_expires(paying_back: World) -> None:
    payer, shop = paying_back.member(charged=20_000), paying_back.shop()
    paying_back.accrue(paying_back.pay(payer, shop, 10_000).entry)
    paying_back.now = datetime(2021, 2, 5, tzinfo=SEOUL)
    paying_back.accrue(paying_back.pay(payer, shop, 1_000).entry, paying_back.pay(payer, shop, 10_000).entry)
    paying_back.now = datetime(2021, 12, 5, tzinfo=SEOUL)
    assert _sweep(paying_back, payer) == 0
    assert _purses(paying_back, payer) == {"cashback": 0, "payback@2021-03": 1_000}
    assert paying_back.wallet(payer.id).purse("payback@2021-02") is None


def test_a_term_in_years_ends_with_the_year(earning: Earning) -> None:
    world = earning(layer("yearly", "cashback", 1_000, into="yearly"))
    payer, shop = world.member(charged=10_000), world.shop()
    world.accrue(world.pay(payer, shop, 10_000).entry)
    world.now = datetime(2022, 12, 31, 23, 59, 59, tzinfo=SEOUL)
    assert _sweep(world, payer) == 0
    world.now = datetime(2023, 1, 1, tzinfo=SEOUL)
    assert _sweep(world, payer) == 1_000


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sweep_whose_answer_was_lost_sweeps_once(city: World, moment: str) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    city.now = datetime(2021, 3, 5, tzinfo=SEOUL)
    with city.failing(Contended, moment, 1):
        _sweep(city, payer)
    assert len(city.entries("expiry")) == 1


def test_a_refund_during_a_sweep_is_swept_or_stays(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    spent = city.pay(payer, shop, 2_000).entry
    city.accrue(spent)
    city.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    cancelled = city.cancel(spent).entry
    done: list[bool] = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and not done:
            done.append(True)
            city.accrue(cancelled)

    city.memory.fault = fault
    assert _sweep(city, payer) == 3_000
    city.memory.fault = lambda moment, writes: None


def test_an_accrual_whose_purse_is_removed_meanwhile_is_computed_again(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 20_000).entry)
    late = city.pay(payer, shop, 10_000).entry
    city.accrue(city.pay(payer, shop, 2_000).entry)
    city.now = datetime(2021, 4, 5, tzinfo=SEOUL)
    done: list[bool] = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and not done:
            done.append(True)
            city.sweeping.wallet(city.wallet(payer.id), city.now)

    city.memory.fault = fault
    city.accrue(late)
    city.memory.fault = lambda moment, writes: None
    assert city.balances(payer)["points@2021-02"] == 800


def test_a_release_restores_a_removed_purse_of_deferred_cashback(paying_back: World) -> None:
    payer, shop = paying_back.member(charged=10_000), paying_back.shop()
    paying_back.accrue(paying_back.pay(payer, shop, 10_000).entry)
    paying_back.now = datetime(2021, 3, 1, tzinfo=SEOUL)
    held = paying_back.pay(payer, shop, 1_000, hold=True).entry
    paying_back.now = datetime(2021, 3, 5, tzinfo=SEOUL)
    assert _sweep(paying_back, payer) == 0
    paying_back.void(held)
    assert _purses(paying_back, payer) == {"cashback": 0, "payback@2021-02": 1_000}
    assert paying_back.pay(payer, shop, 1_000).entry.decline is None


def test_a_payment_during_a_correction_leaves_less_to_take_back(city: World) -> None:
    """The spent rewards are owed, and not taken from the refund into the same purse."""
    payer, shop = city.member(charged=20_000), city.shop()
    city.accrue(city.pay(payer, shop, 20_000).entry)
    again = city.pay(payer, shop, 1_000).entry
    assert again.paid_from == (("points@2021-02", 1_000),)
    city.accrue(again)
    paid = city.payments.payment(payer.id, city.book(payer).earnings[0].payment_id)
    assert paid is not None
    cancelled = city.cancel(paid).entry
    done: list[bool] = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and not done:
            done.append(True)
            city.pay(payer, shop, 400)

    city.memory.fault = fault
    city.accrue(cancelled)
    city.memory.fault = lambda moment, writes: None
    (correction,) = city.book(payer).corrections
    assert correction.cashback["purse/points@2021-02"] == -600
    assert _purses(city, payer) == {"charged": 20_000 - 1_400, "cashback": 0}


def test_a_payment_of_the_last_instant_during_a_sweep_is_paid_and_not_swept(city: World) -> None:
    payer, shop = city.member(charged=30_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    done: list[bool] = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and not done:
            done.append(True)
            city.now = datetime(2021, 2, 28, 23, 59, 59, 999_000, tzinfo=SEOUL)
            assert city.pay(payer, shop, 1_000).entry.paid_from == (("points@2021-02", 1_000),)

    city.now = datetime(2021, 3, 1, tzinfo=SEOUL)
    city.memory.fault = fault
    assert _sweep(city, payer) == 2_000
    city.memory.fault = lambda moment, writes: None
    assert city.balances(payer)["points@2021-02"] == 0
