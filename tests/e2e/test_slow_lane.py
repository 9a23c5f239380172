"""A long month delays only its own wallet: during a shop's cancellations there, other members get cashback within ten seconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from eeum.cashback.use_cases import QUICK_ACCRUALS
from local.city import City
from tests.e2e.members import Member
from tests.e2e.test_cancellations import NewMember, Till, settled, till  # noqa: F401 - a fixture
from tests.e2e.waiting import wait_for, wait_for_cashback

PAYMENTS = QUICK_ACCRUALS + 60
CANCELLED = 60
STRANGERS = 6
SECONDS = 10.0


def test_cashback_of_others_does_not_wait_for_cancellations_in_a_long_month(
    city: City,
    new_member: NewMember,
    till: Till,  # noqa: F811
) -> None:
    member, stranger = new_member(charged=200_000), new_member(charged=100_000)
    with ThreadPoolExecutor(4) as pool:
        payments = list(pool.map(lambda _: till.pay(member, 1_000), range(PAYMENTS)))
    wait_for_cashback(member)
    delays: list[float] = []
    with ThreadPoolExecutor(2) as pool:
        storm = pool.map(lambda payment: till.change(payment, "cancellations"), payments[:CANCELLED])
        for number in range(1, STRANGERS + 1):
            till.pay(stranger, 10_000)
            began = time.monotonic()
            wait_for(stranger.balances, _has(number * 1_000), "a stranger's cashback")
            delays.append(time.monotonic() - began)
        assert len(list(storm)) == CANCELLED
    print(f"a stranger waited {statistics.median(delays):.1f} s, at most {max(delays):.1f} s")
    assert max(delays) < SECONDS
    # The cancellations are all posted in the end, and so are the payments behind them.
    till.pay(member, 1_000)
    assert settled(member)["purses"] == {
        "charged": 200_000 - (PAYMENTS - CANCELLED + 1) * 1_000,
        "cashback": (PAYMENTS - CANCELLED + 1) * 100,
    }
    queues = city.emulator.client("sqs")
    waiting = queues.get_queue_attributes(
        QueueUrl=city.stack.resources["CashbackSlowDeadLetterQueue"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"


def _has(cashback: int) -> Callable[[dict[str, int]], bool]:
    return lambda balances: balances["cashback"] >= cashback


def test_the_slow_lane_posts_cancellations_in_a_long_month(new_member: NewMember, till: Till) -> None:  # noqa: F811
    member: Member = new_member(charged=200_000)
    with ThreadPoolExecutor(4) as pool:
        payments = list(pool.map(lambda _: till.pay(member, 1_000), range(QUICK_ACCRUALS + 1)))
    wait_for_cashback(member)
    till.change(payments[0], "cancellations")
    assert settled(member)["purses"] == {"charged": 200_000 - QUICK_ACCRUALS * 1_000, "cashback": QUICK_ACCRUALS * 100}
