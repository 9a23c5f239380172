"""Holds lower the balance, are captured in parts that each earn, and are released otherwise."""

from datetime import datetime, timedelta

import pytest

from eeum.calendar import SEOUL
from eeum.errors import (
    CancellationExceedsPayment,
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    IdempotencyKeyReused,
    NotAHold,
    NotFound,
    NothingCaptured,
    PaymentDeclined,
    PaymentVoided,
)
from eeum.payments.progress import MOST_CAPTURES
from eeum.payments.rules import HOLDS_LAST, Payment, PaymentStatus
from eeum.storage import Contended, Unavailable
from eeum.wallet.rules import Wallet
from tests.concurrency import attempts_at_once
from tests.use_cases.world import World

KEY = "the same key again and again"


def _held(world: World, payer: Wallet, amount: int) -> Payment:
    world.now += timedelta(seconds=1)
    return world.pay(payer, world.shop(), amount, hold=True, body={"hold": True}).entry


def test_held_money_cannot_be_spent(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 70_000)
    assert (payment.status, payment.expires_at) == (PaymentStatus.HELD, world.now + HOLDS_LAST)
    assert world.balances(payer) == {"charged": 30_000, "cashback": 0, "held": 70_000}
    assert world.pay(payer, world.shop(), 30_001).entry.decline == "insufficient_funds"
    assert world.pay(payer, world.shop(), 30_000).entry.decline is None
    assert world.wallet(payer.id).due == 1


def test_a_hold_is_captured_whole(world: World) -> None:
    payer = world.member(charged=100_000)
    capture = world.capture(_held(world, payer, 70_000)).entry
    assert world.balances(payer) == {"charged": 30_000, "cashback": 0}
    world.accrue(capture)
    (earning,) = world.earnings(payer)
    assert (earning.capture, earning.base, earning.won) == (1, 70_000, 7_000)


def test_each_capture_earns_at_its_own_instant(world: World) -> None:
    world.now = datetime(2021, 1, 31, 23, 0, tzinfo=SEOUL)
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 90_000)
    first = world.capture(payment, 40_000).entry
    world.now = datetime(2021, 2, 1, 0, 0, tzinfo=SEOUL)
    second = world.capture(payment, 50_000).entry
    world.accrue(second, first)
    assert [(each.capture, each.base, each.won) for each in world.earnings(payer, "2021-01")] == [(1, 40_000, 4_000)]
    assert [(each.capture, each.base, each.won) for each in world.earnings(payer, "2021-02")] == [(2, 50_000, 5_000)]
    # One cancellation over both captures recomputes both months, and its refund is complete.
    world.accrue(world.cancel(payment, 60_000).entry)
    assert [each.won for month in ("2021-01", "2021-02") for each in world.book(payer, month).corrections] == [
        -1_000,
        -5_000,
    ]
    assert world.balances(payer) == {"charged": 70_000, "cashback": 3_000}
    after = world.wallet(payer.id)
    assert (after.due, after.accrued) == (4, 4)


def test_captures_take_the_purses_in_the_order_they_were_drawn(world: World) -> None:
    payer = world.member(charged=50_000, grants={"grant/a": 30_000})
    payment = _held(world, payer, 80_000)
    first = world.capture(payment, 40_000).entry
    world.now += timedelta(seconds=1)
    second = world.capture(payment).entry
    assert (first.paid_from, second.paid_from) == ((("grant/a", 30_000), ("charged", 10_000)), (("charged", 40_000),))
    world.accrue(first, second)
    assert [earning.base for earning in world.earnings(payer)] == [10_000, 40_000]
    # The last capture is cancelled first; the purses drawn first remain captured.
    world.accrue(world.cancel(payment, 45_000).entry)
    assert world.balances(payer) == {"charged": 45_000, "cashback": 500, "grant/a": 0}


def test_a_cancellation_that_comes_before_its_captures_brings_their_earnings(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 80_000)
    captures = [world.capture(payment, 40_000).entry for _ in range(2)]
    cancellation = world.cancel(payment, 50_000).entry
    world.accrue(cancellation)
    assert world.balances(payer) == {"charged": 70_000, "cashback": 3_000}
    assert world.accrued(*captures).already == 2


