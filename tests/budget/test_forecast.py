"""The day on which a budget line or pool runs out, from plain values."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.budget.forecast import DAYS, Forecast, Outlook, Snapshot, forecast

TODAY = date(2022, 8, 10)
LAST = date(2022, 12, 31)


def spending(*per_day: int, before: int = 0) -> list[Snapshot]:
    """Daily snapshots up to today, with this spending on each day."""
    first = TODAY - timedelta(days=len(per_day))
    snapshots = [Snapshot(first, before)]
    for number, won in enumerate(per_day, start=1):
        snapshots.append(Snapshot(first + timedelta(days=number), snapshots[-1].spent + won))
    return snapshots


def seen(snapshots: list[Snapshot], left: int, spent_today: int = 0, until: date = LAST) -> Forecast:
    spent = (snapshots[-1].spent if snapshots else 0) + spent_today
    return forecast(snapshots, spent, left, TODAY, until)


def days(*, of: Forecast) -> list[int | None]:
    return [(day - TODAY).days if day else None for day in (of.earliest, of.runs_out_on, of.latest)]


def test_even_spending_gives_one_day_by_every_estimate() -> None:
    even = seen(spending(*[100] * 28), 1_000)
    assert (even.outlook, even.per_day, even.days) == (Outlook.RUNS_OUT, 100, 28)
    # Today and nine more days: on the tenth day the money is used up.
    assert days(of=even) == [9, 9, 9]
    assert days(of=seen(spending(*[100] * 28), 1_001)) == [10, 10, 10]


def test_the_range_is_that_of_the_slowest_and_the_fastest_seven_days_in_a_row() -> None:
    uneven = seen(spending(*[50] * 7, *[100] * 14, *[200] * 7), 2_250)
    assert uneven.per_day == 112
    assert days(of=uneven) == [11, 19, 44]


def test_a_weekend_is_in_each_of_the_weeks() -> None:
    weeks = seen(spending(*([100] * 5 + [400] * 2) * 4), 1_300)
    assert days(of=weeks) == [6, 6, 6]


def test_only_the_last_four_weeks_count() -> None:
    assert seen(spending(*[10**6] * 10, *[100] * DAYS), 1_000) == seen(spending(*[100] * DAYS, before=10**7), 1_000)


def test_spending_of_today_does_not_move_the_day() -> None:
    snapshots = spending(*[100] * 28)
    assert seen(snapshots, 1_000) == seen(snapshots, 960, spent_today=40)


def test_days_without_a_snapshot_share_what_was_spent_between() -> None:
    snapshots = [Snapshot(TODAY - timedelta(days=4), 0), Snapshot(TODAY - timedelta(days=1), 90), Snapshot(TODAY, 120)]
    gap = seen(snapshots, 60)
    assert (gap.days, gap.per_day) == (4, 30)
    assert days(of=gap) == [1, 1, 1]


@pytest.mark.parametrize("snapshots", [[], [Snapshot(TODAY, 500)], [Snapshot(TODAY - timedelta(days=60), 5)]])
def test_without_a_whole_day_there_is_no_forecast(snapshots: list[Snapshot]) -> None:
    unknown = seen(snapshots, 1_000)
    assert (unknown.outlook, unknown.days, days(of=unknown)) == (Outlook.NO_DATA, 0, [None, None, None])


def test_one_day_of_data_gives_a_single_day() -> None:
    one = seen(spending(250), 1_000)
    assert (one.outlook, one.days, one.per_day, days(of=one)) == (Outlook.RUNS_OUT, 1, 250, [3, 3, 3])


def test_less_than_a_week_of_data_gives_a_range_by_single_days() -> None:
    assert days(of=seen(spending(100, 300, 200), 1_200)) == [3, 5, 11]


@pytest.mark.parametrize("per_day", [(0, 0, 0), (100, -150), (0,)])
def test_where_nothing_is_spent_nothing_runs_out(per_day: tuple[int, ...]) -> None:
    still = seen(spending(*per_day), 1_000)
    assert (still.outlook, still.per_day, days(of=still)) == (Outlook.NOTHING_SPENT, 0, [None, None, None])


def test_a_used_up_line_has_run_out_today() -> None:
    assert seen(spending(100, 100), 0).outlook is Outlook.USED_UP
    assert seen([], 0).outlook is Outlook.USED_UP


def test_money_that_outlasts_its_year_has_no_day_but_may_have_an_earliest() -> None:
    lasting = seen(spending(*[100] * 27, 0), 100 * 100, until=TODAY + timedelta(days=99))
    assert (lasting.outlook, lasting.runs_out_on, lasting.latest) == (Outlook.LASTS, None, None)
    assert lasting.earliest == TODAY + timedelta(days=99)
    assert not lasting.is_soon(TODAY)


def test_soon_is_within_thirty_days() -> None:
    snapshots = spending(*[100] * 28)
    assert seen(snapshots, 31 * 100).is_soon(TODAY)
    assert not seen(snapshots, 32 * 100).is_soon(TODAY)
    assert not seen(snapshots, 0).is_soon(TODAY)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(1, 10**12), st.integers(0, 10**9))
def test_the_range_is_ordered(per_day: list[int], left: int, today: int) -> None:
    found = seen(spending(*per_day), left, today)
    first, expected, last = days(of=found)
    if expected is not None:
        assert first is not None
        assert 0 <= first <= expected
        assert last is None or expected <= last
    if found.outlook is Outlook.LASTS:
        assert last is None


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=28), st.integers(1, 10**8))
def test_the_day_is_the_first_on_which_mean_spending_uses_all(per_day: list[int], left: int) -> None:
    found = seen(spending(*per_day), left, until=date.max - timedelta(days=1))
    total, count = sum(per_day), len(per_day)
    expected = days(of=found)[1]
    if expected is not None:
        assert (expected + 1) * total >= left * count
        assert expected * total < left * count
