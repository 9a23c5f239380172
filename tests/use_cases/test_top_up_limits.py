"""A policy's limits on top-ups: to the won, in every kind of window, with carry-over, and for concurrent top-ups."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.once import Answer
from eeum.wallet.rules import LimitUsage, TopUpDecline
from tests.concurrency import attempts_at_once
from tests.use_cases.command_policies import (
    bonus,
    limit,
    sums,
    wallet_terms,
)
from tests.use_cases.world import World

THREADS = 8
Under = Callable[..., World]


@pytest.fixture
def limited(under: Under) -> Under:
    """A world whose policy limits the top-ups of a window to this amount."""

    def found(amount: int, window: str = "month", **words: Any) -> World:
        terms = wallet_terms(holding_limit=2_000_000, top_up_limits=["top-ups"])
        return under(limits=[limit("top-ups", "top_up", amount, window, **words)], wallet=terms)

    return found


def test_a_month_takes_no_more_than_its_limit_to_the_won(limited: Under) -> None:
    world = limited(500_000)
    saver = world.member()
    assert world.top_up(saver, 499_000).entry.decline is None
    assert world.top_up(saver, 1_001).entry.decline is TopUpDecline.TOP_UP_LIMIT
    assert world.top_up(saver, 1_000).entry.decline is None
    assert world.top_up(saver, 1_000).entry.decline is TopUpDecline.TOP_UP_LIMIT
    assert world.wallet(saver.id).limit_usage == LimitUsage(2, {"top-ups@2021-01": 500_000}), (
        "a declined top-up uses no limit"
    )
    world.now = datetime(2021, 2, 1, tzinfo=SEOUL)
    assert world.top_up(saver, 500_000).entry.decline is None


@pytest.mark.parametrize(
    ("window", "instants"),
    [
        ("half_month", ["2021-01-15T23:59:59.999+09:00", "2021-01-16T00:00:00+09:00"]),
        ("year", ["2021-12-31T23:59:59.999+09:00", "2022-01-01T00:00:00+09:00"]),
    ],
)
def test_other_limits_turn_with_their_windows(limited: Under, window: str, instants: list[str]) -> None:
    world = limited(300_000, window)
    saver = world.member()
    before, after = (datetime.fromisoformat(instant) for instant in instants)
    world.now = before
    assert world.top_up(saver, 300_000).entry.decline is None
    assert world.top_up(saver, 1_000).entry.decline is TopUpDecline.TOP_UP_LIMIT
    world.now = after
    assert world.top_up(saver, 300_000).entry.decline is None


def test_a_limit_of_an_event_applies_only_within_it(limited: Under) -> None:
    world = limited(50_000, "event", **{"from": "2021-02-10T00:00:00+09:00", "until": "2021-02-15T00:00:00+09:00"})
    saver = world.member()
    found = []
    for day, amount in ((9, 60_000), (10, 50_000), (14, 1_000), (15, 60_000)):
        world.now = datetime(2021, 2, day, tzinfo=SEOUL)
        found.append(world.top_up(saver, amount).entry.decline)
    assert found == [None, None, TopUpDecline.TOP_UP_LIMIT, None]
    assert world.wallet(saver.id).limit_usage.used == {"top-ups@until-2021-02": 50_000}


def test_the_unused_part_of_a_month_is_carried_over(limited: Under) -> None:
    world = limited(300_000, carries_over_from="2021-01-01T00:00:00+09:00")
    saver = world.member()
    world.top_up(saver, 100_000)
    world.now = datetime(2021, 2, 3, tzinfo=SEOUL)
    assert world.top_up(saver, 500_001).entry.decline is TopUpDecline.TOP_UP_LIMIT
    assert world.top_up(saver, 500_000).entry.decline is None


def test_concurrent_top_ups_stay_within_the_limit(limited: Under) -> None:
    world = limited(50_000)
    saver = world.member()
    answers = attempts_at_once([partial(world.top_up, saver, 10_000)] * THREADS)
    declines = [answer.entry.decline for answer in answers if isinstance(answer, Answer)]
    assert (declines.count(None), declines.count(TopUpDecline.TOP_UP_LIMIT)) == (5, THREADS - 5), answers


def test_one_limit_may_limit_both_top_ups_and_their_bonus(under: Under) -> None:
    world = under(
        bonus(limits=["top-ups"]),
        limits=[limit("top-ups", "top_up", 100_000)],
        wallet=wallet_terms(top_up_limits=["top-ups"]),
    )
    saver = world.member()
    assert sums(world.top_up(saver, 70_000)) == (70_000, 77_000)
    assert sums(world.top_up(saver, 30_000)) == (30_000, 33_000)
    assert world.top_up(saver, 1_000).entry.decline is TopUpDecline.TOP_UP_LIMIT
    assert world.wallet(saver.id).limit_usage.used == {"top-ups@2021-01": 100_000}, "the top-up counts once"