def test_no_more_is_captured_than_is_held(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    with pytest.raises(CaptureExceedsHold):
        world.capture(payment, 50_001)
    world.capture(payment, 30_000)
    with pytest.raises(CaptureExceedsHold):
        world.capture(payment, 20_001)
    world.capture(payment)
    with pytest.raises(HoldClosed):
        world.capture(payment, 1)
    assert len(world.entries("capture")) == 2


@pytest.mark.parametrize("amount", [0, -1])
def test_zero_and_negative_captures_and_cancellations_are_refused(world: World, amount: int) -> None:
    """The API refuses such amounts first; the rules do, too."""
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    with pytest.raises(CaptureExceedsHold):
        world.capture(payment, amount)
    world.capture(payment, 20_000)
    with pytest.raises(CancellationExceedsPayment):
        world.cancel(payment, amount)
    assert world.balances(payer) == {"charged": 50_000, "cashback": 0, "held": 30_000}


def test_a_hold_is_captured_in_a_limited_number_of_parts(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    captures = [world.capture(payment, 1_000).entry for _ in range(MOST_CAPTURES)]
    with pytest.raises(CaptureExceedsHold):
        world.capture(payment, 1_000)
    cancellation = world.cancel(payment).entry
    world.accrue(cancellation)
    assert world.accrued(*captures).already == MOST_CAPTURES
    assert world.void(payment).entry.amount == 50_000 - MOST_CAPTURES * 1_000
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}


def test_uncaptured_money_is_released_to_its_purses(world: World) -> None:
    payer = world.member(charged=50_000, cashback=20_000, grants={"grant/a": 30_000})
    payment = _held(world, payer, 90_000)
    world.capture(payment, 40_000)
    release = world.void(payment).entry
    assert (release.amount, release.returned) == (50_000, (("charged", 40_000), ("cashback", 10_000)))
    assert world.balances(payer) == {"charged": 40_000, "cashback": 20_000, "grant/a": 0}


def test_a_released_hold_stays_released(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    first = world.void(payment, KEY)
    assert world.void(payment, KEY).entry == first.entry
    for act in (lambda: world.void(payment), lambda: world.capture(payment)):
        with pytest.raises(HoldClosed):
            act()
    with pytest.raises(PaymentVoided):
        world.cancel(payment)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}


def test_a_hold_without_captures_is_voided_not_cancelled(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    with pytest.raises(NothingCaptured):
        world.cancel(payment)


def test_no_more_is_cancelled_than_was_captured(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    world.capture(payment, 20_000)
    with pytest.raises(CancellationExceedsPayment):
        world.cancel(payment, 20_001)


def test_a_payment_captured_at_once_has_no_hold(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = world.pay(payer, world.shop(), 50_000).entry
    for act in (lambda: world.void(payment), lambda: world.capture(payment)):
        with pytest.raises(NotAHold):
            act()


def test_a_declined_hold_cannot_be_captured(world: World) -> None:
    payer = world.member(charged=1_000)
    payment = _held(world, payer, 2_000)
    assert payment.status is PaymentStatus.DECLINED
    for act in (lambda: world.void(payment), lambda: world.capture(payment), lambda: world.cancel(payment)):
        with pytest.raises(PaymentDeclined):
            act()
    assert world.expire() == 0


def test_a_foreign_hold_is_not_found(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    for act in (world.void, world.capture):
        with pytest.raises(NotFound):
            act(payment, caller="acquirer/other")


def test_a_hold_expires_whether_or_not_the_schedule_runs(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    world.now += HOLDS_LAST - timedelta(milliseconds=1)
    assert world.expire() == 0
    world.capture(payment, 10_000)
    world.now += timedelta(milliseconds=1)
    with pytest.raises(HoldExpired):
        world.capture(payment)
    assert world.balances(payer)["held"] == 40_000
    assert world.expire() == 1
    assert world.balances(payer) == {"charged": 90_000, "cashback": 0}
    assert world.expire() == 0
    with pytest.raises(HoldClosed):
        world.void(payment)


def test_the_schedule_releases_the_longest_expired_first_and_no_more_than_asked(world: World) -> None:
    payer = world.member(charged=100_000)
    payments = [_held(world, payer, amount) for amount in (1_000, 2_000, 3_000)]
    assert len({payment.expires_at for payment in payments}) == 3
    world.now += timedelta(days=30)
    assert world.expire(limit=2) == 2
    assert world.balances(payer)["held"] == 3_000
    assert attempts_at_once([world.expire] * 8).count(1) == 1
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}


def test_a_capture_has_one_effect_however_often_it_is_sent(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    first = world.capture(payment, 10_000, KEY)
    world.now += timedelta(days=30)
    again = world.capture(payment, 10_000, KEY)
    assert (again.replayed, again.entry) == (True, first.entry)
    with pytest.raises(IdempotencyKeyReused):
        world.capture(payment, 20_000, KEY)
    assert world.balances(payer)["held"] == 40_000


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Contended, Unavailable])
def test_lost_answers_hold_capture_and_release_once(world: World, error: type[Exception], moment: str) -> None:
    if error is Contended and moment == "after":
        pytest.skip("a conflict has no effect")
    payer = world.member(charged=100_000)
    with world.failing(error, moment, times=1) as hit:
        payment = _held(world, payer, 50_000)
    assert hit
    with world.failing(error, moment, times=1):
        world.capture(payment, 20_000, KEY)
    with world.failing(error, moment, times=1):
        world.void(payment, KEY)
    assert world.balances(payer) == {"charged": 80_000, "cashback": 0}


def test_concurrent_captures_and_voids_never_exceed_the_hold(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    outcomes = attempts_at_once([*[lambda: world.capture(payment, 8_000)] * 12, lambda: world.void(payment)])
    captured = sum(entry["amount"] for entry in world.entries("capture"))
    released = sum(entry["amount"] for entry in world.entries("release"))
    assert captured + released + world.balances(payer).get("held", 0) == 50_000
    assert all(isinstance(each, HoldClosed | CaptureExceedsHold) for each in outcomes if isinstance(each, Exception))


def test_a_suspended_members_hold_can_be_captured(world: World) -> None:
    payer = world.member(charged=100_000)
    payment = _held(world, payer, 50_000)
    world.suspend(payer)
    assert world.capture(payment).entry.amount == 50_000
