"""The progress of a payment: captured in parts, released, cancelled from the last capture back; and each refusal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.errors import (
    CancellationExceedsPayment,
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    NotAHold,
    NothingCaptured,
    PaymentDeclined,
    PaymentVoided,
)
from eeum.payments.progress import (
    MOST_CAPTURES,
    Cancellation,
    Cancelled,
    Capture,
    Captured,
    Progress,
    Release,
    cancel,
    capture,
    is_expired,
    progress_of,
    release,
)
from eeum.payments.rules import HOLDS_LAST, Decline, Payment, Portions, portion
from tests.unit.paid_months import MERCHANT, START, acceptance, payment

HASH = "hash of the hold"
PAID: Portions = (("youth-grant", 2_000), ("charged", 5_000), ("cashback", 3_000))
HOLD = payment(*PAID, hold=True)
WHOLE = payment(*PAID)
DECLINED = replace(WHOLE, decline=Decline.INSUFFICIENT_FUNDS, paid_from=())

paid_from = st.lists(
    st.tuples(st.sampled_from(["youth-grant", "second-grant", "charged", "cashback"]), st.integers(1, 10**6)),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each[0],
).map(tuple)
payments = st.builds(lambda portions, hold: payment(*portions, hold=hold), paid_from, st.booleans())
shares = st.lists(st.integers(1, 100), max_size=6)
"""In per cent of the amount that is left at the time."""


def _capture(
    hold: Payment, progress: Progress, amount: int | None, name: str = "capture", at: datetime = START
) -> tuple[Capture, Progress]:
    return capture(hold, progress, acceptance(name, at), amount, HASH)


def _release(hold: Payment, progress: Progress, reason: str = "voided") -> tuple[Release, Progress]:
    return release(hold, progress, acceptance("release"), reason, HASH)


def _cancel(
    paid: Payment, progress: Progress, amount: int | None, name: str = "cancel"
) -> tuple[Cancellation, Progress]:
    return cancel(paid, progress, acceptance(name), amount, "sold out")


def _captured(hold: Payment, *amounts: int | None) -> Progress:
    progress = progress_of(hold)
    for number, amount in enumerate(amounts):
        _, progress = _capture(hold, progress, amount, f"{number}")
    return progress


def _some(whole: int, share: int) -> int:
    return max(whole * share // 100, 1)


def _join(parts: Sequence[Portions]) -> list[tuple[str, int]]:
    """Join adjacent parts of one purse."""
    joined: list[tuple[str, int]] = []
    for name, won in (each for part in parts for each in part):
        if joined and joined[-1][0] == name:
            joined[-1] = (name, joined[-1][1] + won)
        else:
            joined.append((name, won))
    return joined


# --- at first ---------------------------------------------------------------------------------------------------------


def test_an_approved_payment_is_one_capture_with_the_number_0() -> None:
    progress = progress_of(WHOLE)
    assert progress == Progress(0, 10_000, 0, (Captured(10_000, 0, "2021-01"),), None)
    assert (progress.first_number, progress.left) == (0, 10_000)


def test_a_hold_has_no_capture_yet_and_expires() -> None:
    progress = progress_of(HOLD)
    assert progress == Progress(0, 10_000, 10_000, (), START + HOLDS_LAST)
    assert (progress.first_number, progress.left) == (1, 0)


# --- slices -----------------------------------------------------------------------------------------------------------


@given(paid_from, st.data())
def test_slices_of_a_payment_add_up_to_it_in_debit_order(portions: Portions, data: st.DataObject) -> None:
    whole = sum(won for _, won in portions)
    edges = sorted({0, whole, *data.draw(st.lists(st.integers(0, whole), max_size=6))})
    slices = [portion(portions, start, end) for start, end in pairwise(edges)]
    assert [sum(won for _, won in each) for each in slices] == [end - start for start, end in pairwise(edges)]
    assert _join(slices) == list(portions)
    assert all(won > 0 for each in slices for _, won in each)


@given(paid_from, st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_empty_slice_or_one_behind_the_payment_has_no_parts(portions: Portions, start: int, length: int) -> None:
    whole = sum(won for _, won in portions)
    assert portion(portions, min(start, whole), min(start, whole)) == ()
    assert portion(portions, whole + start, whole + start + length) == ()


# --- captures and releases --------------------------------------------------------------------------------------------


def test_captures_take_purses_in_debit_order() -> None:
    first, progress = _capture(HOLD, progress_of(HOLD), 3_000, "first")
    second, progress = _capture(HOLD, progress, None, "second")
    assert (first.number, first.start, first.end) == (1, 0, 3_000)
    assert first.paid_from == (("youth-grant", 2_000), ("charged", 1_000))
    assert (second.number, second.start, second.end) == (2, 3_000, 10_000)
    assert second.paid_from == (("charged", 4_000), ("cashback", 3_000))
    assert first.postings == {"purse/held": -3_000, f"merchant_payable/{MERCHANT}": 3_000}
    assert (first.facts, first.hold_hash, first.payment) == (HOLD.facts, HASH, HOLD.acceptance.digest)
    assert progress == Progress(
        2, 10_000, 0, (Captured(3_000, 0, "2021-01"), Captured(7_000, 0, "2021-01")), START + HOLDS_LAST
    )


def test_a_capture_earns_in_the_month_of_its_own_acceptance() -> None:
    hold = payment(*PAID, hold=True, at=datetime(2021, 1, 31, 12, tzinfo=SEOUL))
    _, progress = _capture(hold, progress_of(hold), 3_000, "in january", datetime(2021, 1, 31, 23, 59, tzinfo=SEOUL))
    _, progress = _capture(hold, progress, 3_000, "in february", datetime(2021, 2, 1, tzinfo=SEOUL))
    assert [each.month for each in progress.captures] == ["2021-01", "2021-02"]
    cancellation, _ = _cancel(hold, progress, 4_000)
    assert cancellation.of == (Cancelled(2, 3_000, "2021-02"), Cancelled(1, 1_000, "2021-01"))
    assert cancellation.months == ("2021-02", "2021-01")


@given(paid_from, shares, st.booleans())
def test_every_won_of_a_hold_is_captured_once_or_released(
    portions: Portions, wanted: list[int], ends_early: bool
) -> None:
    hold = payment(*portions, hold=True)
    progress = progress_of(hold)
    captures: list[Capture] = []
    for number, share in enumerate(wanted):
        if progress.held:
            entry, progress = _capture(hold, progress, _some(progress.held, share), f"{number}")
            captures.append(entry)
            assert progress.captured + progress.held == progress.amount
            assert sum(entry.postings.values()) == 0
    assert [entry.number for entry in captures] == list(range(1, len(captures) + 1))
    assert [entry.start for entry in captures] == [0, *(entry.end for entry in captures)][: len(captures)]
    assert progress.version == len(captures)
    parts = [entry.paid_from for entry in captures]
    if progress.held:
        released, progress = _release(hold, progress) if ends_early else _release(hold, progress, "expired")
        parts.append(released.returned)
        assert sum(released.postings.values()) == 0
        assert released.postings["purse/held"] == -released.amount
    assert _join(parts) == list(portions)
    assert progress.held == 0


def test_a_release_gives_back_what_no_capture_took() -> None:
    entry, progress = _release(HOLD, _captured(HOLD, 6_000))
    assert entry.returned == (("charged", 1_000), ("cashback", 3_000))
    assert entry.postings == {"purse/held": -4_000, "purse/charged": 1_000, "purse/cashback": 3_000}
    assert (progress.held, progress.captured, progress.left, progress.version) == (0, 6_000, 6_000, 2)


def test_a_hold_can_be_captured_until_it_expires() -> None:
    progress = progress_of(HOLD)
    end = START + HOLDS_LAST
    last = end - timedelta(milliseconds=1)
    assert (is_expired(progress, last), is_expired(progress, end)) == (False, True)
    assert _capture(HOLD, progress, 1, at=last)[0].amount == 1
    with pytest.raises(HoldExpired):
        _capture(HOLD, progress, 1, at=end)
    assert _release(HOLD, progress, "expired")[0].amount == 10_000


def test_a_payment_that_was_captured_at_once_never_expires() -> None:
    assert not is_expired(progress_of(WHOLE), START + 1_000 * HOLDS_LAST)


def test_no_more_is_captured_than_is_held() -> None:
    with pytest.raises(CaptureExceedsHold):
        _capture(HOLD, progress_of(HOLD), 10_001)
    with pytest.raises(CaptureExceedsHold):
        _capture(HOLD, _captured(HOLD, 4_000), 6_001)
    assert _captured(HOLD, 4_000, 6_000).held == 0


def test_a_hold_has_twenty_captures_and_then_is_released() -> None:
    progress = _captured(HOLD, *[100] * MOST_CAPTURES)
    assert len(progress.captures) == 20
    for amount in (1, None):
        with pytest.raises(CaptureExceedsHold):
            _capture(HOLD, progress, amount)
    assert _release(HOLD, progress)[0].amount == 10_000 - 20 * 100


@pytest.mark.parametrize("progress", [_captured(HOLD, None), _release(HOLD, progress_of(HOLD))[1]])
def test_a_hold_that_was_captured_whole_or_released_is_closed(progress: Progress) -> None:
    with pytest.raises(HoldClosed):
        _capture(HOLD, progress, 1)
    with pytest.raises(HoldClosed):
        # Closed takes precedence over expired: the error says what was done.
        _capture(HOLD, progress, 1, at=START + HOLDS_LAST)
    with pytest.raises(HoldClosed):
        _release(HOLD, progress)


def test_a_payment_that_is_no_hold_is_neither_captured_nor_released() -> None:
    with pytest.raises(NotAHold):
        _capture(WHOLE, progress_of(WHOLE), 1)
    with pytest.raises(NotAHold):
        _release(WHOLE, progress_of(WHOLE))


def test_a_declined_payment_has_no_progress() -> None:
    progress = progress_of(DECLINED)
    for refused in (_capture, _cancel):
        with pytest.raises(PaymentDeclined):
            refused(DECLINED, progress, 1)
    with pytest.raises(PaymentDeclined):
        _release(DECLINED, progress)


# --- cancellations ----------------------------------------------------------------------------------------------------


def test_the_last_capture_is_cancelled_first() -> None:
    progress = _captured(HOLD, 3_000, 2_000, 5_000)
    first, progress = _cancel(HOLD, progress, 6_000, "first")
    assert first.of == (Cancelled(3, 5_000, "2021-01"), Cancelled(2, 1_000, "2021-01"))
    second, progress = _cancel(HOLD, progress, 1_500, "second")
    assert second.of == (Cancelled(2, 1_000, "2021-01"), Cancelled(1, 500, "2021-01"))
    assert [each.cancelled for each in progress.captures] == [500, 2_000, 5_000]
    assert (progress.left, progress.held) == (2_500, 0)
    assert first.postings == {f"merchant_payable/{MERCHANT}": -6_000, "purse/refund_pending": 6_000}
    assert (first.reason, first.merchant_id, first.payment_id) == ("sold out", MERCHANT, HOLD.acceptance.id)


def test_a_cancellation_excludes_the_held_part() -> None:
    progress = _captured(HOLD, 3_000)
    with pytest.raises(CancellationExceedsPayment):
        _cancel(HOLD, progress, 3_001)
    cancellation, progress = _cancel(HOLD, progress, None)
    assert (cancellation.amount, progress.held, progress.left) == (3_000, 7_000, 0)
    # The hold continues unchanged.
    entry, _ = _capture(HOLD, progress, None, "afterwards")
    assert (entry.number, entry.start, entry.end) == (2, 3_000, 10_000)


@given(payments, shares, shares)
def test_cancellations_never_take_more_than_was_captured_and_leave_the_front_of_each_capture(
    paid: Payment, capturing: list[int], cancelling: list[int]
) -> None:
    progress = progress_of(paid)
    if paid.order.hold:
        for number, share in enumerate(capturing or [100]):
            if progress.held:
                _, progress = _capture(paid, progress, _some(progress.held, share), f"{number}")
    before, taken = progress, 0
    for number, share in enumerate(cancelling):
        if progress.left:
            amount = _some(progress.left, share)
            entry, progress = _cancel(paid, progress, amount, f"{number}")
            taken += amount
            assert entry.amount == amount
            assert sum(entry.postings.values()) == 0
            assert all(each.won > 0 for each in entry.of)
            assert [each.capture for each in entry.of] == sorted((each.capture for each in entry.of), reverse=True)
    assert (progress.captured, progress.held, progress.cancelled) == (before.captured, before.held, taken)
    assert all(0 <= each.cancelled <= each.won for each in progress.captures)
    # A capture that is partly cancelled means that all captures after it are cancelled whole.
    touched = [position for position, each in enumerate(progress.captures) if each.cancelled]
    assert touched == list(range(len(progress.captures)))[len(progress.captures) - len(touched) :]
    assert all(progress.captures[position].cancelled == progress.captures[position].won for position in touched[1:])
    with pytest.raises(CancellationExceedsPayment):
        _cancel(paid, progress, progress.left + 1, "too much")


@given(payments, shares, st.data())
def test_partial_cancellations_add_up_to_one_cancellation(
    paid: Payment, capturing: list[int], data: st.DataObject
) -> None:
    progress = progress_of(paid)
    if paid.order.hold:
        for number, share in enumerate(capturing or [100]):
            if progress.held:
                _, progress = _capture(paid, progress, _some(progress.held, share), f"{number}")
    edges = sorted({0, *data.draw(st.lists(st.integers(1, progress.left), min_size=1, max_size=5))})
    at_once, then = _cancel(paid, progress, edges[-1], "at once")
    lost: dict[int, int] = {}
    for start, end in pairwise(edges):
        entry, progress = _cancel(paid, progress, end - start, f"{end}")
        for each in entry.of:
            lost[each.capture] = lost.get(each.capture, 0) + each.won
    assert lost == {each.capture: each.won for each in at_once.of}
    assert replace(progress, version=then.version) == then


@pytest.mark.parametrize("amount", [0, -1, 10_001])
def test_a_cancellation_of_zero_less_or_too_much_is_refused(amount: int) -> None:
    with pytest.raises(CancellationExceedsPayment):
        _cancel(WHOLE, progress_of(WHOLE), amount)


def test_a_fully_cancelled_payment_cannot_be_cancelled_again() -> None:
    _, progress = _cancel(WHOLE, progress_of(WHOLE), None)
    for amount in (None, 1):
        with pytest.raises(CancellationExceedsPayment):
            _cancel(WHOLE, progress, amount, "again")


def test_a_hold_without_captures_is_voided_not_cancelled() -> None:
    with pytest.raises(NothingCaptured):
        _cancel(HOLD, progress_of(HOLD), None)
    with pytest.raises(PaymentVoided):
        _cancel(HOLD, _release(HOLD, progress_of(HOLD))[1], None)


def test_what_was_captured_before_the_rest_was_voided_can_be_cancelled() -> None:
    _, progress = _release(HOLD, _captured(HOLD, 4_000))
    cancellation, progress = _cancel(HOLD, progress, None)
    assert (cancellation.amount, progress.left, progress.version) == (4_000, 0, 3)
