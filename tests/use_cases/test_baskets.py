"""Several payments of one wallet in one transaction: all or none, decided in order like separate payments."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.errors import IdempotencyKeyReused, TooManyItems
from eeum.once import Answer
from eeum.payments.rules import Decline, Order, PaymentStatus
from eeum.payments.use_cases import UnknownCard
from eeum.storage import Unavailable
from local.inhabitants import business_registration_number
from tests.concurrency import attempts_at_once
from tests.invariants import check_everything
from tests.participants import StampCounter, card_key
from tests.use_cases.command_policies import appropriate, january_2021, layer, left, limit, world_under
from tests.use_cases.world import World

KEY = "retried-key-0001"


def _shops(world: World, count: int) -> list[str]:
    return [world.shop(business_registration_number(2_000 + number)).id for number in range(count)]


def _orders(shops: list[str], *amounts: int, hold: bool = False) -> list[Order]:
    return [Order(shop, amount, "shop", "card", None, None, hold) for shop, amount in zip(shops, amounts, strict=True)]


@pytest.fixture
def market() -> World:
    """10 % discount, up to 2,500 won a month, funded by the city."""
    world = world_under(
        january_2021(
            limits=[limit("most", "reward", 2_500)], layers=[layer("coupon", "discount", 1_000, limits=["most"])]
        )
    )
    appropriate(world, 1_000_000)
    return world


def test_a_basket_is_paid_in_two_round_trips_and_the_wallet_is_written_once(world: World) -> None:
    payer, shops = world.member(charged=30_000, cashback=3_000), _shops(world, 3)
    with world.counted() as costs:
        answer = world.pay_basket(payer, _orders(shops, 10_000, 15_000, 6_000), KEY)
    assert costs.calls == ["read", "transact"]
    assert costs.write_units == 2 + 3 * 3
    assert [each.status for each in answer.entry.payments] == [PaymentStatus.APPROVED] * 3
    assert world.balances(payer) == {"charged": 0, "cashback": 2_000}
    assert world.wallet(payer.id).due == 3
    again = world.pay_basket(payer, _orders(shops, 10_000, 15_000, 6_000), KEY)
    assert (again.entry, again.replayed) == (answer.entry, True)
    world.accrue(*answer.entry.payments)
    assert world.wallet(payer.id).accrued == 3


def test_payments_of_a_basket_are_cancelled_and_found_one_by_one(world: World) -> None:
    payer, shops = world.member(charged=30_000), _shops(world, 2)
    first, second = world.pay_basket(payer, _orders(shops, 10_000, 15_000)).entry.payments
    assert world.payments.payment(payer.id, second.acceptance.id) == second
    assert world.cancel(second).entry.refund == 15_000
    assert world.cancel(first, 4_000).entry.refund == 4_000


def test_a_basket_with_one_declined_payment_pays_nothing(world: World) -> None:
    payer, shops = world.member(charged=30_000), _shops(world, 3)
    basket = world.pay_basket(payer, _orders(shops, 10_000, 25_000, 1_000), KEY).entry
    assert [each.decline for each in basket.payments] == [
        Decline.BASKET_DECLINED, Decline.INSUFFICIENT_FUNDS, Decline.BASKET_DECLINED
    ]  # fmt: skip
    assert world.balances(payer)["charged"] == 30_000
    world.give(payer.id, "charged", 100_000)
    assert world.pay_basket(payer, _orders(shops, 10_000, 25_000, 1_000), KEY).entry == basket
    stored = [world.payments.payment(payer.id, each.acceptance.id) for each in basket.payments]
    assert stored == list(basket.payments)


def test_a_basket_with_an_unknown_card_stores_nothing(world: World) -> None:
    payer, shops = world.member(charged=30_000), _shops(world, 2)
    first, second = _orders(shops, 1_000, 1_000)
    with pytest.raises(UnknownCard):
        world.pay_basket(payer, [first, replace(second, card="no-such-card")])
    assert world.entries("payment") == []


def test_a_key_belongs_to_one_basket_or_one_payment(world: World) -> None:
    payer, shops = world.member(charged=30_000), _shops(world, 2)
    world.pay_basket(payer, _orders(shops, 1_000, 1_000), KEY)
    with pytest.raises(IdempotencyKeyReused):
        world.pay_basket(payer, _orders(shops, 1_000, 2_000), KEY)
    with pytest.raises(IdempotencyKeyReused):
        world.pay(payer, shops[0], 1_000, KEY)
    assert len(world.entries("payment")) == 2


def test_ten_shops_draw_on_one_budget_shard_with_one_write(market: World) -> None:
    payer, shops = market.member(charged=100_000), _shops(market, 10)
    market.pay(payer, shops[0], 10)  # The shard has money now.
    sent: list[int] = []
    market.memory.fault = lambda moment, writes: sent.append(len(writes)) if moment == "before" else None
    with market.counted() as costs:
        basket = market.pay_basket(payer, _orders(shops, *[1_000] * 10)).entry
    assert costs.calls == ["read", "transact"]
    assert sent == [12], "a wallet, ten entries, one shard"
    assert [each.discount for each in basket.payments] == [100] * 10
    assert left(market) == 1_000_000 - 1_001
    check_everything(market.memory)


def test_limit_usage_of_the_first_payment_counts_for_the_next(market: World) -> None:
    payer, shops = market.member(charged=100_000), _shops(market, 4)
    basket = market.pay_basket(payer, _orders(shops, 20_000, 4_000, 4_000, 4_000)).entry
    assert [each.discount for each in basket.payments] == [2_000, 400, 100, 0]
    assert market.wallet(payer.id).limit_usage.used == {"most@2021-01": 2_500}
    refunded = [market.cancel(each).entry.refund for each in basket.payments]
    assert refunded == [18_000, 3_600, 3_900, 4_000]
    assert (market.wallet(payer.id).limit_usage.used, left(market)) == ({}, 1_000_000)
    check_everything(market.memory)


def test_the_last_won_of_a_budget_go_to_the_first_payments_of_a_basket() -> None:
    world = world_under(january_2021(layers=[layer("coupon", "discount", 1_000)]))
    appropriate(world, 1_500)
    payer, shops = world.member(charged=100_000), _shops(world, 3)
    basket = world.pay_basket(payer, _orders(shops, 10_000, 10_000, 10_000)).entry
    assert [each.discount for each in basket.payments] == [1_000, 500, 0]
    assert [dict(each.funded_amounts) for each in basket.payments] == [{}, {"coupon": 500}, {"coupon": 0}]
    assert left(world) == 0
    check_everything(world.memory)


def test_each_payment_of_a_basket_gets_its_stamp(world: World) -> None:
    payer, shops = world.member(charged=30_000), _shops(world, 3)
    world.participants = lambda: [StampCounter()]
    basket = world.pay_basket(payer, _orders(shops, 1_000, 1_000, 1_000)).entry
    assert [dict(each.parts) for each in basket.payments] == [{"stamps": 1}] * 3
    (card,) = world.memory.read([card_key(payer.id)])
    assert card is not None
    assert card["stamps"] == 3


def test_too_many_shops_for_one_read_are_refused_before_anything_is_sent(world: World) -> None:
    payer = world.member(charged=30_000)
    shops = [f"{number:08}-0000-8000-8000-000000000000" for number in range(50)]
    with world.counted() as costs, pytest.raises(TooManyItems):
        world.pay_basket(payer, _orders(shops, *[100] * 50))
    assert costs.calls == []
    assert len(world.pay_basket(payer, _orders(shops[:49], *[100] * 49)).entry.payments) == 49


def test_too_many_writes_for_one_transaction_are_refused_before_they_are_sent(world: World) -> None:
    payer, (shop,) = world.member(charged=30_000), _shops(world, 1)
    with world.counted() as costs, pytest.raises(TooManyItems):
        world.pay_basket(payer, _orders([shop] * 50, *[100] * 50, hold=True))
    assert costs.calls == ["read"]
    assert world.entries("payment") == []


def test_a_basket_whose_answer_was_lost_is_found(world: World) -> None:
    payer, shops = world.member(charged=30_000), _shops(world, 2)
    with world.failing(Unavailable, "after", 1) as hit:
        answer = world.pay_basket(payer, _orders(shops, 10_000, 10_000), KEY)
    assert hit
    assert world.pay_basket(payer, _orders(shops, 10_000, 10_000), KEY).entry == answer.entry
    assert world.balances(payer)["charged"] == 10_000


def test_a_wallet_that_shrank_meanwhile_declines_the_whole_basket(world: World) -> None:
    payer, shops = world.member(charged=20_000), _shops(world, 2)
    done: list[bool] = []

    def fault(moment: str, _: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.give(payer.id, "charged", -1)

    world.memory.fault = fault
    basket = world.pay_basket(payer, _orders(shops, 10_000, 10_000)).entry
    assert [each.decline for each in basket.payments] == [Decline.BASKET_DECLINED, Decline.INSUFFICIENT_FUNDS]
    assert world.balances(payer)["charged"] == 19_999


def test_baskets_and_payments_at_once_overdraw_nothing(market: World) -> None:
    payer, shops = market.member(charged=60_000), _shops(market, 3)
    calls: list[Callable[[], object]] = [
        partial(market.pay_basket, payer, _orders(shops, 3_000, 2_000, 1_000)) for _ in range(8)
    ]
    calls += [partial(market.pay, payer, shops[0], 4_000) for _ in range(8)]
    answers = attempts_at_once(calls)
    assert all(isinstance(answer, Answer) for answer in answers), answers
    assert market.balances(payer)["charged"] >= 0
    assert market.wallet(payer.id).limit_usage.used == {"most@2021-01": 2_500}
    check_everything(market.memory)


AMOUNTS = st.lists(st.tuples(st.integers(1, 9_000), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(charged=st.integers(0, 20_000), cashback=st.integers(0, 9_000), budget=st.integers(1, 2_000), asked=AMOUNTS)
def test_a_basket_equals_its_payments_one_after_another(
    charged: int, cashback: int, budget: int, asked: list[tuple[int, bool]]
) -> None:
    together, apart = (_market_of(charged, cashback, budget) for _ in range(2))
    orders = [replace(order, hold=hold) for order, (_, hold) in zip(_of_one_shop(together, asked), asked, strict=True)]
    payer = together.wallet(together.entries("wallet")[0]["pk"][7:])
    basket = together.pay_basket(payer, orders).entry
    entries = []
    for order in orders:
        entry = apart.pay(payer, order.merchant_id, order.amount, hold=order.hold).entry
        if entry.decline:
            assert basket.is_declined
            return
        entries.append(entry)
    assert [
        (each.paid_from, each.discounts, each.limit_usage, dict(each.funded_amounts)) for each in basket.payments
    ] == [(each.paid_from, each.discounts, each.limit_usage, dict(each.funded_amounts)) for each in entries]
    assert together.balances(payer) == apart.balances(payer)
    assert (together.wallet(payer.id).limit_usage, left(together)) == (apart.wallet(payer.id).limit_usage, left(apart))
    check_everything(together.memory)


def _market_of(charged: int, cashback: int, budget: int) -> World:
    world = world_under(
        january_2021(
            limits=[limit("most", "reward", 1_200)], layers=[layer("coupon", "discount", 1_000, limits=["most"])]
        )
    )
    appropriate(world, budget)
    world.member(charged=charged, cashback=cashback)
    world.shop()
    return world


def _of_one_shop(world: World, asked: list[tuple[int, bool]]) -> list[Order]:
    shop = world.shop().id
    return _orders([shop] * len(asked), *(amount for amount, _ in asked))
