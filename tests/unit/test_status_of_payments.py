"""The present status of a payment, from plain values, after any sequence of captures, releases and cancellations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.errors import Refusal
from eeum.payments.items import progress_item, progress_of_item
from eeum.payments.progress import (
    Cancellation,
    Progress,
    Release,
    cancel,
    capture,
    current_status,
    progress_of,
    release,
    reversal_digest,
)
from eeum.payments.rules import Payment
from tests.unit.paid_months import acceptance, payment
from tests.unit.test_progress import DECLINED, HASH, HOLD, WHOLE

Act = tuple[str, int | None]


def _done(paid: Payment, *acts: Act) -> tuple[Progress, list[Any]]:
    """The progress of a payment after `acts`, without those refused, and the entries that they made."""
    progress, entries = progress_of(paid), []
    for number, (what, won) in enumerate(acts):
        accepted = acceptance(f"act {number}")
        try:
            if what == "capture":
                entry, progress = capture(paid, progress, accepted, won, HASH)
            elif what == "cancel":
                entry, progress = cancel(paid, progress, accepted, won, "reversed")
            elif what == "reverse":
                digest = reversal_digest(accepted.wallet_id, paid.acceptance.digest)
                entry, progress = cancel(paid, progress, accepted._replace(digest=digest), None, "reversed")
            else:
                entry, progress = release(paid, progress, accepted, what, HASH)
        except Refusal:
            continue
        entries.append(entry)
    return progress, entries


@pytest.mark.parametrize(
    ("paid", "acts", "status"),
    [
        (WHOLE, [], "approved"),
        (WHOLE, [("cancel", 1)], "partly_cancelled"),
        (WHOLE, [("cancel", 4_000), ("cancel", None)], "cancelled"),
        (WHOLE, [("reverse", None)], "reversed"),
        (WHOLE, [("cancel", 4_000), ("reverse", None)], "reversed"),
        (WHOLE, [("cancel", None), ("reverse", None)], "cancelled"),
        (HOLD, [], "held"),
        (HOLD, [("capture", 1)], "partly_captured"),
        (HOLD, [("capture", 4_000), ("capture", None)], "captured"),
        (HOLD, [("capture", 4_000), ("voided", None)], "captured"),
        (HOLD, [("voided", None)], "voided"),
        (HOLD, [("expired", None)], "expired"),
        (HOLD, [("reversed", None)], "reversed"),
        (HOLD, [("capture", 4_000), ("reversed", None), ("reverse", None)], "reversed"),
        (HOLD, [("capture", 4_000), ("cancel", None)], "partly_cancelled"),
        (HOLD, [("capture", 4_000), ("cancel", None), ("voided", None)], "cancelled"),
        (HOLD, [("capture", None), ("cancel", 1)], "partly_cancelled"),
        (HOLD, [("capture", None), ("cancel", None)], "cancelled"),
        (DECLINED, [], "declined"),
    ],
)
def test_the_status_follows_the_progress_of_a_payment(paid: Payment, acts: list[Act], status: str) -> None:
    progress, _ = _done(paid, *acts)
    assert current_status(paid, progress).value == status


def by_entries(paid: Payment, entries: list[Any]) -> str:
    """The status from the entries alone: sums of amounts, the reason of a release, the digest of a reversal."""
    hold = paid.order.hold
    amount = paid.order.amount
    captured = sum(each.amount for each in entries if type(each).__name__ == "Capture") if hold else amount
    cancelled = sum(each.amount for each in entries if isinstance(each, Cancellation))
    (released,) = [each for each in entries if isinstance(each, Release)] or [None]
    held = 0 if released or not hold else amount - captured
    if captured == cancelled and not held:
        if not captured:
            assert released
            return str(released.reason)
        wallet_id = paid.acceptance.wallet_id
        own = reversal_digest(wallet_id, paid.acceptance.digest)
        reversed_ = any(isinstance(each, Cancellation) and each.acceptance.digest == own for each in entries)
        return "reversed" if reversed_ else "cancelled"
    if cancelled:
        return "partly_cancelled"
    if not hold:
        return "approved"
    return ("partly_captured" if held else "captured") if captured else "held"


acts = st.lists(
    st.tuples(
        st.sampled_from(["capture", "capture", "cancel", "cancel", "reverse", "voided", "expired", "reversed"]),
        st.one_of(st.none(), st.integers(1, 10_000)),
    ),
    max_size=10,
)


@given(st.booleans(), acts)
def test_the_status_agrees_with_the_entries_after_any_sequence(hold: bool, what: list[Act]) -> None:
    paid = payment(("charged", 10_000), hold=hold)
    progress, entries = _done(paid, *what)
    assert current_status(paid, progress).value == by_entries(paid, entries)
    stored = progress_of_item(progress_item(progress))
    assert current_status(paid, stored) == current_status(paid, progress), "as it is stored and read again"
    assert (progress.ended_by is not None) == progress.has_ended
