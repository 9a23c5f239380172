"""The months that must be computed together: found at once, equal to a walk from window to window, for any dates of a document."""

from __future__ import annotations

import time
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import SEOUL, Month, month_of, months_later, next_month, start_of_month
from eeum.cashback.usage import months_together
from eeum.policy.reading import policy_of
from eeum.policy.rules import Limit
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import EVENT, MONTH, last_month_of, months_of, previous_window, window_name
from tests.unit.policy.policy_documents import document

MONTHS = st.integers(0, 47).map(lambda count: months_later("2024-01", count))


@st.composite
def limits(draw: st.DrawFn, number: int) -> dict[str, object]:
    window = draw(st.sampled_from(["month", "half_month", "year", "event"]))
    limit: dict[str, object] = {"id": f"limit-{number}", "measure": "spend", "window": window, "amount": 300_000}
    start = draw(MONTHS)
    begins = start_of_month(start).replace(day=draw(st.sampled_from([1, 15, 16, 28])))
    if window == "event":
        until = start_of_month(months_later(start, draw(st.integers(1, 18))))
        return limit | {"from": begins.isoformat(), "until": until.isoformat()}
    return limit | ({"carries_over_from": begins.isoformat()} if draw(st.booleans()) else {})


@st.composite
def books(draw: st.DrawFn) -> PolicyBook:
    starts = sorted({"2024-01", *draw(st.lists(MONTHS, max_size=3))})
    versions = []
    for number, start in enumerate(starts):
        own = [draw(limits(10 * number + each)) for each in range(draw(st.integers(1, 3)))]
        made = document(("limits", own), ("starts_at", start_of_month(start).isoformat()), ("version", f"v{number}"))
        made["layers"][0] |= {
            "limits": [each["id"] for each in own],
            "bands": [{"from": 0, "up_to": None, "rate_basis_points": 1}],
        }
        versions.append(policy_of(made))
    return PolicyBook(versions)


def walked(policies: PolicyBook, month: Month, latest: Month) -> tuple[Month, Month]:
    """The earlier algorithm: window by window."""
    first = last = month
    while True:
        versions = policies.in_force_between(start_of_month(first), start_of_month(next_month(last)))
        own = [limit for version in versions for layer in version.after_payment for limit in layer.limits]
        reached = [_next_to(limit, first, last) for limit in own]
        wider = min([first, *(start for start, _ in reached)]), min(max([last, *(end for _, end in reached)]), latest)
        if wider == (first, last):
            return wider
        first, last = wider


def _next_to(limit: Limit, first: Month, last: Month) -> tuple[Month, Month]:
    window = limit.window
    if window.kind == EVENT:
        start, end = months_of(window, window_name(window, start_of_month(first)))
        return (start, end) if start <= last and end >= first else (first, last)
    since = month_of(limit.carries_over_from) if limit.carries_over_from else None
    if window.kind == MONTH and since is None:
        return first, last
    name = window_name(window, start_of_month(first))
    start, end = months_of(window, name)[0], last_month_of(window_name(window, start_of_month(last)))
    if since is not None:
        before = previous_window(window, name)
        if before is not None and last_month_of(before) >= since:
            start = months_of(window, before)[0]
        if end >= since:
            end = last_month_of(window_name(window, start_of_month(next_month(end))))
    return start, end


@given(books(), MONTHS, st.integers(0, 12))
def test_months_equal_those_of_a_walk_from_window_to_window(book: PolicyBook, month: Month, later: int) -> None:
    latest = months_later(month, later)
    assert months_together(book, month, latest) == walked(book, month, latest)


def test_a_very_old_carry_over_costs_no_walk() -> None:
    made = document(("starts_at", "2000-01-01T00:00:00+09:00"))
    limit = made["limits"][0] | {"window": "half_month", "carries_over_from": "2000-01-01T00:00:00+09:00"}
    made = document(("limits", [limit]), ("layers.0.bands", [{"from": 0, "up_to": None, "rate_basis_points": 1}]))
    book = PolicyBook([policy_of(made)])
    began = time.perf_counter()
    assert months_together(book, "2200-11", "2200-12") == ("2000-01", "2200-12")
    assert time.perf_counter() - began < 0.1
    assert datetime(2000, 1, 1, tzinfo=SEOUL) == start_of_month("2000-01")
