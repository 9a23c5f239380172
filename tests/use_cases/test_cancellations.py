"""Cancellations return the payment and take its cashback back, whatever was spent, earned or cancelled in between."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.errors import CancellationExceedsPayment, IdempotencyKeyReused, NotFound, PaymentDeclined
from eeum.payments.rules import Payment
from eeum.policy.rules import Band, PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Contended, Page, Query, Unavailable
from eeum.wallet.rules import Wallet
from tests.concurrency import attempts_at_once
from tests.invariants import check_everything
from tests.use_cases.world import World

KEY = "the same key again and again"


def _paid(world: World, payer: Wallet, *amounts: int) -> list[Payment]:
    shop = world.shop()
    made = []
    for amount in amounts:
        world.now += timedelta(seconds=1)
        made.append(world.pay(payer, shop, amount).entry)
    return made


def test_a_cancelled_payment_goes_back_to_its_purse_and_its_cashback_is_taken_back(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    world.accrue(payment)
    assert world.balances(payer) == {"charged": 70_000, "cashback": 3_000}
    cancellation = world.cancel(payment).entry
    assert world.balances(payer) == {"charged": 70_000, "cashback": 3_000, "refund_pending": 30_000}
    world.accrue(cancellation)
    assert world.balances(payer) == {"charged": 100_000, "cashback": 0}
    (correction,) = world.book(payer).corrections
    assert (correction.won, correction.recovered, correction.released) == (-3_000, 0, (("charged", 30_000),))
    assert dict(correction.used) == {"monthly-spend": -30_000}
    assert dict(correction.cashback) == {"funder/national": 1_446, "funder/city": 1_554, "purse/cashback": -3_000}


def test_the_order_of_deliveries_does_not_matter(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    cancellation = world.cancel(payment, 10_000).entry
    accrued = world.accrued(cancellation)
    assert (accrued.accrued, accrued.already, accrued.not_accruable) == (1, 0, [])
    assert world.balances(payer) == {"charged": 80_000, "cashback": 2_000}
    assert world.accrued(payment).already == 1
    after = world.wallet(payer.id)
    assert (after.due, after.accrued) == (2, 2)


def test_a_cancellation_raises_what_later_payments_earned(world: World) -> None:
    """10 % up to 500,000 and 1 % up to 1,000,000: later payments earn what the cancellation frees in the first band."""
    payer = world.member(charged=2_000_000)
    first, second, third = _paid(world, payer, 500_000, 300_000, 400_000)
    world.accrue(first, second, third)
    assert [earning.won for earning in world.earnings(payer)] == [50_000, 3_000, 2_000]
    world.accrue(world.cancel(first).entry)
    (correction,) = world.book(payer).corrections
    changes = [(change.number, change.won) for change in correction.changes]
    assert changes == [(1, -50_000), (2, 27_000), (3, 20_000 + 2_000 - 2_000)]
    assert world.balances(payer)["cashback"] == 30_000 + 22_000


@pytest.mark.parametrize("parts", [[300_000], [100_000, 200_000], [1, 299_998, 1], [60_000] * 5])
def test_partial_cancellations_add_up_to_one_cancellation(world: World, parts: list[int]) -> None:
    payer = world.member(charged=400_000, cashback=100_000, grants={"grant/a": 200_000})
    first, second = _paid(world, payer, 600_000, 100_000)
    world.accrue(first, second)
    for part in parts:
        world.accrue(world.cancel(first, part).entry)
    # The last 300,000 came back, of 200,000 from the allowance and 400,000 from the loaded balance; the remaining 100,000 earn.
    assert world.balances(payer) == {"charged": 300_000, "cashback": 10_000, "grant/a": 0}
    book = world.book(payer)
    assert sum(change.won for each in book.corrections for change in each.changes) == -30_000


def test_refunds_go_back_in_reverse_debit_order(world: World) -> None:
    payer = world.member(charged=50_000, cashback=20_000, grants={"grant/a": 30_000})
    (payment,) = _paid(world, payer, 100_000)
    world.accrue(payment)
    assert world.balances(payer) == {"charged": 0, "cashback": 5_000, "grant/a": 0}
    world.accrue(world.cancel(payment, 15_000).entry)
    assert world.balances(payer) == {"charged": 0, "cashback": 20_000, "grant/a": 0}
    world.accrue(world.cancel(payment, 15_000).entry)
    # Ten thousand from the loaded balance are cancelled, and so are the thousand that they earned.
    assert world.balances(payer) == {"charged": 10_000, "cashback": 24_000, "grant/a": 0}
    world.accrue(world.cancel(payment).entry)
    assert world.balances(payer) == {"charged": 50_000, "cashback": 20_000, "grant/a": 30_000}


def test_cashback_that_was_spent_is_taken_from_the_refund(world: World) -> None:
    payer = world.member(charged=100_000, cashback_first=True)
    (payment,) = _paid(world, payer, 100_000)
    world.accrue(payment)
    _paid(world, payer, 10_000)
    assert world.balances(payer) == {"charged": 0, "cashback": 0}
    world.accrue(world.cancel(payment, 60_000).entry)
    (correction,) = world.book(payer).corrections
    assert (correction.won, correction.recovered) == (-6_000, 6_000)
    assert world.balances(payer) == {"charged": 54_000, "cashback": 0}
    assert world.wallet(payer.id).negative is None


def test_cashback_below_zero_shows_its_reason_and_is_filled_by_later_cashback() -> None:
    """Each of three layers loses a whole won for one won that is cancelled, after the cashback was spent."""
    # A separate world: the check at the end of the others uses the policies that are stored.
    world = World()
    world.policies = PolicyBook([_three_layers(world)])
    payer = world.member(charged=20, cashback_first=True)
    (payment,) = _paid(world, payer, 10)
    world.accrue(payment)
    _paid(world, payer, 3)
    assert world.balances(payer) == {"charged": 10, "cashback": 0}
    world.accrue(world.cancel(payment, 1).entry)
    owing = world.wallet(payer.id)
    assert (owing.balance("charged"), owing.balance("cashback")) == (10, -2)
    assert owing.negative is not None
    assert (owing.negative.payment_id, owing.negative.at) == (payment.acceptance.id, world.now)
    (later,) = _paid(world, payer, 10)
    world.accrue(later)
    filled = world.wallet(payer.id)
    assert (filled.balance("cashback"), filled.negative) == (1, None)


def test_a_balance_below_zero_is_filled_from_the_next_refund_first(world: World) -> None:
    payer = world.member(charged=50_000)
    (payment,) = _paid(world, payer, 20_000)
    world.accrue(payment)
    world.give(payer.id, "cashback", -7_000)
    world.accrue(world.cancel(payment, 10_000).entry)
    (correction,) = world.book(payer).corrections
    assert (correction.won, correction.recovered, correction.released) == (-1_000, 6_000, (("charged", 4_000),))
    assert world.balances(payer) == {"charged": 34_000, "cashback": 0}
    # The rest comes back as if nothing had been recovered: in reverse debit order, over all refunds.
    world.accrue(world.cancel(payment).entry)
    assert world.balances(payer) == {"charged": 43_000, "cashback": 0}


def _three_layers(world: World) -> PolicyVersion:
    running = world.policies.running_at(world.now)
    (layer,) = running.layers
    plain = replace(layer, spend_limits=(), reward_limits=(), bands=(Band(0, None, 1_000),))
    return replace(running, layers=tuple(replace(plain, id=f"layer-{number}") for number in range(3)))


def test_a_declined_payment_cannot_be_cancelled(world: World) -> None:
    payer = world.member(charged=1_000)
    (payment,) = _paid(world, payer, 2_000)
    with pytest.raises(PaymentDeclined):
        world.cancel(payment)
    assert world.entries("cancellation") == []


@pytest.mark.parametrize("amount", [30_001, 10**12])
def test_no_more_is_cancelled_than_is_left(world: World, amount: int) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    with pytest.raises(CancellationExceedsPayment):
        world.cancel(payment, amount)
    world.cancel(payment, 20_000)
    with pytest.raises(CancellationExceedsPayment):
        world.cancel(payment, 10_001)
    world.cancel(payment, 10_000)
    with pytest.raises(CancellationExceedsPayment):
        world.cancel(payment)
    assert world.balances(payer)["refund_pending"] == 30_000


def test_only_the_acquirer_that_brought_a_payment_cancels_it(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    with pytest.raises(NotFound):
        world.cancel(payment, caller="acquirer/other")
    assert world.entries("cancellation") == []


def test_a_cancellation_has_one_effect_however_often_it_is_sent(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    first = world.cancel(payment, 10_000, KEY)
    again = world.cancel(payment, 10_000, KEY)
    assert (first.replayed, again.replayed, again.entry) == (False, True, first.entry)
    with pytest.raises(IdempotencyKeyReused):
        world.cancel(payment, 5_000, KEY)
    assert world.balances(payer)["refund_pending"] == 10_000


def test_a_replayed_cancellation_answers_the_same_when_nothing_is_left(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    first = world.cancel(payment, None, KEY).entry
    assert world.cancel(payment, None, KEY).entry == first


def test_sixteen_concurrent_cancellations_never_exceed_the_payment(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    outcomes = attempts_at_once([lambda: world.cancel(payment, 4_000)] * 16)
    done = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(done) == 7
    assert all(isinstance(each, CancellationExceedsPayment) for each in outcomes if isinstance(each, Exception))
    assert world.balances(payer)["refund_pending"] == 28_000


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Contended, Unavailable])
def test_a_lost_answer_does_not_cancel_twice(world: World, error: type[Exception], moment: str) -> None:
    if error is Contended and moment == "after":
        pytest.skip("a conflict has no effect")
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    with world.failing(error, moment, times=2) as hit:
        cancellation = world.cancel(payment, 10_000, KEY).entry
    assert hit
    with world.failing(error, moment, times=2) as hit:
        world.accrue(payment, cancellation)
    assert hit
    assert world.balances(payer) == {"charged": 80_000, "cashback": 2_000}


def test_a_cancellation_belongs_to_the_month_of_its_payment(world: World) -> None:
    world.now = datetime(2021, 1, 31, 23, 0, tzinfo=SEOUL)
    payer = world.member(charged=2_000_000)
    january = _paid(world, payer, 500_000, 100_000)
    world.accrue(*january)
    world.now = datetime(2021, 4, 2, 9, 0, tzinfo=SEOUL)
    april = _paid(world, payer, 100_000)
    world.accrue(*april)
    world.accrue(world.cancel(january[0]).entry)
    (correction,) = world.book(payer, "2021-01").corrections
    assert [(change.number, change.won) for change in correction.changes] == [(1, -50_000), (2, 9_000)]
    assert world.book(payer, "2021-04").corrections == ()
    assert world.wallet(payer.id).usage == {"monthly-spend@2021-04": 100_000}
    # The wallet no longer has January's limit usage, but a late accrual can still compute it.
    world.accrue(world.cancel(january[1]).entry)
    assert world.balances(payer) == {"charged": 1_900_000, "cashback": 10_000}


def test_posting_a_cancellation_again_changes_nothing(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _paid(world, payer, 30_000)
    cancellation = world.cancel(payment).entry
    world.accrue(payment, cancellation)
    before = world.balances(payer)
    again = world.accrued(cancellation, payment, cancellation)
    assert (again.accrued, again.already) == (0, 2)
    assert world.balances(payer) == before


def test_a_payment_and_its_cancellation_under_one_key_in_one_instant_are_two(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    payment = world.pay(payer, shop, 30_000, KEY).entry
    cancellation = world.cancel(payment, 10_000, KEY).entry
    assert cancellation.acceptance.id == payment.acceptance.id
    assert world.accrued(cancellation, payment).accrued == 2
    assert world.balances(payer) == {"charged": 80_000, "cashback": 2_000}


def test_a_refund_is_divided_again_when_the_cashback_balance_changed(world: World) -> None:
    payer = world.member(charged=100_000, cashback_first=True)
    (payment,) = _paid(world, payer, 100_000)
    world.accrue(payment)
    cancellation = world.cancel(payment).entry
    done = []

    def spend(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            _paid(world, payer, 10_000)

    world.memory.fault = spend
    world.accrue(cancellation)
    assert done
    assert world.balances(payer) == {"charged": 90_000, "cashback": 0}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_only_surviving_payments_earn_after_any_sequence(seed: int) -> None:
    chance = random.Random(seed)
    world = World()
    payer = world.member(
        charged=900_000, cashback=chance.choice([0, 5_000]), grants={"grant/a": 40_000}, cashback_first=True
    )
    waiting: list[object] = []
    payments: list[Payment] = []
    for _ in range(chance.randint(3, 14)):
        act = chance.random()
        if act < 0.5:
            payments += (made := _paid(world, payer, chance.choice([1, 9_999, 50_000, 200_000, 400_000])))
            waiting += [payment for payment in made if payment.decline is None]
        elif act < 0.8 and payments:
            try:
                waiting.append(world.cancel(chance.choice(payments), chance.choice([None, 1, 30_000])).entry)
            except (CancellationExceedsPayment, PaymentDeclined):
                continue
        else:
            chance.shuffle(waiting)
            world.accrue(*waiting[:2])  # type: ignore[arg-type]
            del waiting[:2]
    world.accrue(*waiting)  # type: ignore[arg-type]
    after = world.wallet(payer.id)
    assert (after.due, after.balance("refund_pending")) == (after.accrued, 0)
    check_everything(world.memory)


def test_entries_posted_while_a_month_is_read_are_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrections are read after earnings, so one may belong to an earning that was not read."""
    payer = world.member(charged=1_000_000)
    payment, cancelled = _paid(world, payer, 400_000, 200_000)
    world.accrue(payment)
    cancellation = world.cancel(payment, 100_000).entry
    taken_back = world.cancel(cancelled).entry
    query, done = world.memory.query, []

    def overtaken(asked: Query) -> Page:
        if asked.prefix.startswith("CORRECTION#") and not done:
            done.append(True)
            world.accrue(cancelled, taken_back)
        return query(asked)

    monkeypatch.setattr(world.memory, "query", overtaken)
    world.accrue(cancellation)
    assert done
    assert world.balances(payer) == {"charged": 700_000, "cashback": 30_000}
