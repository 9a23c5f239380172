"""Discounts at payment: how much is taken off the price, and who pays for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.once import Answer
from eeum.payments.rules import Decline, Payment
from eeum.storage import Contended
from eeum.wallet.rules import LimitUsage
from tests.concurrency import attempts_at_once
from tests.invariants import check_everything
from tests.use_cases.command_policies import TEN_PERCENT, appropriate, coupons, january_2021, layer, left, world_under
from tests.use_cases.world import World

KEY = "retried-key-0001"


@pytest.fixture
def city(founded: Callable[..., World]) -> World:
    return founded(coupons())


def _paid(answer: Answer[Payment]) -> tuple[int, int]:
    """The discount, and the amount that the wallet paid."""
    return answer.entry.discount, sum(won for _, won in answer.entry.paid_from)


def test_a_discount_is_taken_off_the_price_and_the_merchant_gets_the_whole_of_it(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000)
    assert _paid(paid) == (3_000, 27_000)
    assert paid.entry.postings == {
        "purse/charged": -27_000,
        "funder/city": -3_000,
        f"merchant_payable/{shop.id}": 30_000,
    }
    assert city.balances(payer)["charged"] == 73_000
    assert city.wallet(payer.id).limit_usage == LimitUsage(1, {"coupon-reward@2021-01": 3_000})
    assert city.payments.payment(payer.id, paid.entry.acceptance.id) == paid.entry


def test_cashback_is_on_the_amount_paid(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    city.accrue(city.pay(payer, shop, 30_000).entry)
    (earning,) = city.earnings(payer)
    assert (earning.base, earning.won) == (27_000, 2_700)


def test_the_last_won_of_a_limit_are_given_and_then_none(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    discounts = [city.pay(payer, shop, amount).entry.discount for amount in (95_000, 9_990, 50_000)]
    assert discounts == [9_500, 500, 0]
    assert city.wallet(payer.id).limit_usage.used == {"coupon-reward@2021-01": 10_000}


def test_a_limit_turns_with_its_window(city: World) -> None:
    city.now = datetime(2021, 1, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)
    payer, shop = city.member(charged=400_000), city.shop()
    assert city.pay(payer, shop, 200_000).entry.discount == 10_000
    city.now += timedelta(milliseconds=1)
    assert city.pay(payer, shop, 50_000).entry.discount == 5_000
    assert city.wallet(payer.id).limit_usage.used == {"coupon-reward@2021-01": 10_000, "coupon-reward@2021-02": 5_000}


def test_usage_of_old_windows_is_dropped(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    for month in (1, 2, 3):
        city.now = datetime(2021, month, 5, 10, 0, tzinfo=SEOUL)
        city.pay(payer, shop, 10_000)
    assert city.wallet(payer.id).limit_usage.used == {"coupon-reward@2021-02": 1_000, "coupon-reward@2021-03": 1_000}


@pytest.mark.parametrize(("price", "held", "paid"), [(1, 1, 1), (9, 9, 9), (10, 9, 9), (11, 10, 10)])
def test_the_wallet_needs_the_amount_paid_and_not_the_price(city: World, price: int, held: int, paid: int) -> None:
    payer, shop = city.member(charged=held), city.shop()
    assert _paid(city.pay(payer, shop, price)) == (price - paid, paid)
    poor = city.member("poor", charged=held - 1)
    assert city.pay(poor, shop, price).entry.decline is Decline.INSUFFICIENT_FUNDS


def test_a_declined_payment_gets_no_discount_and_uses_nothing(city: World) -> None:
    payer, shop = city.member(charged=10), city.shop()
    declined = city.pay(payer, shop, 100_000).entry
    assert (declined.decline, declined.discounts) == (Decline.INSUFFICIENT_FUNDS, ())
    assert city.wallet(payer.id).limit_usage == LimitUsage()


def test_a_hold_gets_no_discount(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    held = city.pay(payer, shop, 30_000, hold=True).entry
    assert (held.discount, city.balances(payer)["held"]) == (0, 30_000)
    city.capture(held)
    assert city.wallet(payer.id).limit_usage == LimitUsage()


def test_each_discount_is_on_the_price_and_together_they_leave_one_won() -> None:
    in_shops = {"fact": "channel", "in": ["shop"]}
    layers = [
        layer(name, "discount", rate, when=in_shops) for name, rate in (("one", 6_000), ("two", 6_000), ("three", 10))
    ]
    world = world_under(january_2021(layers=layers))
    payer, shop = world.member(charged=100_000), world.shop()
    paid = world.pay(payer, shop, 10_000).entry
    assert {each.layer: each.won for each in paid.discounts} == {"one": 6_000, "two": 3_999}
    check_everything(world.memory)


def test_a_shop_pays_for_its_own_discount() -> None:
    own = layer("shops-own", "discount", 0, funders={"merchant": 1})
    own["bands"][0]["rate_basis_points"] = "merchant"
    world = world_under(january_2021(layers=[own]))
    payer, shop = world.member(charged=100_000), world.shop(own_rate=500)
    paid = world.pay(payer, shop, 10_000).entry
    assert paid.postings == {
        "purse/charged": -9_500,
        f"merchant_reward/{shop.id}": -500,
        f"merchant_payable/{shop.id}": 10_000,
    }
    world.cancel(paid, 5_000)
    check_everything(world.memory)


# --- facts of members and cards -----------------------------------------------------------------------------------------


def test_a_discount_may_depend_on_age_district_issuer_and_amount() -> None:
    every = [
        {"fact": "member_age", "at_most": 19},
        {"fact": "member_district", "in": ["seo"]},
        {"fact": "card_issuer", "in": ["nonghyup"]},
        {"fact": "amount", "at_least": 10_000},
        {"fact": "weekday", "in": ["tuesday"]},
    ]
    world = world_under(january_2021(layers=[layer("youth", "discount", 1_000, when={"all": every})]))
    payer, shop = world.member(charged=100_000), world.shop()
    assert world.pay(payer, shop, 10_000).entry.discount == 0
    world.about(payer, birth_date=datetime(2001, 1, 6).date(), district="seo", card_issuer="nonghyup")
    paid = world.pay(payer, shop, 10_000).entry
    assert (paid.discount, paid.facts.member_age, paid.facts.card_issuer) == (1_000, 19, "nonghyup")
    assert world.pay(payer, shop, 9_999).entry.discount == 0
    world.now += timedelta(days=1)
    assert world.pay(payer, shop, 10_000).entry.discount == 0, "a day older, and it is Wednesday"
    check_everything(world.memory)


# --- budgets ------------------------------------------------------------------------------------------------------------


def test_discounts_are_paid_from_the_years_budget_until_it_is_used_up(city: World) -> None:
    appropriate(city, 5_000)
    payers, shop = [city.member(f"payer {number}", charged=100_000) for number in range(4)], city.shop()
    entries = [city.pay(payer, shop, 20_000).entry for payer in payers]
    assert [entry.discount for entry in entries] == [2_000, 2_000, 1_000, 0]
    assert [dict(entry.funded_amounts) for entry in entries] == [{}, {}, {"coupon": 1_000}, {"coupon": 0}]
    assert left(city) == 0
    assert city.wallet(payers[2].id).limit_usage.used == {"coupon-reward@2021-01": 1_000}


def test_concurrent_payments_get_no_more_than_a_line_has(city: World) -> None:
    appropriate(city, 10_500)
    payers, shop = [city.member(f"payer {number}", charged=100_000) for number in range(16)], city.shop()
    answers = attempts_at_once([partial(city.pay, payer, shop, 10_000) for payer in payers])
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert len(entries) == 16, answers
    assert sum(entry.discount for entry in entries) == 10_500
    assert {entry.decline for entry in entries} == {None}
    assert left(city) == 0


def test_concurrent_payments_of_one_member_get_no_more_than_the_limit(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    answers = attempts_at_once([partial(city.pay, payer, shop, 15_000) for _ in range(12)])
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert len(entries) == 12, answers
    assert sorted(entry.discount for entry in entries) == [*[0] * 5, 1_000, *[1_500] * 6]
    assert city.balances(payer)["charged"] == 400_000 - 12 * 15_000 + 10_000


def test_the_same_request_gets_one_discount_however_often_it_is_sent(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    answers = attempts_at_once([partial(city.pay, payer, shop, 20_000, KEY)] * 8)
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert entries == entries[:1] * 8, answers
    assert (city.balances(payer)["charged"], left(city)) == (82_000, 98_000)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_transaction_whose_answer_was_lost_takes_the_discount_once(city: World, moment: str) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    city.pay(payer, shop, 10_000)
    with city.failing(Contended, moment, 2):
        paid = city.pay(payer, shop, 20_000)
    assert _paid(paid) == (2_000, 18_000)
    assert (city.balances(payer)["charged"], left(city)) == (73_000, 97_000)


def test_a_pool_of_the_city_is_first_come_first_served() -> None:
    pool = {"id": "opening", "window": "month", "amount": 2_500}
    world = world_under(january_2021(pools=[pool], layers=[layer("opening", "discount", 1_000, pools=["opening"])]))
    payers, shop = [world.member(f"payer {number}", charged=100_000) for number in range(4)], world.shop()
    payments = [world.pay(payer, shop, 10_000).entry for payer in payers]
    assert [payment.discount for payment in payments] == [1_000, 1_000, 500, 0]
    world.cancel(payments[0])
    assert world.pay(payers[3], shop, 10_000).entry.discount == 1_000, "returned money is used again"
    check_everything(world.memory)


def test_a_version_that_starts_between_two_payments_applies_to_the_second() -> None:
    later = january_2021(
        version="incheon-2021-01-10", starts_at="2021-01-10T00:00:00+09:00", layers=[TEN_PERCENT | {"limits": []}]
    )
    world = world_under(january_2021(), later)
    world.now = datetime(2021, 1, 9, 23, 59, 59, 999_000, tzinfo=SEOUL)
    payer, shop = world.member(charged=100_000), world.shop()
    assert world.pay(payer, shop, 10_000).entry.discount == 0
    world.now += timedelta(milliseconds=1)
    assert world.pay(payer, shop, 10_000).entry.discount == 1_000
    check_everything(world.memory)


def test_a_version_that_starts_during_a_decision_does_not_apply() -> None:
    """The clock moves between reading and writing: the instant of acceptance decides the version, at each attempt."""
    later = january_2021(
        version="incheon-2021-01-10", starts_at="2021-01-10T00:00:00+09:00", layers=[TEN_PERCENT | {"limits": []}]
    )
    world = world_under(january_2021(), later)
    appropriate(world, 10_000)
    world.now = datetime(2021, 1, 9, 23, 59, 59, 999_000, tzinfo=SEOUL)
    payer, shop = world.member(charged=100_000), world.shop()

    def at_midnight(moment: str, writes: Any) -> None:
        if moment == "before" and world.now < datetime(2021, 1, 10, tzinfo=SEOUL):
            world.now = datetime(2021, 1, 10, tzinfo=SEOUL)
            world.give(payer.id, "charged", 1)

    world.memory.fault = at_midnight
    paid = world.pay(payer, shop, 10_000).entry
    assert (paid.discount, paid.acceptance.accepted_at.day) in ((0, 9), (1_000, 10))
    world.memory.fault = lambda moment, writes: None
    check_everything(world.memory)


def test_a_payment_is_decided_again_when_its_limit_was_used_meanwhile(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    city.pay(payer, shop, 10_000)
    done = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and not done:
            done.append(True)
            city.pay(payer, shop, 85_000, KEY)

    city.memory.fault = fault
    assert city.pay(payer, shop, 10_000).entry.discount == 500


# --- costs --------------------------------------------------------------------------------------------------------------


def test_a_discounted_payment_is_two_round_trips_and_three_items(city: World) -> None:
    appropriate(city, 1_000_000)
    payer, shop = city.member(charged=100_000), city.shop()
    city.pay(payer, shop, 10_000)
    budgets = city.budgets()
    city.budgets = lambda: budgets  # type: ignore[method-assign]
    with city.counted() as costs:
        city.pay(payer, shop, 10_000)
    assert costs.round_trips == 2
    assert costs.write_units == 7, "two each for wallet, entry and budget shard, and one for the merchant's index"


def test_a_payment_without_discount_layers_reads_and_writes_nothing_more(world: World) -> None:
    appropriate(world, 1_000_000)
    payer, shop = world.member(charged=100_000), world.shop()
    asked = []
    world.budgets = lambda: asked.append(True)  # type: ignore[assignment, method-assign, func-returns-value]
    with world.counted() as costs:
        world.pay(payer, shop, 10_000)
    assert (costs.round_trips, costs.write_units, asked) == (2, 5, [])
