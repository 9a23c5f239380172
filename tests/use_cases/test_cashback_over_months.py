"""Months turn by themselves: limits count by the month of the payment, whenever its cashback is posted."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.errors import ProgrammeNotRunning
from eeum.payments.rules import Payment
from eeum.policy.use_cases import PolicyBook, book_of
from eeum.storage import Query
from tests.use_cases.world import World, incheon

MIDNIGHT = datetime(2021, 2, 1, tzinfo=SEOUL)
LAST_MILLISECOND = MIDNIGHT - timedelta(milliseconds=1)


def _paid_at(world: World, at: datetime, amount: int) -> Payment:
    world.now = at
    payer = world.wallet(world.member().id)
    payment = world.pay(payer, MERCHANT, amount).entry
    assert payment.decline is None
    return payment


MERCHANT = "set by the fixture below"


@pytest.fixture(autouse=True)
def _rich(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.member(charged=50_000_000)
    monkeypatch.setattr(f"{__name__}.MERCHANT", world.shop().id)


def _won(world: World, month: str) -> list[int]:
    return [earning.won for earning in world.earnings(world.member(), month)]


def test_the_first_millisecond_of_a_month_starts_its_limit_at_zero(world: World) -> None:
    last = _paid_at(world, LAST_MILLISECOND, 1_000_000)
    first = _paid_at(world, MIDNIGHT, 1_000_000)
    world.accrue(last, first)
    assert (_won(world, "2021-01"), _won(world, "2021-02")) == ([55_000], [55_000])
    assert world.wallet(world.member().id).usage == {
        "monthly-spend@2021-01": 1_000_000,
        "monthly-spend@2021-02": 1_000_000,
    }


def test_the_last_millisecond_of_a_month_uses_its_limit(world: World) -> None:
    world.accrue(_paid_at(world, LAST_MILLISECOND - timedelta(hours=1), 1_000_000))
    world.accrue(_paid_at(world, LAST_MILLISECOND + timedelta(microseconds=999), 500_000))
    assert _won(world, "2021-01") == [55_000, 0]


def test_months_follow_seoul_in_any_time_zone_of_the_clock(world: World) -> None:
    from datetime import UTC

    payment = _paid_at(world, datetime(2021, 1, 31, 15, 0, tzinfo=UTC), 1_000)
    assert world.entries("payment")[0]["month"] == "2021-02"
    world.accrue(payment)
    assert _won(world, "2021-02") == [100]


def test_a_payment_of_the_old_month_that_is_posted_after_the_first_of_the_new_one_uses_the_old_limit(
    world: World,
) -> None:
    early = _paid_at(world, LAST_MILLISECOND - timedelta(hours=2), 600_000)
    late = _paid_at(world, LAST_MILLISECOND, 600_000)
    new = _paid_at(world, MIDNIGHT, 600_000)
    world.accrue(early)
    world.accrue(new)
    world.accrue(late)
    assert _won(world, "2021-01") == [51_000, 4_000]
    assert _won(world, "2021-02") == [51_000]


@pytest.mark.parametrize("month_now", [3, 4, 12])
def test_an_accrual_months_late_counts_usage_that_the_wallet_no_longer_keeps(world: World, month_now: int) -> None:
    early = _paid_at(world, LAST_MILLISECOND - timedelta(hours=2), 600_000)
    late = [_paid_at(world, LAST_MILLISECOND - timedelta(hours=1), won) for won in (300_000, 300_000)]
    world.accrue(early)
    world.accrue(_paid_at(world, datetime(2021, month_now, 1, tzinfo=SEOUL), 10_000))
    assert "monthly-spend@2021-01" not in world.wallet(world.member().id).usage
    world.accrue(late[0])
    world.accrue(late[1])
    assert _won(world, "2021-01") == [51_000, 3_000, 1_000]
    assert "monthly-spend@2021-01" not in world.wallet(world.member().id).usage


def test_one_batch_may_hold_payments_of_many_months(world: World) -> None:
    accrued = _paid_at(world, datetime(2021, 1, 10, tzinfo=SEOUL), 900_000)
    world.accrue(accrued)
    payments = [_paid_at(world, datetime(2021, month, 20, tzinfo=SEOUL), 600_000) for month in range(1, 8)]
    world.accrue(*payments[2:])
    world.accrue(*payments[::-1])
    assert _won(world, "2021-01") == [54_000, 1_000]
    assert [_won(world, f"2021-0{month}") for month in range(2, 8)] == [[51_000]] * 6
    assert world.wallet(world.member().id).usage == {"monthly-spend@2021-06": 600_000, "monthly-spend@2021-07": 600_000}


def test_a_late_accrual_that_loses_a_race_sums_its_month_again(world: World) -> None:
    payments = [_paid_at(world, LAST_MILLISECOND - timedelta(hours=hour), 600_000) for hour in (3, 2, 1)]
    world.accrue(_paid_at(world, datetime(2021, 6, 1, tzinfo=SEOUL), 10_000))
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.accrue(payments[0])

    world.memory.fault = fault
    world.accrue(payments[1])
    world.accrue(payments[2])
    assert _won(world, "2021-01") == [51_000, 4_000, 0]


def test_a_late_accrual_reads_its_month_consistently(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    late = _paid_at(world, LAST_MILLISECOND, 600_000)
    world.accrue(_paid_at(world, datetime(2021, 6, 1, tzinfo=SEOUL), 10_000))
    asked: list[Query] = []
    answer = world.memory.query
    monkeypatch.setattr(world.memory, "query", lambda query: asked.append(query) or answer(query))
    world.accrue(late)
    assert asked
    assert all(query.consistent for query in asked)


def test_policy_and_month_are_those_of_the_acceptance_not_of_the_posting(world: World) -> None:
    before = _paid_at(world, datetime(2022, 6, 30, 23, 59, 59, 999_000, tzinfo=SEOUL), 100_000)
    after = _paid_at(world, datetime(2022, 7, 1, tzinfo=SEOUL), 100_000)
    world.now = datetime(2026, 1, 1, tzinfo=SEOUL)
    world.accrue(after, before)
    (first,), (second,) = world.earnings(world.member(), "2022-06"), world.earnings(world.member(), "2022-07")
    assert (first.policy, second.policy) == ("incheon-2021-01-01", "incheon-2022-07-01")
    assert first.posted_at == second.posted_at == world.now


def test_a_version_that_starts_at_an_hour_splits_that_day(world: World) -> None:
    world.member(charged=10_000_000)
    at = datetime(2019, 8, 1, 6, 0, tzinfo=SEOUL)
    merchants = world.policies
    world.policies = PolicyBook([replace(merchants.running_at(at), starts_at=datetime(2019, 1, 1, tzinfo=SEOUL))])
    # The shop was approved in 2021, but the test needs only the version that the cashback follows.
    payments = []
    for instant in (at - timedelta(milliseconds=1), at):
        world.now = instant
        payments.append(_earlier_payment(world))
    world.policies = merchants
    world.accrue(*payments)
    policies = [earning.policy for earning in world.earnings(world.member(), "2019-08")]
    assert policies == ["incheon-2019-05-01", "incheon-2019-08-01"]


def _earlier_payment(world: World) -> Payment:
    """A payment at a shop that was approved long before."""
    from eeum.merchants.store import merchant_key
    from eeum.storage import SetTo, Update

    long_ago = "2017-01-01T00:00:00.000+09:00"
    world.send(Update(merchant_key(MERCHANT), (SetTo(("payable_from",), long_ago),)))
    payment = world.pay(world.member(), MERCHANT, 10_000).entry
    assert payment.decline is None
    return payment


def test_a_payment_before_the_first_policy_is_returned_and_the_others_are_posted(world: World) -> None:
    real = world.policies
    world.policies = PolicyBook([replace(real.running_at(world.now), starts_at=datetime(2017, 1, 1, tzinfo=SEOUL))])
    world.now = datetime(2018, 6, 1, tzinfo=SEOUL)
    early = _earlier_payment(world)
    world.policies = real
    later = _paid_at(world, MIDNIGHT, 10_000)
    (not_accruable,) = world.accrue(early, later)
    assert (not_accruable.source.entry, not_accruable.reason) == (early, "accepted_before_the_first_policy")
    assert (_won(world, "2018-06"), _won(world, "2021-02")) == ([], [1_000])


def test_a_programme_that_seems_to_have_no_policy_posts_nothing_for_now(world: World) -> None:
    payment = _paid_at(world, MIDNIGHT, 10_000)
    with pytest.raises(ProgrammeNotRunning):
        world.accrue(payment, policies=PolicyBook([]))
    assert world.entries("earning") == []
    assert world.accrue(policies=PolicyBook([])) == []
    world.accrue(payment)
    assert _won(world, "2021-02") == [1_000]


def test_after_the_end_of_a_policy_payments_earn_nothing(world: World) -> None:
    ending: dict[str, Any] = {
        **incheon()[-1],
        "version": "incheon-2031-01-01",
        "starts_at": "2031-01-01T00:00:00+09:00",
        "ends_at": "2031-06-15T18:00:00+09:00",
    }
    world.desk.schedule(ending, world.now)
    world.policies = book_of(world.policy_store)
    end = datetime(2031, 6, 15, 18, 0, tzinfo=SEOUL)
    payments = [_paid_at(world, at, 10_000) for at in (end - timedelta(milliseconds=1), end)]
    world.accrue(*payments)
    last, none = world.earnings(world.member(), "2031-06")
    assert last.won > 0
    assert (none.policy, none.base, none.won, dict(none.used)) == ("incheon-2031-01-01", 10_000, 0, {})


def test_a_wallet_keeps_two_windows_after_years_of_payments(world: World) -> None:
    for month in range(1, 30):
        at = datetime(2021 + (month - 1) // 12, (month - 1) % 12 + 1, 28, tzinfo=SEOUL)
        world.accrue(_paid_at(world, at, 5_000))
    assert len(world.wallet(world.member().id).usage) <= 4
