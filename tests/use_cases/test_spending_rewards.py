"""Purses of rewards are spent where and while they may be, the first to expire first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.merchants.rules import Merchant, merchant_id_of
from eeum.payments.rules import Decline
from eeum.wallet.rules import Wallet
from tests.use_cases.command_policies import bonus, january_2021, layer, limit, purse, wallet_terms
from tests.use_cases.world import NUMBERS, World

AT_BOOKSHOPS = {"fact": "merchant_category", "in": ["bookshop"]}
POINTS = purse("points", expires_after={"months": 1}, spendable_at=AT_BOOKSHOPS)
FEBRUARY, MARCH = "points@2021-02", "points@2021-03"
LAST_INSTANT = datetime(2021, 2, 28, 23, 59, 59, 999_000, tzinfo=SEOUL)
Under = Callable[..., World]


@pytest.fixture
def city(under: Under) -> World:
    """10 % of top-ups as points for bookshops, until the end of the next month."""
    return under(bonus(into="points"), purses=[POINTS])


def saver_with_points(city: World, topped_up: int = 50_000, **wallet: Any) -> Wallet:
    saver = city.member(**wallet)
    city.top_up(saver, topped_up)
    return city.wallet(saver.id)


def bookshop(city: World) -> Merchant:
    """The city's one bookshop, the same one each time."""
    known = city.merchants.merchant(merchant_id_of(NUMBERS[1]))
    return known or city.shop(NUMBERS[1], category="bookshop")


def paid_from(city: World, payer: Wallet, shop: Any, amount: int, **changes: Any) -> dict[str, int]:
    return dict(city.pay(payer, shop, amount, **changes).entry.paid_from)


def test_points_are_spent_at_their_places_before_the_loaded_balance(city: World) -> None:
    saver = saver_with_points(city)
    assert paid_from(city, saver, city.shop(), 1_000) == {"charged": 1_000}
    assert paid_from(city, saver, bookshop(city), 7_000) == {FEBRUARY: 5_000, "charged": 2_000}
    assert city.balances(saver) == {"charged": 47_000, "cashback": 0, FEBRUARY: 0}


