"""Discounts over time: repeated and late requests, policies that change in between, and closed years."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from eeum.calendar import SEOUL
from eeum.once import Answer
from eeum.payments.reversals import Reversal
from eeum.payments.rules import Decline
from eeum.wallet.rules import LimitUsage
from tests.concurrency import attempts_at_once
from tests.use_cases.command_policies import (
    appropriate,
    close_year,
    january_2021,
    layer,
    left,
    limit,
    purse,
    returned,
)
from tests.use_cases.world import World

KEY = "retried-key-0001"
CHANGE = datetime(2021, 1, 10, tzinfo=SEOUL)
Founded = Callable[..., World]


def coupon(rate: int = 1_000, **words: object) -> dict[str, object]:
    return layer("coupon", "discount", rate, limits=["most"], **words)


MOST = [limit("most", "reward", 10_000)]


@pytest.fixture
def city(founded: Founded) -> World:
    """10 % discount until the 10th; then 5 % from another layer, with other funders and another limit."""
    other = layer("market-days", "discount", 500, limits=["fewer"], funders={"city": 1, "national": 1})
    return founded(
        january_2021(limits=MOST, layers=[coupon()]),
        january_2021(
            version="incheon-2021-01-10",
            starts_at="2021-01-10T00:00:00+09:00",
            limits=[limit("fewer", "reward", 3_000)],
            layers=[other],
        ),
    )


# --- the same request -----------------------------------------------------------------------------------------------------


def test_a_retry_after_a_policy_change_gets_the_first_discount(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    first = city.pay(payer, shop, 20_000, KEY).entry
    city.now = CHANGE
    before = city.balances(payer)
    assert city.pay(payer, shop, 20_000, KEY) == Answer(first, replayed=True)
    assert (first.discount, city.balances(payer), left(city)) == (2_000, before, 98_000)
    assert city.pay(payer, shop, 20_000).entry.discount == 1_000


def test_a_retry_after_returned_money_gets_the_cut_discount(city: World) -> None:
    appropriate(city, 500)
    payer, shop = city.member(charged=100_000), city.shop()
    cut = city.pay(payer, shop, 20_000, KEY).entry
    assert (cut.discount, dict(cut.funded_amounts)) == (500, {"coupon": 500})
    city.cancel(cut, 10_000)
    assert city.pay(payer, shop, 20_000, KEY).entry == cut
    assert city.pay(payer, shop, 20_000).entry.discount == 250, "the returned money is used, and no more"


def test_a_declined_payment_stays_declined_even_if_a_discount_would_now_cover_it(founded: Founded) -> None:
    discounted = january_2021(
        version="incheon-2021-01-10", starts_at="2021-01-10T00:00:00+09:00", limits=MOST, layers=[coupon()]
    )
    world = founded(january_2021(), discounted)
    payer, shop = world.member(charged=9_500), world.shop()
    declined = world.pay(payer, shop, 10_000, KEY).entry
    assert declined.decline is Decline.INSUFFICIENT_FUNDS
    world.now = CHANGE
    assert world.pay(payer, shop, 10_000, KEY).entry == declined
    assert world.pay(payer, shop, 10_000).entry.discount == 1_000


def test_two_cards_at_once_share_the_limits_last_won(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    city.pay(payer, shop, 99_990)
    payments = [
        partial(city.pay, payer, shop, 10_000, card=payer.cards[0].reference),
        partial(city.pay, payer, shop, 30),
    ]
    answers = attempts_at_once(payments * 4)
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert len(entries) == 8, answers
    assert sum(entry.discount for entry in entries) == 1
    assert city.wallet(payer.id).limit_usage.used == {"most@2021-01": 10_000}


# --- a policy that changed between payment and cancellation ---------------------------------------------------------------


def test_a_cancellation_follows_the_policy_that_gave_the_discount(city: World) -> None:
    appropriate(city, 100_000)
    appropriate(city, 100_000, "national")
    payer, shop = city.member(charged=100_000), city.shop()
    before = city.balances(payer)
    paid = city.pay(payer, shop, 30_003).entry
    city.accrue(paid)
    city.now = CHANGE
    for amount in (10_001, 10_001, 10_001):
        city.accrue(city.cancel(paid, amount).entry)
    assert city.balances(payer) == before
    assert (left(city), left(city, "national")) == (100_000, 100_000)
    assert city.wallet(payer.id).limit_usage.used == {}
    assert city.pay(payer, shop, 60_000).entry.discount == 3_000, "the other limit is as it was"


def test_a_cancellation_frees_last_months_limit_and_not_this_months(city: World) -> None:
    payer, shop = city.member(charged=400_000), city.shop()
    paid = city.pay(payer, shop, 100_000).entry
    city.now = datetime(2021, 2, 1, tzinfo=SEOUL)
    city.pay(payer, shop, 60_000)
    city.cancel(paid)
    assert city.wallet(payer.id).limit_usage.used == {"fewer@2021-02": 3_000}
    assert city.pay(payer, shop, 10_000).entry.discount == 0


def test_a_cancelled_discount_is_returned_to_each_funder_to_the_won(founded: Founded) -> None:
    world = founded(
        january_2021(
            layers=[
                layer("one", "discount", 777, funders={"city": 3, "national": 2, "district": 1}),
                layer("two", "discount", 333, funders={"city": 1, "national": 6}),
                layer("three", "discount", 0, funders={"merchant": 1})
                | {"bands": [{"from": 0, "up_to": None, "rate_basis_points": "merchant"}]},
            ]
        )
    )
    for funder in ("city", "national", "district"):
        appropriate(world, 1_000_000, funder)
    payer, shop = world.member(charged=60_000, grants={"youth": 5_000}), world.shop(own_rate=250)
    before = world.balances(payer)
    for parts in ([54_321], [1, 54_320], [54_320, 1], [17_777, 17_777, 18_767], [11] * 3 + [54_288]):
        paid = world.pay(payer, shop, 54_321).entry
        world.accrue(paid)
        gone = [world.cancel(paid, amount).entry for amount in parts]
        for entry in gone:
            world.accrue(entry)
        back: dict[tuple[str, str], int] = {}
        for entry in gone:
            for part in entry.discounts:
                back[part.layer, part.funder] = back.get((part.layer, part.funder), 0) + part.won
        given = {(each.layer, funder): won for each in paid.discounts for funder, won in each.funders if won}
        assert back == given, parts
        assert world.balances(payer) == before
        assert [left(world, funder) for funder in ("city", "national", "district")] == [1_000_000] * 3


def test_a_refund_into_an_expired_purse_is_never_spendable(founded: Founded) -> None:
    points = purse("points", expires_after={"months": 1})
    bonus = layer("bonus", "top_up_bonus", 1_000, into="points")
    world = founded(january_2021(limits=MOST, layers=[coupon(), bonus], purses=[points]))
    payer, shop = world.member(charged=10_000), world.shop()
    world.top_up(payer, 50_000)
    paid = world.pay(payer, shop, 5_000).entry
    world.accrue(paid)
    assert paid.paid_from == (("points@2021-02", 4_500),)
    world.now = datetime(2021, 3, 1, tzinfo=SEOUL)
    world.accrue(world.cancel(paid).entry)
    assert world.balances(payer)["points@2021-02"] == 5_000
    assert dict(world.pay(payer, shop, 1_000).entry.paid_from) == {"charged": 900}


# --- reversals of payments with an unknown outcome ----------------------------------------------------------------------------


def test_a_payment_after_its_reversal_gets_no_discount_and_draws_on_no_budget(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    before = city.wallet(payer.id)
    assert city.reverse(payer, shop, 30_000, KEY).outcome == "never_arrived"
    late = city.pay(payer, shop, 30_000, KEY).entry
    assert (late.decline, late.discounts, late.postings) == (Decline.REVERSED, (), {})
    assert (city.wallet(payer.id), left(city)) == (before, 100_000)


def test_payments_and_their_reversals_at_once_leave_no_discount_behind(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=400_000), city.shop()
    keys = [f"both-at-once-{number:04}" for number in range(4)]
    answers = attempts_at_once(
        [
            call
            for key in keys
            for call in (partial(city.pay, payer, shop, 20_000, key), partial(city.reverse, payer, shop, 20_000, key))
        ]
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    for reversal in answers[1::2]:
        assert isinstance(reversal, Reversal)
        if reversal.cancellation:
            city.accrue(reversal.payment, reversal.cancellation)
    assert city.balances(payer) == {"charged": 400_000, "cashback": 0}
    assert (left(city), city.wallet(payer.id).limit_usage.used) == (100_000, {})


def test_a_reversal_under_another_policy_returns_the_original_discount(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    city.pay(payer, shop, 30_000, KEY)
    city.now = CHANGE
    reversal = city.reverse(payer, shop, 30_000, KEY)
    assert reversal.cancellation is not None
    assert (reversal.cancellation.refund, left(city)) == (27_000, 100_000)
    assert city.reverse(payer, shop, 30_000, KEY) == reversal._replace(replayed=True)
    assert left(city) == 100_000


# --- years that are closed -----------------------------------------------------------------------------------------------


def test_money_returned_after_the_years_close_is_kept_apart(city: World) -> None:
    appropriate(city, 100_000)
    city.now = datetime(2021, 1, 9, 12, 0, tzinfo=SEOUL)
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.cancel(paid, 10_000)
    assert (left(city), returned(city)) == (98_000, 0)
    city.now = datetime(2022, 3, 1, 12, 0, tzinfo=SEOUL)
    close_year(city)
    for amount in (5_000, None):
        assert city.cancel(paid, amount).entry.refund == (4_500 if amount else 13_500)
    assert (left(city), returned(city)) == (98_000, 2_000)


def test_a_year_closed_during_a_cancellation_keeps_the_money_apart(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    paid = city.pay(payer, shop, 30_000).entry
    city.now = datetime(2022, 3, 1, 12, 0, tzinfo=SEOUL)
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            close_year(city)

    city.memory.fault = fault
    city.cancel(paid)
    assert (done, left(city), returned(city)) == ([True], 97_000, 3_000)


# --- holds -----------------------------------------------------------------------------------------------------------------


def test_a_hold_gets_no_discount_when_it_is_captured_nor_when_it_is_cancelled(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    held = city.pay(payer, shop, 30_000, hold=True).entry
    captured = city.capture(held, 20_000).entry
    cancelled = city.cancel(held, 15_000).entry
    assert (captured.amount, cancelled.amount, cancelled.refund) == (20_000, 15_000, 15_000)
    assert (held.discounts, dict(held.funded_amounts), cancelled.discounts) == ((), {}, ())
    assert (city.wallet(payer.id).limit_usage, left(city)) == (LimitUsage(), 100_000)


def test_a_hold_draws_on_no_budget(city: World) -> None:
    appropriate(city, 100_000)
    payer, shop = city.member(charged=100_000), city.shop()
    with city.counted() as costs:
        city.pay(payer, shop, 30_000, hold=True)
    assert costs.round_trips == 2


def test_a_discount_depends_on_the_instant_of_acceptance_to_the_millisecond(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    city.now = CHANGE - timedelta(milliseconds=1)
    assert [each.layer for each in city.pay(payer, shop, 10_000).entry.discounts] == ["coupon"]
    city.now = CHANGE
    assert [each.layer for each in city.pay(payer, shop, 10_000).entry.discounts] == ["market-days"]
