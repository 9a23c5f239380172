"""Cashback from budgets and pools: what is funded, what is cut, what is returned, and the effects of a shortfall."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from eeum.budget.store import BudgetStore
from eeum.calendar import SEOUL
from eeum.errors import Busy
from eeum.payments.rules import Payment
from eeum.storage import Contended, Table
from tests.concurrency import attempts_at_once
from tests.invariants import check_everything
from tests.use_cases.command_policies import appropriate, january_2021, layer, left, limit, world_under
from tests.use_cases.world import World

GIFT = layer("gift", "cashback", 500)


@pytest.fixture
def city(founded: Callable[..., World]) -> World:
    """Five per cent from the city alone, without a limit, besides the cashback of January 2021."""
    return founded(january_2021(layers=[GIFT]))


@pytest.fixture
def pool(founded: Callable[..., World]) -> World:
    """Ten per cent from a pool of 5,000 won for the city and half month, and two per cent beside it."""
    pooled = layer("pooled", "cashback", 1_000, pools=["festival"], limits=["pooled-reward"])
    document = january_2021(
        layers=[pooled],
        limits=[limit("pooled-reward", "reward", 4_000)],
        pools=[{"id": "festival", "window": "half_month", "amount": 5_000}],
    )
    return founded(document)


def _won(world: World, payment: Payment, layer: str = "gift") -> int:
    """Won of a layer for a payment after all corrections."""
    book = world.book(world.wallet(payment.acceptance.wallet_id), payment.acceptance.accepted_at.strftime("%Y-%m"))
    (earning,) = [each for each in book.earnings if each.digest == payment.acceptance.digest]
    given = sum(reward.won for reward in earning.rewards if reward.layer == layer)
    changes = [change for correction in book.corrections for change in correction.changes]
    return given + sum(each.won for each in changes if (each.number, each.layer) == (earning.number, layer))


def test_a_budget_draw_lowers_what_is_left(city: World) -> None:
    appropriate(city, 10_000, layers=["gift"])
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    assert (_won(city, paid), left(city, layers=["gift"])) == (1_500, 8_500)
    (earning,) = city.earnings(payer)
    assert earning.funded_amounts == {}
    assert "ceilings" not in city.entries("earning")[0]


@pytest.mark.parametrize(
    ("there", "funded_amounts"), [(1_500, {}), (1_499, {"gift": 1_499}), (1, {"gift": 1}), (0, {"gift": 0})]
)
def test_a_shortfall_is_stored_as_a_funded_amount_and_other_layers_are_unaffected(
    city: World, there: int, funded_amounts: dict[str, int]
) -> None:
    appropriate(city, there, layers=["gift"])
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    assert city.accrue(paid) == []
    (earning,) = city.earnings(payer)
    assert (earning.funded_amounts, left(city, layers=["gift"])) == (funded_amounts, 0)
    assert _won(city, paid) == there
    assert earning.won == 3_000 + there, "other layers are unaffected"
    assert earning.used == {"monthly-spend": 30_000}


def test_spend_limits_count_the_base_although_it_was_not_funded() -> None:
    bounded = layer("gift", "cashback", 500, limits=["gift-spend"])
    world = world_under(january_2021(layers=[bounded], limits=[limit("gift-spend", "spend", 40_000)]))
    appropriate(world, 0, layers=["gift"])
    payer, shop = world.member(charged=100_000), world.shop()
    first = world.pay(payer, shop, 30_000).entry
    world.accrue(first)
    appropriate(world, 50_000, funder="city", layers=["other"])
    assert world.wallet(payer.id).usage["gift-spend@2021-01"] == 30_000
    check_everything(world.memory)


def test_reward_limits_count_the_funded_amount(pool: World) -> None:
    payer, shop = pool.member(charged=200_000), pool.shop()
    rich = pool.member("rich", charged=200_000)
    pool.accrue(pool.pay(rich, shop, 30_000).entry)
    paid = pool.pay(payer, shop, 30_000).entry
    pool.accrue(paid)
    (earning,) = pool.earnings(payer)
    assert earning.funded_amounts == {"pooled": 2_000}
    assert earning.used["pooled-reward"] == 2_000


def test_a_pool_turns_with_its_window(pool: World) -> None:
    payer, shop = pool.member(charged=200_000), pool.shop()
    pool.now = datetime(2021, 1, 15, 23, 59, 59, 999_000, tzinfo=SEOUL)
    first = pool.pay(payer, shop, 30_000).entry
    second = pool.pay(pool.member("other", charged=100_000), shop, 30_000).entry
    pool.now += timedelta(milliseconds=1)
    third = pool.pay(payer, shop, 5_000).entry
    # Payments of a window draw on its pool whenever they are posted.
    pool.accrue(third)
    pool.accrue(first)
    pool.accrue(second)
    assert [_won(pool, each, "pooled") for each in (first, second, third)] == [3_000, 2_000, 500]


def test_a_cut_reward_is_not_raised_when_another_payment_is_cancelled(city: World) -> None:
    """Supplements and returned money are for later payments."""
    appropriate(city, 2_000, layers=["gift"])
    payer, shop = city.member(charged=100_000), city.shop()
    first, second = (city.pay(payer, shop, 30_000).entry for _ in range(2))
    city.accrue(first)
    city.accrue(second)
    assert [_won(city, each) for each in (first, second)] == [1_500, 500]
    city.accrue(city.cancel(first, 10_000).entry)
    assert [_won(city, each) for each in (first, second)] == [1_000, 500]
    assert left(city, layers=["gift"]) == 500
    third = city.pay(payer, shop, 30_000).entry
    city.accrue(third)
    assert _won(city, third) == 500


def test_an_earning_raised_by_a_cancellation_is_funded_as_far_as_possible() -> None:
    """The cancellation frees the layer's spend limit, but its budget is nearly used up."""
    bounded = layer("gift", "cashback", 1_000, limits=["gift-spend"])
    world = world_under(january_2021(layers=[bounded], limits=[limit("gift-spend", "spend", 40_000)]))
    appropriate(world, 4_100, layers=["gift"])
    payer, shop = world.member(charged=200_000), world.shop()
    other = world.member("other", charged=100_000)
    first, second = (world.pay(payer, shop, 30_000).entry for _ in range(2))
    world.accrue(first)
    world.accrue(second)
    assert [_won(world, each) for each in (first, second)] == [3_000, 1_000]
    cancelled = world.cancel(first).entry
    hungry = world.pay(other, shop, 30_000).entry
    world.accrue(hungry)
    assert _won(world, hungry) == 100
    world.accrue(cancelled)
    # 3,000 come back; the second payment earns 3,000 now, of which 1,000 were funded.
    assert [_won(world, each) for each in (first, second)] == [0, 3_000]
    assert left(world, layers=["gift"]) == 1_000
    check_everything(world.memory)


