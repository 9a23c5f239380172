"""Cancellations of discounted payments: refunds, limits and budgets get back their share."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.once import Answer
from eeum.payments.rules import Decline
from eeum.wallet.rules import LimitUsage
from tests.concurrency import attempts_at_once
from tests.use_cases.command_policies import appropriate, coupons, left
from tests.use_cases.world import World

KEY = "retried-key-0001"


@pytest.fixture
def city(founded: Callable[..., World]) -> World:
    return founded(coupons())


@pytest.mark.parametrize("parts", [(30_001,), (10_000, 10_000, 10_001), (1, 30_000), (30_000, 1), (7, 13, 29_981)])
def test_partial_cancellations_of_a_discounted_payment_add_up(city: World, parts: tuple[int, ...]) -> None:
    appropriate(city, 100_000, layers=["coupon"])
    payer, shop = city.member(charged=20_000, cashback=100_000, grants={"youth": 500}), city.shop()
    before = city.balances(payer)
    paid = city.pay(payer, shop, 30_001).entry
    city.accrue(paid)
    cancellations = [city.cancel(paid, amount).entry for amount in parts]
    assert sum(entry.refund for entry in cancellations) == 27_001
    assert left(city, layers=["coupon"]) == 100_000
    for entry in cancellations:
        city.accrue(entry)
    assert city.balances(payer) == before
    assert city.wallet(payer.id).limit_usage.used == {}


def test_part_of_a_discounted_payment_is_refunded_in_reverse_debit_order(city: World) -> None:
    appropriate(city, 100_000, layers=["coupon"])
    payer, shop = city.member(charged=20_000, grants={"youth": 5_000}), city.shop()
    paid = city.pay(payer, shop, 20_000).entry
    assert paid.paid_from == (("youth", 5_000), ("charged", 13_000))
    city.accrue(paid)
    cancelled = city.cancel(paid, 19_000).entry
    assert (cancelled.amount, cancelled.refund) == (19_000, 17_100)
    assert cancelled.postings == {
        f"merchant_payable/{shop.id}": -19_000,
        "purse/refund_pending": 17_100,
        "funder/city": 1_900,
    }
    city.accrue(cancelled)
    assert city.balances(payer) == {"charged": 20_000, "cashback": 0, "youth": 4_100}
    assert (left(city, layers=["coupon"]), city.wallet(payer.id).limit_usage.used) == (
        99_900,
        {"coupon-reward@2021-01": 100},
    )


def test_the_surviving_part_earns_on_its_share_of_the_amount_paid(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    city.accrue(city.cancel(paid, 10_000).entry)
    book = city.book(payer)
    assert sum(earning.won for earning in book.earnings) + sum(each.won for each in book.corrections) == 1_800


def test_a_limit_freed_by_a_cancellation_can_be_used_again(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    paid = city.pay(payer, shop, 100_000).entry
    assert city.pay(payer, shop, 10_000).entry.discount == 0
    city.cancel(paid, 50_000)
    assert city.pay(payer, shop, 100_000).entry.discount == 5_000


def test_a_cancellation_of_an_old_month_frees_no_limit(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    paid = city.pay(payer, shop, 100_000).entry
    city.now = datetime(2021, 3, 5, 10, 0, tzinfo=SEOUL)
    city.pay(payer, shop, 10_000)
    before = city.wallet(payer.id).limit_usage
    cancelled = city.cancel(paid, 50_000).entry
    assert (cancelled.refund, city.wallet(payer.id).limit_usage) == (45_000, before)


def test_concurrent_cancellations_each_return_their_share(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=400_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    answers = attempts_at_once([partial(city.cancel, paid, 3_333)] * 9)
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert len(entries) == 9, answers
    assert sum(entry.refund for entry in entries) == 9 * 3_333 - 3_000 + 3_000 * 3 // 30_000
    assert left(city) == 100_000 - 3_000 * 3 // 30_000


def test_a_reversed_payment_gives_its_discount_back_once(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    city.pay(payer, shop, 30_000, KEY)
    for _ in range(2):
        reversal = city.reverse(payer, shop, 30_000, KEY)
        assert (reversal.outcome, reversal.cancellation and reversal.cancellation.refund) == ("reversed", 27_000)
        assert left(city) == 100_000


def test_a_cancellation_after_new_year_returns_money_to_the_year_that_paid(city: World) -> None:
    appropriate(city, 100_000)
    appropriate(city, 100_000, year=2022)
    city.now = datetime(2021, 12, 31, 12, 0, tzinfo=SEOUL)
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.now = datetime(2022, 1, 1, 12, 0, tzinfo=SEOUL)
    city.cancel(paid)
    assert (left(city), left(city, year=2022)) == (100_000, 100_000)


def test_a_payment_whose_money_is_spent_meanwhile_is_declined_without_a_discount(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=10_000), city.shop()
    done = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and len(writes) == 3 and not done:
            done.append(True)
            city.give(payer.id, "charged", -9_000)

    city.memory.fault = fault
    assert city.pay(payer, shop, 10_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert (done, left(city), city.wallet(payer.id).limit_usage) == ([True], 100_000, LimitUsage())
