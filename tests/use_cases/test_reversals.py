"""Reversals undo a payment by its own key when its answer was lost: whether it arrived or not, and any number of times."""

from datetime import timedelta

import pytest

from eeum.errors import IdempotencyKeyReused
from eeum.payments.rules import Decline
from eeum.payments.use_cases import UnknownCard
from eeum.storage import Contended, Unavailable
from tests.concurrency import attempts_at_once
from tests.use_cases.world import World

KEY = "the key of the original"


def test_an_approved_payment_is_cancelled_whole(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY).entry
    world.accrue(payment)
    reversal = world.reverse(payer, shop, 30_000, KEY)
    assert (reversal.outcome, reversal.payment) == ("reversed", payment)
    assert reversal.cancellation is not None
    world.accrue(reversal.cancellation)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}
    assert not reversal.replayed
    assert world.reverse(payer, shop, 30_000, KEY) == reversal._replace(replayed=True)
    # The original's answer stays the same.
    assert world.pay(payer, shop, 30_000, KEY).entry == payment


def test_a_payment_that_arrives_after_its_reversal_is_declined(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    reversal = world.reverse(payer, shop, 30_000, KEY)
    assert (reversal.outcome, reversal.cancellation, reversal.release) == ("never_arrived", None, None)
    world.now += timedelta(minutes=1)
    late = world.pay(payer, shop, 30_000, KEY)
    assert (late.replayed, late.entry.decline, reversal.replayed) == (True, Decline.REVERSED, False)
    assert world.reverse(payer, shop, 30_000, KEY) == reversal._replace(replayed=True)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}


def test_a_declined_payment_stays_declined(world: World) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY).entry
    reversal = world.reverse(payer, shop, 30_000, KEY)
    assert (reversal.outcome, reversal.payment) == ("declined", payment)
    assert not world.reverse(payer, shop, 30_000, KEY).replayed, (
        "no earlier reversal had an effect, so this is no replay"
    )


def test_a_partly_cancelled_payment_is_cancelled_completely(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY).entry
    first = world.cancel(payment, 10_000).entry
    reversal = world.reverse(payer, shop, 30_000, KEY)
    assert reversal.cancellation is not None
    assert reversal.cancellation.amount == 20_000
    world.accrue(payment, first, reversal.cancellation)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}


def test_a_hold_is_released_and_its_captures_are_cancelled(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY, hold=True).entry
    capture = world.capture(payment, 10_000).entry
    reversal = world.reverse(payer, shop, 30_000, KEY, hold=True)
    assert reversal.release is not None
    assert reversal.cancellation is not None
    assert (reversal.release.amount, reversal.cancellation.amount) == (20_000, 10_000)
    world.accrue(capture, reversal.cancellation)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}
    assert world.reverse(payer, shop, 30_000, KEY, hold=True) == reversal._replace(replayed=True)


def test_an_interrupted_reversal_is_continued(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY, hold=True).entry
    world.capture(payment, 10_000)
    stored = []

    class Died(BaseException):
        pass

    def die(moment: str, writes: object) -> None:
        stored.append(moment)
        if len(stored) == 3:
            raise Died

    world.memory.fault = die
    with pytest.raises(Died):
        world.reverse(payer, shop, 30_000, KEY, hold=True)
    world.memory.fault = lambda moment, writes: None
    assert world.balances(payer)["charged"] == 90_000
    resumed = world.reverse(payer, shop, 30_000, KEY, hold=True)
    assert not resumed.replayed, "its release was there before, its cancellation was not"
    assert world.balances(payer) == {"charged": 90_000, "cashback": 0, "refund_pending": 10_000}


def test_a_reversal_with_another_body_is_refused(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    world.pay(payer, shop, 30_000, KEY)
    with pytest.raises(IdempotencyKeyReused):
        world.reverse(payer, shop, 20_000, KEY)
    assert world.entries("cancellation") == []


def test_an_unknown_wallet_has_nothing_to_reverse(world: World) -> None:
    payer, shop = world.member(), world.shop()
    with pytest.raises(UnknownCard):
        world.reverse(payer, shop, 20_000, KEY, card="no card of hers")
    assert world.entries("payment") == []


def test_a_concurrent_original_and_reversal_leave_nothing_paid(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    outcomes = attempts_at_once(
        [lambda: world.pay(payer, shop, 30_000, KEY), lambda: world.reverse(payer, shop, 30_000, KEY)] * 8
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    balances = world.balances(payer)
    assert balances["charged"] + balances.get("refund_pending", 0) == 100_000
    assert len(world.entries("payment")) == 1
    assert len(world.entries("cancellation")) == (1 if world.entries("payment")[0]["status"] == "approved" else 0)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Contended, Unavailable])
def test_a_lost_answer_reverses_once(world: World, error: type[Exception], moment: str) -> None:
    if error is Contended and moment == "after":
        pytest.skip("a conflict has no effect")
    payer, shop = world.member(charged=100_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY).entry
    with world.failing(error, moment, times=2) as hit:
        reversal = world.reverse(payer, shop, 30_000, KEY)
    assert hit
    assert reversal.cancellation is not None
    world.accrue(payment, reversal.cancellation)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}
