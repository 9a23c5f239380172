"""Days, months and years in Seoul, as statistics count them."""

from datetime import date, datetime, timedelta

from eeum.calendar import SEOUL, Month, milliseconds_of, next_month

Year = str


def day_of(instant: datetime) -> str:
    """The day in Seoul that contains `instant`, as `2020-12-20`."""
    return instant.astimezone(SEOUL).date().isoformat()


def end_of_day(day: str) -> int:
    """The first millisecond after the day in Seoul, since 1970-01-01T00:00Z."""
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), SEOUL)
    return milliseconds_of(start + timedelta(days=1))


def last_day_of(month: Month) -> str:
    after = next_month(month)
    return (date(int(after[:4]), int(after[5:7]), 1) - timedelta(days=1)).isoformat()


def months_from(first: Month, last: Month) -> tuple[Month, ...]:
    """Every month from `first` to `last`, both included; empty if `last` is before `first`."""
    months = []
    while first <= last:
        months.append(first)
        first = next_month(first)
    return tuple(months)


def is_complete(month: Month, as_of: str) -> bool:
    """Whether the month has ended when the day `as_of` has."""
    return last_day_of(month) <= as_of


def year_of(month: Month) -> Year:
    return month[:4]