def test_points_alone_do_not_pay_elsewhere(city: World) -> None:
    saver = saver_with_points(city)
    city.pay(saver, city.shop(), 50_000)
    assert city.pay(saver, city.shop(), 1_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert paid_from(city, saver, bookshop(city), 5_000) == {FEBRUARY: 5_000}
    assert city.pay(saver, bookshop(city), 1).entry.decline is Decline.INSUFFICIENT_FUNDS


def test_allowances_are_spent_before_points(city: World) -> None:
    saver = saver_with_points(city, grants={"youth": 2_000})
    assert paid_from(city, saver, bookshop(city), 10_000) == {"youth": 2_000, FEBRUARY: 5_000, "charged": 3_000}


def test_the_first_points_to_expire_are_spent_first(city: World) -> None:
    saver = saver_with_points(city)
    city.now = datetime(2021, 2, 1, 10, 0, tzinfo=SEOUL)
    city.top_up(saver, 30_000)
    assert paid_from(city, saver, bookshop(city), 4_000) == {FEBRUARY: 4_000}
    assert paid_from(city, saver, bookshop(city), 4_500) == {FEBRUARY: 1_000, MARCH: 3_000, "charged": 500}


def test_points_are_spent_to_their_last_instant_and_never_after_it(city: World) -> None:
    first, second = (saver_with_points(city, name=name) for name in ("first", "second"))
    shop = bookshop(city)
    city.now = LAST_INSTANT
    assert paid_from(city, first, shop, 5_000) == {FEBRUARY: 5_000}
    city.now += timedelta(milliseconds=1)
    assert paid_from(city, second, shop, 5_000) == {"charged": 5_000}
    # They are still in the wallet, as no sweep has run.
    assert city.balances(second)[FEBRUARY] == 5_000
    city.pay(second, shop, 45_000)
    assert city.pay(second, shop, 1).entry.decline is Decline.INSUFFICIENT_FUNDS


def test_points_are_held_and_released_like_other_money(city: World) -> None:
    saver, shop = saver_with_points(city), bookshop(city)
    held = city.pay(saver, shop, 8_000, hold=True).entry
    assert city.balances(saver) == {"charged": 47_000, "cashback": 0, "held": 8_000, FEBRUARY: 0}
    city.capture(held, 2_000)
    city.void(held)
    assert city.balances(saver) == {"charged": 50_000, "cashback": 0, FEBRUARY: 3_000}


def test_a_cancellation_refunds_points_last(city: World) -> None:
    saver, shop = saver_with_points(city), bookshop(city)
    before = city.balances(saver)
    paid = city.pay(saver, shop, 8_000).entry
    city.accrue(paid)
    city.accrue(city.cancel(paid, 3_000).entry)
    assert city.balances(saver)[FEBRUARY] == 0
    city.accrue(city.cancel(paid, 4_000).entry)
    assert city.balances(saver)[FEBRUARY] == 4_000
    city.accrue(city.cancel(paid).entry)
    assert city.balances(saver) == before


def test_payments_with_points_earn_nothing_unless_the_policy_says_so(city: World, under: Under) -> None:
    for world, base in (
        (city, 2_000),
        (under(bonus(into="points"), purses=[POINTS], earns_from=["charged", "rewards"]), 7_000),
    ):
        saver = saver_with_points(world)
        world.accrue(world.pay(saver, bookshop(world), 7_000).entry)
        (earning,) = world.earnings(saver)
        assert earning.base == base


def test_points_of_an_unlisted_purse_are_spent_everywhere_until_they_expire(
    founded: Under,
) -> None:
    later = january_2021(version="incheon-2021-02-01", starts_at="2021-02-01T00:00:00+09:00", wallet=wallet_terms())
    world = founded(january_2021(layers=[bonus(into="points")], purses=[POINTS], wallet=wallet_terms()), later)
    saver = saver_with_points(world)
    shop = world.shop()
    assert paid_from(world, saver, shop, 1_000) == {"charged": 1_000}
    world.now = datetime(2021, 2, 1, tzinfo=SEOUL)
    assert paid_from(world, saver, shop, 1_000) == {FEBRUARY: 1_000}
    world.now = LAST_INSTANT + timedelta(milliseconds=1)
    assert paid_from(world, saver, shop, 1_000) == {"charged": 1_000}


def test_places_follow_the_policy_in_force_and_expiry_follows_the_earning(
    founded: Under,
) -> None:
    at_cafes = purse("points", expires_after={"months": 6}, spendable_at={"fact": "merchant_category", "in": ["cafe"]})
    first = january_2021(layers=[bonus(into="points")], purses=[POINTS], wallet=wallet_terms())
    second = january_2021(
        version="incheon-2021-02-01",
        starts_at="2021-02-01T00:00:00+09:00",
        layers=[bonus(into="points")],
        purses=[at_cafes],
        wallet=wallet_terms(),
    )
    world = founded(first, second)
    saver = saver_with_points(world)
    books, cafe = bookshop(world), world.shop(NUMBERS[2], category="cafe")
    world.now = datetime(2021, 2, 1, tzinfo=SEOUL)
    world.top_up(saver, 20_000)
    assert paid_from(world, saver, books, 1_000) == {"charged": 1_000}
    assert paid_from(world, saver, cafe, 6_000) == {FEBRUARY: 5_000, "points@2021-08": 1_000}


def test_a_purse_limited_to_a_channel_is_not_used_elsewhere(under: Under) -> None:
    at_markets = {"all": [{"fact": "channel", "in": ["qr"]}, {"fact": "merchant_flags", "has": "traditional_market"}]}
    world = under(bonus(into="points"), purses=[purse("points", spendable_at=at_markets)])
    saver = saver_with_points(world)
    market = world.shop(NUMBERS[1], flags=frozenset({"traditional_market"}))
    assert paid_from(world, saver, market, 1_000) == {"charged": 1_000}
    assert paid_from(world, saver, market, 1_000, channel="qr") == {"points@always": 1_000}
    assert paid_from(world, saver, world.shop(), 1_000, channel="qr") == {"charged": 1_000}


# --- what goes first ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spends_first", "cashback_first", "drawn"),
    [
        ("member_chooses", False, ["charged", "cashback"]),
        ("member_chooses", True, ["cashback", "charged"]),
        ("cashback", False, ["cashback", "charged"]),
        ("cashback", True, ["cashback", "charged"]),
        ("charged", False, ["charged", "cashback"]),
        ("charged", True, ["charged", "cashback"]),
    ],
)
def test_the_debit_order_is_the_policys_or_else_the_members(
    under: Under, spends_first: str, cashback_first: bool, drawn: list[str]
) -> None:
    world = under(wallet=wallet_terms(spends_first=spends_first))
    payer = world.member(charged=5_000, cashback=5_000, grants={"youth": 1_000}, cashback_first=cashback_first)
    assert list(paid_from(world, payer, world.shop(), 10_000)) == ["youth", *drawn]


def test_a_hold_uses_the_debit_order_of_its_own_instant(founded: Under) -> None:
    later = january_2021(
        version="incheon-2021-01-06",
        starts_at="2021-01-06T00:00:00+09:00",
        wallet=wallet_terms(spends_first="cashback"),
    )
    world = founded(january_2021(wallet=wallet_terms(spends_first="charged")), later)
    payer, shop = world.member(charged=5_000, cashback=5_000), world.shop()
    held = world.pay(payer, shop, 4_000, hold=True).entry
    world.now = datetime(2021, 1, 6, tzinfo=SEOUL)
    captured = world.capture(held, 1_500).entry
    assert dict(captured.paid_from) == {"charged": 1_500}
    world.void(held)
    assert world.balances(payer) == {"charged": 3_500, "cashback": 5_000}
    assert paid_from(world, payer, shop, 4_000) == {"cashback": 4_000}


# --- with discounts ---------------------------------------------------------------------------------------------------------


def test_a_discounted_payment_with_points_is_refunded_to_the_won_in_any_parts(under: Under) -> None:
    off = layer("off", "discount", 1_500, limits=["most"])
    world = under(off, bonus(into="points"), purses=[POINTS], limits=[limit("most", "reward", 50_000)])
    saver = saver_with_points(world, grants={"youth": 777})
    shop, before = bookshop(world), world.balances(saver)
    for parts in ([9_999], [1] * 5 + [9_994], [3_333, 3_333, 3_333], [9_998, 1]):
        paid = world.pay(saver, shop, 9_999).entry
        assert (paid.discount, dict(paid.paid_from)) == (1_499, {"youth": 777, FEBRUARY: 5_000, "charged": 2_723})
        world.accrue(paid)
        for part in parts:
            world.accrue(world.cancel(paid, part).entry)
        assert world.balances(saver) == before, parts
    assert world.wallet(saver.id).limit_usage.used == {}
