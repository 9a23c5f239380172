"""Months in Seoul's time, and instants as texts that sort by time."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import (
    SEOUL,
    milliseconds_of,
    month_of,
    next_month,
    parse_instant,
    parse_month,
    parse_queried_instant,
    previous_month,
    start_of_month,
    start_of_next_day,
    text_of,
    whole_milliseconds,
    years_since,
)
from eeum.errors import Invalid

zones = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))
instants = st.datetimes(datetime(2019, 1, 1), datetime(2099, 1, 1), timezones=zones)
months = instants.map(month_of)


@given(instants)
def test_a_month_holds_its_instants(instant: datetime) -> None:
    month = month_of(instant)
    assert start_of_month(month) <= instant < start_of_month(next_month(month))


@given(months)
def test_months_follow_one_another(month: str) -> None:
    assert previous_month(next_month(month)) == month == next_month(previous_month(month))
    assert previous_month(month) < month < next_month(month)
    assert parse_month(month) == month
    assert month_of(start_of_month(month)) == month
    assert month_of(start_of_month(month) - timedelta(microseconds=1)) == previous_month(month)


def test_a_month_turns_at_midnight_in_seoul() -> None:
    assert month_of(datetime(2021, 1, 31, 14, 59, 59, 999_999, tzinfo=UTC)) == "2021-01"
    assert month_of(datetime(2021, 1, 31, 15, 0, tzinfo=UTC)) == "2021-02"
    assert next_month("2020-12") == "2021-01"
    assert previous_month("2021-01") == "2020-12"


@given(instants)
def test_the_next_day_starts_at_seouls_midnight(instant: datetime) -> None:
    start = start_of_next_day(instant)
    assert timedelta() < start - instant <= timedelta(days=1)
    assert (start.utcoffset(), start.hour, start.minute, start.second, start.microsecond) == (
        timedelta(hours=9),
        0,
        0,
        0,
        0,
    )


@given(instants)
def test_an_instant_as_text_is_the_instant_to_the_millisecond(instant: datetime) -> None:
    text = text_of(instant)
    assert text.endswith("+09:00")
    assert parse_instant(text, "at") == whole_milliseconds(instant)
    assert timedelta() <= instant - whole_milliseconds(instant) < timedelta(milliseconds=1)
    assert whole_milliseconds(instant).tzinfo is SEOUL
    assert text_of(whole_milliseconds(instant)) == text
    assert text[:7] == month_of(instant)


@given(instants, instants)
def test_texts_are_ordered_as_their_instants(one: datetime, other: datetime) -> None:
    assert (whole_milliseconds(one) < whole_milliseconds(other)) == (text_of(one) < text_of(other))


@given(instants)
def test_milliseconds_count_from_1970(instant: datetime) -> None:
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds_of(instant)) == whole_milliseconds(
        instant
    )


@pytest.mark.parametrize(
    "text",
    ["", "2021-01-31", "2021-01-31T23:58:00", "2021-02-30T00:00:00+09:00", "2021-01-31T24:01:00+09:00", "now", "1612105080",
     "9999-12-31T23:59:59-12:00", "2021-01-31T23:58:00+25:00", "２０２１-01-31T23:58:00+09:00x"],
)  # fmt: skip
def test_other_texts_are_no_instant(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_instant(text, "requested_at")
    assert refused.value.field == "requested_at"


@pytest.mark.parametrize(
    "text", ["", "2021", "2021-1", "2021-13", "2021-00", "2021-01-01", "21-01", "２０２１-01", "2021-01\n", " 2021-01"]
)
def test_other_texts_are_no_month(text: str) -> None:
    with pytest.raises(Invalid):
        parse_month(text)


@pytest.mark.parametrize(
    ("birth", "instant", "years"),
    [
        ((1980, 5, 18), "2021-05-17T23:59:59.999+09:00", 40),
        ((1980, 5, 18), "2021-05-18T00:00:00+09:00", 41),
        ((1980, 5, 18), "2021-05-17T15:00:00Z", 41),
        ((2004, 2, 29), "2021-02-28T23:59:59+09:00", 16),
        ((2004, 2, 29), "2021-03-01T00:00:00+09:00", 17),
        ((2004, 2, 29), "2024-02-29T00:00:00+09:00", 20),
        ((2021, 1, 31), "2021-01-31T00:00:00+09:00", 0),
        ((2021, 2, 1), "2021-01-31T23:59:59+09:00", -1),
    ],
)
def test_a_year_of_age_is_complete_on_the_birthday_in_seoul(
    birth: tuple[int, int, int], instant: str, years: int
) -> None:
    assert years_since(date(*birth), datetime.fromisoformat(instant)) == years


@given(instants)
def test_an_instant_in_a_query_may_have_a_space_for_its_plus(instant: datetime) -> None:
    text = instant.isoformat()
    assert parse_queried_instant(text.replace("+", " "), "at") == parse_queried_instant(text, "at") == instant


@pytest.mark.parametrize(
    "text", ["", "2021-01-31T23:58", "2021-01-31T23:58  09:00", "2021-01-31 23:58 09:00", "2021-01-31T23:58 09"]
)
def test_a_space_elsewhere_in_a_query_is_not_taken_for_a_plus(text: str) -> None:
    with pytest.raises(Invalid, match="%2B"):
        parse_queried_instant(text, "at")