def test_a_correction_with_a_shortfall_stores_its_funded_amounts() -> None:
    """The cancelled payment earned little, and the spend limit that it frees would earn much."""
    documents = january_2021(
        limits=[limit("gift-spend", "spend", 40_000)],
        layers=[
            layer(
                "gift", "cashback", 1_000, limits=["gift-spend"], when={"fact": "merchant_district", "in": ["yeonsu"]}
            ),
            layer("little", "cashback", 1, limits=["gift-spend"]),
        ],
    )
    world = world_under(documents)
    appropriate(world, 1_200, layers=["gift"])
    payer, shop = world.member(charged=200_000), world.shop()
    elsewhere = world.shop("2208162517", district="jung")
    first, second = world.pay(payer, elsewhere, 30_000).entry, world.pay(payer, shop, 30_000).entry
    world.accrue(first)
    world.accrue(second)
    assert _won(world, second) == 1_000
    world.accrue(world.cancel(first).entry)
    (correction,) = world.book(payer).corrections
    assert correction.funded_amounts == {2: {"gift": 1_200}}
    assert (_won(world, second), left(world, layers=["gift"])) == (1_200, 0)
    # When that is cancelled, too: the funded amount stays, and the rest is returned.
    world.accrue(world.cancel(second, 20_000).entry)
    assert (_won(world, second), left(world, layers=["gift"])) == (1_000, 200)
    check_everything(world.memory)


def test_a_cancellation_after_new_year_returns_money_to_the_year_that_paid(city: World) -> None:
    for year in (2021, 2022):
        appropriate(city, 100_000, year=year, layers=["gift"])
    city.now = datetime(2021, 12, 31, 12, 0, tzinfo=SEOUL)
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    city.now = datetime(2022, 1, 1, 12, 0, tzinfo=SEOUL)
    city.accrue(city.cancel(paid, 20_000).entry)
    assert left(city, layers=["gift"]) == 100_000 - _won(city, paid)
    assert left(city, year=2022, layers=["gift"]) == 100_000


