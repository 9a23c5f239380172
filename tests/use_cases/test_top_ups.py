"""Bonuses and discounts at top-up: what is credited, what the bank takes, and who pays the difference."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from eeum.calendar import SEOUL
from eeum.wallet.rules import LimitUsage, Purse, TopUpDecline
from tests.concurrency import attempts_at_once
from tests.use_cases.command_policies import (
    appropriate,
    bonus,
    discount,
    left,
    limit,
    purse,
    sums,
    wallet_terms,
)
from tests.use_cases.world import World

THREADS = 8
AT_BOOKSHOPS = {"fact": "merchant_category", "in": ["bookshop"]}
Under = Callable[..., World]


# --- a bonus ------------------------------------------------------------------------------------------------------------


def test_a_bonus_is_added_to_what_the_bank_takes(saving_city: World) -> None:
    appropriate(saving_city, 100_000)
    saver = saving_city.member()
    made = saving_city.top_up(saver, 60_000)
    assert sums(made) == (60_000, 66_000)
    assert made.entry.postings == {"bank/lee": -60_000, "funder/city": -6_000, "purse/charged": 66_000}
    assert (saving_city.balances(saver)["charged"], left(saving_city)) == (66_000, 94_000)
    assert saving_city.wallet(saver.id).limit_usage == LimitUsage(1, {"bonus-base@2021-01": 60_000})
    found = saving_city.wallets.wallet_and_top_up(saver.id, made.entry.acceptance.digest).top_up
    assert found == made.entry


def test_a_bonus_is_on_the_unused_part_of_a_limit_and_turns_with_its_window(saving_city: World) -> None:
    saving_city.now = datetime(2021, 1, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)
    saver = saving_city.member()
    assert [sums(saving_city.top_up(saver, amount))[1] - amount for amount in (99_990, 1_000, 50_000)] == [9_999, 1, 0]
    saving_city.now += timedelta(milliseconds=1)
    assert sums(saving_city.top_up(saver, 50_000)) == (50_000, 55_000)
    assert saving_city.wallet(saver.id).limit_usage.used == {
        "bonus-base@2021-01": 100_000,
        "bonus-base@2021-02": 50_000,
    }


@pytest.mark.parametrize(
    ("window", "instants", "given"),
    [
        ("half_month", ["2021-01-15T23:59:59.999+09:00", "2021-01-16T00:00:00+09:00"], [10_000, 10_000]),
        ("half_month", ["2021-01-16T00:00:00+09:00", "2021-01-31T23:59:59.999+09:00"], [10_000, 0]),
        ("year", ["2021-01-01T00:00:00+09:00", "2021-12-31T23:59:59.999+09:00"], [10_000, 0]),
        ("year", ["2021-12-31T23:59:59.999+09:00", "2022-01-01T00:00:00+09:00"], [10_000, 10_000]),
        # In UTC both are the same day.
        ("month", ["2021-01-31T14:59:59.999+00:00", "2021-01-31T15:00:00+00:00"], [10_000, 10_000]),
    ],
)
def test_a_reward_limit_of_every_window(under: Under, window: str, instants: list[str], given: list[int]) -> None:
    limits = [limit("bonus-most", "reward", 10_000, window)]
    world = under(bonus(limits=["bonus-most"]), limits=limits, wallet=wallet_terms(holding_limit=2_000_000))
    saver = world.member()
    found = []
    for instant in instants:
        world.now = datetime.fromisoformat(instant)
        debited, credited = sums(world.top_up(saver, 150_000))
        found.append(credited - debited)
    assert found == given


def test_a_limit_of_an_event_gives_a_bonus_only_within_it(under: Under) -> None:
    event = {"from": "2021-02-10T00:00:00+09:00", "until": "2021-02-15T00:00:00+09:00"}
    limits = [limit("new-year", "top_up", 50_000, "event", **event)]
    world = under(bonus(limits=["new-year"]), limits=limits)
    saver = world.member()
    found = []
    for instant in ("2021-02-09T23:59:59.999", "2021-02-10T00:00:00", "2021-02-14T23:59:59.999", "2021-02-15T00:00:00"):
        world.now = datetime.fromisoformat(f"{instant}+09:00")
        debited, credited = sums(world.top_up(saver, 40_000))
        found.append(credited - debited)
    assert found == [0, 4_000, 1_000, 0]


def test_the_unused_part_of_a_limit_is_carried_over_once(under: Under) -> None:
    limits = [limit("bonus-base", "top_up", 100_000, carries_over_from="2021-01-01T00:00:00+09:00")]
    world = under(
        bonus(limits=["bonus-base"]),
        limits=limits,
        wallet=wallet_terms(holding_limit=2_000_000, holding_limit_verified=2_000_000),
    )
    saver = world.member()
    found = []
    for month, amount in ((1, 70_000), (2, 200_000), (3, 200_000), (5, 300_000)):
        world.now = datetime(2021, month, 3, 10, 0, tzinfo=SEOUL)
        debited, credited = sums(world.top_up(saver, amount))
        found.append(credited - debited)
    # 30,000 left of January are carried into February, and none of them into March. Unused April is carried into May; March is not.
    assert found == [7_000, 13_000, 10_000, 20_000]


def test_steps_reward_the_top_up_that_reaches_them(under: Under) -> None:
    steps = {"per": "payment", "reached": [{"from": 50_000, "gives": 2_000}, {"from": 100_000, "gives": 6_000}]}
    given = {key: value for key, value in bonus().items() if key != "bands"} | {"steps": steps}
    world = under(given)
    saver = world.member()
    tops = [world.top_up(saver, amount) for amount in (49_999, 50_000, 99_999, 100_000)]
    assert [sum(each.entry.credited.values()) - each.entry.amount for each in tops] == [0, 2_000, 2_000, 6_000]


def test_a_bonus_may_depend_on_the_member_and_the_amount(under: Under) -> None:
    young = {"all": [{"fact": "member_age", "at_most": 24}, {"fact": "amount", "at_least": 50_000}]}
    world = under(bonus(when=young))
    saver = world.member()
    assert sums(world.top_up(saver, 50_000)) == (50_000, 50_000)
    world.about(saver, birth_date=datetime(1996, 1, 6).date())
    made = world.top_up(saver, 50_000)
    assert (sums(made), made.entry.facts.member_age) == ((50_000, 55_000), 24)
    assert sums(world.top_up(saver, 49_999)) == (49_999, 49_999)
    world.now += timedelta(days=1)
    assert sums(world.top_up(saver, 50_000)) == (50_000, 50_000), "25 today"


def test_a_bonus_does_not_count_to_the_holding_limit(saving_city: World) -> None:
    saver = saving_city.member(charged=400_000)
    assert sums(saving_city.top_up(saver, 100_000)) == (100_000, 110_000)
    assert saving_city.balances(saver)["charged"] == 510_000
    assert saving_city.top_up(saver, 1_000).entry.decline is TopUpDecline.HOLDING_LIMIT


# --- into a purse that expires -------------------------------------------------------------------------------------------


def test_a_bonus_is_credited_to_the_purse_of_the_month_of_its_expiry(under: Under) -> None:
    points = purse("points", expires_after={"months": 2}, spendable_at=AT_BOOKSHOPS)
    world = under(bonus(into="points"), purses=[points])
    saver = world.member()
    for month, day in ((1, 5), (1, 31), (2, 1)):
        world.now = datetime(2021, month, day, 10, 0, tzinfo=SEOUL)
        world.top_up(saver, 30_000)
    purses = {each.id: each for each in world.wallet(saver.id).purses if each.has_terms}
    april, may = (datetime(2021, month, 1, tzinfo=SEOUL) for month in (4, 5))
    assert purses == {
        "points@2021-03": Purse("points@2021-03", 6_000, None, april, "points"),
        "points@2021-04": Purse("points@2021-04", 3_000, None, may, "points"),
    }
    assert world.balances(saver)["charged"] == 90_000


def test_a_bonus_that_never_expires_has_one_purse(under: Under) -> None:
    world = under(bonus(into="points"), purses=[purse("points")])
    saver = world.member()
    for year in (2021, 2022):
        world.now = datetime(year, 1, 5, 10, 0, tzinfo=SEOUL)
        world.top_up(saver, 30_000)
    assert world.wallet(saver.id).purse("points@always") == Purse("points@always", 6_000, None, None, "points")


def test_top_ups_at_once_open_one_purse_together(under: Under) -> None:
    world = under(bonus(into="points"), purses=[purse("points", expires_after={"years": 1})])
    saver = world.member()
    answers = attempts_at_once([partial(world.top_up, saver, 10_000)] * THREADS)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert world.wallet(saver.id).balance("points@2022") == THREADS * 1_000


def test_a_cashback_bonus_fills_a_balance_below_zero(under: Under) -> None:
    world = under(bonus(into="cashback"))
    payer, shop = world.member(charged=100_000, cashback_first=True), world.shop()
    paid = world.pay(payer, shop, 50_000).entry
    world.accrue(paid)
    world.pay(payer, shop, 4_000)
    world.accrue(world.cancel(paid, 1).entry)
    world.now += timedelta(minutes=1)
    world.give(payer.id, "cashback", -3_000)
    before = world.balances(payer)["cashback"]
    assert before < 0
    world.top_up(payer, 40_000)
    assert world.balances(payer)["cashback"] == before + 4_000


# --- a discount ----------------------------------------------------------------------------------------------------------


def test_a_discounted_top_up_credits_the_face_value_and_the_bank_takes_less(under: Under) -> None:
    world = under(discount(funders={"city": 3, "national": 2}))
    appropriate(world, 100_000)
    appropriate(world, 100_000, "national")
    saver = world.member()
    made = world.top_up(saver, 60_001)
    assert sums(made) == (57_001, 60_001)
    assert made.entry.postings == {
        "bank/lee": -57_001,
        "funder/city": -1_800,
        "funder/national": -1_200,
        "purse/charged": 60_001,
    }
    assert (left(world), left(world, "national")) == (98_200, 98_800)


def test_discount_and_bonus_are_both_of_the_face_value(under: Under) -> None:
    world = under(discount(), bonus(into="cashback"))
    saver = world.member()
    made = world.top_up(saver, 100_000)
    assert (made.entry.debited, made.entry.credited) == (95_000, {"charged": 100_000, "cashback": 10_000})


# --- costs ----------------------------------------------------------------------------------------------------------------


def test_a_top_up_with_a_bonus_is_two_round_trips_and_four_items(saving_city: World) -> None:
    appropriate(saving_city, 1_000_000)
    saver = saving_city.member()
    saving_city.top_up(saver, 10_000)
    budgets = saving_city.budgets()
    saving_city.budgets = lambda: budgets  # type: ignore[method-assign]
    with saving_city.counted() as costs:
        saving_city.top_up(saver, 10_000)
    assert (costs.round_trips, costs.write_units) == (2, 8), "two each for wallet, entry, claim and budget shard"


def test_a_top_up_without_rewards_writes_wallet_entry_and_claim(world: World) -> None:
    appropriate(world, 1_000_000)
    saver = world.member()
    asked = []
    world.budgets = lambda: asked.append(True)  # type: ignore[assignment, method-assign, func-returns-value]
    with world.counted() as costs:
        world.top_up(saver, 30_000)
    assert (costs.round_trips, costs.write_units, asked) == (2, 6, [])
