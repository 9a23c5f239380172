"""Months and instants in Asia/Seoul.

A month is always a calendar month in Seoul, written `2021-01`. Instants are aware datetimes. As text they have Seoul's
offset and milliseconds, so that they sort by time.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from eeum.errors import Invalid

SEOUL = timezone(timedelta(hours=9), "Asia/Seoul")
"""Seoul has kept UTC+9 without summer time since 1988, so a fixed offset is exact and needs no time zone data."""

Month = str

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)
"""The form of an instant: RFC 3339, to the second or finer, with its offset. Python would accept more."""

QUERIED_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?(Z|[ +-]\d{2}:\d{2})", re.ASCII)

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""The years in Seoul that a client may send in dates of documents, amendments, months and fiscal years."""

YEAR_PATTERN = r"(2[01][0-9]{2}|2200)"
"""A pattern for the years from `FIRST_YEAR` to `LAST_YEAR`, for requests."""

MONTH_PATTERN = rf"{YEAR_PATTERN}-(0[1-9]|1[0-2])"

OUT_OF_BOUNDS = f"The year in Seoul must be {FIRST_YEAR} to {LAST_YEAR}"

MONTH = re.compile(MONTH_PATTERN)


def is_in_bounds(instant: datetime) -> bool:
    """Whether the year of `instant` in Seoul is from `FIRST_YEAR` to `LAST_YEAR`."""
    try:
        return FIRST_YEAR <= instant.astimezone(SEOUL).year <= LAST_YEAR
    except OverflowError:
        return False


def month_of(instant: datetime) -> Month:
    """The calendar month in Seoul that contains `instant`."""
    local = instant.astimezone(SEOUL)
    # This takes half the time of `strftime`, and each payment needs several months.
    return f"{local.year:04d}-{local.month:02d}"


def start_of_month(month: Month) -> datetime:
    """00:00 in Seoul on the first day of `month`."""
    return datetime(int(month[:4]), int(month[5:7]), 1, tzinfo=SEOUL)


def next_month(month: Month) -> Month:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + 1:04d}-01" if number == 12 else f"{year:04d}-{number + 1:02d}"


def previous_month(month: Month) -> Month:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year - 1:04d}-12" if number == 1 else f"{year:04d}-{number - 1:02d}"


def months_later(month: Month, count: int) -> Month:
    """The month `count` months after `month`."""
    months = int(month[:4]) * 12 + int(month[5:7]) - 1 + count
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def start_of_next_day(instant: datetime) -> datetime:
    """00:00 in Seoul on the day after the one that contains `instant`."""
    day = instant.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def years_since(birth: date, instant: datetime) -> int:
    """The age in full years at `instant`, by Seoul's days (만 나이), of a person born on `birth`.

    In a common year, a person born on 29 February is a year older on 1 March (Civil Act, article 160).
    """
    day = instant.astimezone(SEOUL).date()
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def parse_month(text: str) -> Month:
    """The month in `text`. Raises `Invalid` unless it is written like 2021-01, with a year from `FIRST_YEAR` to `LAST_YEAR`."""
    if not MONTH.fullmatch(text):
        raise Invalid("month", f"is not a calendar month such as 2021-01, of a year from {FIRST_YEAR} to {LAST_YEAR}")
    return text


def parse_instant(text: str, field: str) -> datetime:
    """Reads an RFC 3339 instant with its offset; raises `Invalid` naming `field`."""
    try:
        if not INSTANT.fullmatch(text):
            raise Invalid(field, "is not an instant such as 2021-01-31T23:58:00+09:00")
        return datetime.fromisoformat(text).astimezone(SEOUL)
    except (ValueError, OverflowError, TypeError) as error:
        raise Invalid(field, "is not an instant such as 2021-01-31T23:58:00+09:00") from error


def parse_queried_instant(text: str, field: str) -> datetime:
    """Read an instant from a URL's query; raises `Invalid` naming `field`.

    In a query `+` means a space, so an offset that is not written `%2B09:00` arrives as ` 09:00`. A space at that place can only be the
    plus. Seconds may be left out.
    """
    written = QUERIED_INSTANT.fullmatch(text)
    if not written:
        raise Invalid(field, "is not an instant such as 2021-01-31T23:58:00%2B09:00 (in a URL %2B stands for +)")
    minute, rest, offset = written.groups()
    return parse_instant(f"{minute}{rest or ':00'}{offset.replace(' ', '+')}", field)


def text_of(instant: datetime) -> str:
    return instant.astimezone(SEOUL).isoformat(timespec="milliseconds")


def milliseconds_of(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def whole_milliseconds(instant: datetime) -> datetime:
    """`instant` in Seoul, cut to the millisecond that is stored."""
    local = instant.astimezone(SEOUL)
    return local.replace(microsecond=local.microsecond // 1000 * 1000)