def test_a_line_that_applies_later_pays_for_what_is_accepted_from_then_on(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.accrue(paid)
    assert city.memory.items(Table.BUDGETS) == [], "a layer without a budget sends no request"
    assert _won(city, paid) == 1_500


def test_all_wallets_of_a_batch_draw_on_one_item(city: World) -> None:
    appropriate(city, 1_000_000)
    members = [city.member(f"member-{number}", charged=100_000) for number in range(20)]
    shop = city.shop()
    city.accrue(city.pay(members[0], shop, 30_000).entry)
    payments = [city.pay(each, shop, 10_000).entry for each in members]
    city.accrue(payments[0])
    shards = [item for item in city.memory.items(Table.BUDGETS) if item["kind"] == "sub_line"]
    city.budgets = partial(lambda budgets: budgets, city.budgets())  # type: ignore[method-assign]
    with city.counted() as costs:
        city.accrue(*payments[1:])
    funded = [item for item in city.memory.items(Table.BUDGETS) if item["kind"] == "sub_line"]
    changed = [after for before, after in zip(shards, funded, strict=True) if before != after]
    assert len(changed) == 1
    if costs.calls == ["read", "transact"]:
        assert costs.write_units == 2 * (19 + 19 + 1)


def test_a_batch_that_comes_again_or_twice_at_once_is_funded_once(city: World) -> None:
    appropriate(city, 100_000, layers=["gift"])
    members = [city.member(f"member-{number}", charged=100_000) for number in range(4)]
    shop = city.shop()
    payments = [city.pay(each, shop, 10_000).entry for each in members]
    answers = attempts_at_once([partial(city.accrue, *payments)] * 4)
    assert [each for each in answers if isinstance(each, Exception)] == []
    city.accrue(*payments)
    assert left(city, layers=["gift"]) == 100_000 - 4 * 500


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_posting_whose_answer_was_lost_is_funded_once(city: World, moment: str) -> None:
    appropriate(city, 100_000, layers=["gift"])
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 10_000).entry
    city.accrue(city.pay(payer, shop, 10_000).entry)
    with city.failing(Contended, moment, 2):
        city.accrue(paid)
    assert left(city, layers=["gift"]) == 100_000 - 2 * 500


def test_a_posting_without_time_left_takes_nothing(city: World) -> None:
    appropriate(city, 100_000, layers=["gift"])
    payer, shop = city.member(charged=100_000), city.shop()
    city.accrue(city.pay(payer, shop, 10_000).entry)
    paid = city.pay(payer, shop, 10_000).entry
    city.seconds = 0
    with city.failing(Contended, "before", 99), pytest.raises(Busy):
        city.accrue(paid)
    city.seconds = 60
    assert left(city, layers=["gift"]) == 99_500
    city.accrue(paid)
    assert left(city, layers=["gift"]) == 99_000


def test_money_drawn_by_others_meanwhile_is_not_drawn_twice(city: World) -> None:
    appropriate(city, 600, layers=["gift"])
    payer, shop = city.member(charged=100_000), city.shop()
    other = city.member("other", charged=100_000)
    mine, theirs = city.pay(payer, shop, 10_000).entry, city.pay(other, shop, 10_000).entry
    done: list[Any] = []

    def fault(moment: str, writes: Any) -> None:
        if moment == "before" and not done and any(write.key.table is Table.LEDGER for write in writes):
            done.append(True)
            city.accrue(theirs)

    city.memory.fault = fault
    city.accrue(mine)
    assert (_won(city, theirs), _won(city, mine), left(city, layers=["gift"])) == (500, 100, 0)


def test_an_event_outside_its_dates_has_no_budget(world: World) -> None:
    event = {
        "id": "festival",
        "window": "event",
        "from": "2021-01-10T00:00:00+09:00",
        "until": "2021-01-20T00:00:00+09:00",
        "amount": 100_000,
    }
    own = world_under(january_2021(layers=[layer("fest", "cashback", 1_000, pools=["festival"])], pools=[event]))
    payer, shop = own.member(charged=200_000), own.shop()
    wins = []
    for day in (9, 10, 19, 20):
        own.now = datetime(2021, 1, day, 0, 0, tzinfo=SEOUL)
        paid = own.pay(payer, shop, 10_000).entry
        own.accrue(paid)
        wins.append(_won(own, paid, "fest"))
    assert wins == [0, 1_000, 1_000, 0]
    money = BudgetStore(own.memory, own.patience, "incheon").money(2021)
    assert money.left("pool/festival@until-2021-01") == 98_000
    check_everything(own.memory)
