"""Refunds: first to a cashback balance below zero, the rest in reverse debit order."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eeum.cashback.replay import Refund
from eeum.cashback.rules import Correction
from eeum.payments.rules import Portions
from tests.golden.published import incheon
from tests.unit.paid_months import START, Bought, PaidMonth

PAID: Portions = (("youth-grant", 2_000), ("charged", 5_000), ("cashback", 3_000))

portions = st.lists(
    st.tuples(st.sampled_from(["youth-grant", "charged", "cashback", "second-grant"]), st.integers(1, 50_000)),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each[0],
).map(tuple)


def _paid(paid_from: Portions = PAID, captures: tuple[int, ...] = (), cashback: int = 10**6) -> PaidMonth:
    """A posted payment, or a hold with these captures; the cashback balance is `cashback` won plus what it earned."""
    month = PaidMonth("2021-01", incheon(), cashback)
    for captured in month.buy("payment", Bought(paid_from, START, captures=captures)):
        month.accrue(captured)
    return month


def _cancel(month: PaidMonth, amount: int | None, name: str = "cancelled") -> Correction:
    (digest,) = month.payments
    return month.cancel(digest, amount, name)


def _refund(correction: Correction) -> Refund:
    return Refund(correction.recovered, correction.released, correction.recovered_from)


def _released(*corrections: Correction) -> dict[str, int]:
    total: dict[str, int] = {}
    for correction in corrections:
        for name, won in correction.released:
            total[name] = total.get(name, 0) + won
    return total


@st.composite
def cut(draw: st.DrawFn, whole: int) -> list[int]:
    """Amounts that add up to at most `whole`."""
    edges = sorted({0, *draw(st.lists(st.integers(1, whole), min_size=1, max_size=5))})
    return [end - start for start, end in pairwise(edges)]


def test_the_purse_drawn_last_is_refunded_first() -> None:
    month = _paid()
    assert _refund(_cancel(month, 4_000, "first")) == Refund(0, (("cashback", 3_000), ("charged", 1_000)))
    assert _refund(_cancel(month, 4_500, "second")) == Refund(0, (("charged", 4_000), ("youth-grant", 500)))
    assert _refund(_cancel(month, None, "the rest")) == Refund(0, (("youth-grant", 1_500),))


def test_each_capture_of_a_hold_gives_back_what_it_took_itself() -> None:
    month = _paid(captures=(4_000, 6_000))
    assert _refund(_cancel(month, 7_000)) == Refund(0, (("cashback", 3_000), ("charged", 3_000 + 1_000)))
    assert _refund(_cancel(month, None, "the rest")) == Refund(0, (("charged", 1_000), ("youth-grant", 2_000)))


def test_a_balance_below_zero_is_filled_first() -> None:
    # The 5,000 from the loaded balance earned 500; they were spent, and 100 more are owed.
    month = _paid(cashback=-600)
    correction = _cancel(month, None)
    assert correction.won == -500
    assert _refund(correction) == Refund(
        600, (("cashback", 2_400), ("charged", 5_000), ("youth-grant", 2_000)), {"cashback": 600}
    )
    assert month.cashback == 2_400


def test_cashbacks_own_refund_fills_it_first() -> None:
    month = _paid((("cashback", 1_000), ("charged", 4_000)), cashback=-3_000)
    correction = _cancel(month, None)
    # 400 were earned, so 3,000 are owed: 1,000 from cashback's own refund, 2,000 from the loaded balance.
    assert _refund(correction) == Refund(3_000, (("charged", 2_000),), {"cashback": 1_000, "charged": 2_000})
    assert month.cashback == 0


def test_a_refund_may_be_smaller_than_what_is_owed() -> None:
    month = _paid(cashback=-40_000)
    assert _refund(_cancel(month, 1_000)) == Refund(1_000, (), {"cashback": 1_000})
    assert month.cashback == -40_000 + 500 + 1_000


def test_a_recovered_amount_is_not_returned_by_a_later_refund() -> None:
    month = _paid(cashback=-2_500)
    # 500 were earned: 2,000 are owed. The cancelled end was paid from cashback, so no cashback is taken back for it.
    assert _refund(_cancel(month, 2_500, "first")) == Refund(2_000, (("cashback", 500),), {"cashback": 2_000})
    # 2,500 of cashback's 3,000 went back: the next refund continues from there.
    assert _refund(_cancel(month, 3_000, "second")) == Refund(0, (("cashback", 500), ("charged", 2_500)))


@given(portions, st.integers(-60_000, 60_000), st.data())
def test_every_won_of_a_refund_is_recovered_or_released_and_no_purse_gets_more_than_it_gave(
    paid_from: Portions, cashback: int, data: st.DataObject
) -> None:
    whole = sum(won for _, won in paid_from)
    month = _paid(paid_from, tuple(data.draw(cut(whole))) if data.draw(st.booleans()) else (), cashback)
    (progress,) = month.progress.values()
    corrections = []
    for number, amount in enumerate(data.draw(cut(progress.left))):
        before = month.cashback
        corrections.append(correction := _cancel(month, amount, f"{number}"))
        owed = max(-(before + correction.won), 0)
        assert correction.recovered == min(owed, amount)
        assert correction.recovered + sum(won for _, won in correction.released) == amount
        assert all(won > 0 for _, won in correction.released)
        assert correction.recovered == sum(correction.recovered_from.values())
    drawn = dict(paid_from)
    given = Counter(_released(*corrections)) + sum((Counter(each.recovered_from) for each in corrections), Counter())
    assert all(won <= drawn[name] for name, won in given.items())


@given(portions, st.data())
def test_a_whole_cancellation_refunds_what_each_purse_paid(paid_from: Portions, data: st.DataObject) -> None:
    whole = sum(won for _, won in paid_from)
    month = _paid(paid_from)
    parts = data.draw(cut(whole))
    corrections = [_cancel(month, amount, f"{number}") for number, amount in enumerate(parts)]
    if sum(parts) < whole:
        corrections.append(_cancel(month, None, "the rest"))
    assert _released(*corrections) == dict(paid_from)


@given(portions, st.data())
def test_partial_refunds_add_up_to_one_refund(paid_from: Portions, data: st.DataObject) -> None:
    whole = sum(won for _, won in paid_from)
    captures = tuple(data.draw(cut(whole))) if data.draw(st.booleans()) else ()
    month = _paid(paid_from, captures)
    (progress,) = month.progress.values()
    parts = data.draw(cut(progress.left))
    at_once = _cancel(month.twin(), sum(parts), "at once")
    corrections = [_cancel(month, amount, f"{number}") for number, amount in enumerate(parts)]
    assert _released(*corrections) == dict(at_once.released)
