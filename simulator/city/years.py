"""The number of members and their total spend, month by month, for 2020 and 2021."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from eeum.calendar import Month, next_month
from simulator.city.figures import (
    ISSUANCE_TARGET_2021,
    MEMBERS_2020,
    MEMBERS_2021,
    PAID_BY_MAY,
    PAID_IN_THE_YEAR,
)


@dataclass(frozen=True, slots=True)
class CityMonth:
    """A month of a city: its members in the middle of the month, and their total spend in won."""

    month: Month
    members: int
    paid: int


def _months(year: int) -> tuple[Month, ...]:
    return tuple(f"{year}-{month:02d}" for month in range(1, 13))


def days_of(month: Month) -> int:
    first, after = (date(int(each[:4]), int(each[5:7]), 1) for each in (month, next_month(month)))
    return (after - first).days


def _members_in(month: Month, counts: tuple[tuple[int, int], ...]) -> int:
    """Members in the middle of the month, interpolated between counts; constant after the last count."""
    first = date(int(month[:4]), int(month[5:7]), 1)
    day = (first - date(first.year, 1, 1)).days + days_of(month) // 2
    for (start, before), (end, after) in pairwise(counts):
        if day <= end:
            return before + (after - before) * (day - start) // (end - start)
    return counts[-1][1]


def in_2020() -> list[CityMonth]:
    """The months of 2020. Assumed: spend per member is the same in June to December, and in March to May, under the same rules.

    January and February, under lower rates, get the rest of the published sum to May.
    """
    members = {month: _members_in(month, MEMBERS_2020) for month in _months(2020)}
    early, spring, later = _months(2020)[:2], _months(2020)[2:5], _months(2020)[5:]
    paid = _shared(PAID_IN_THE_YEAR - PAID_BY_MAY, {month: members[month] for month in later})
    of_spring = paid[later[0]] * sum(members[month] for month in spring) // members[later[0]]
    paid |= _shared(of_spring, {month: members[month] for month in spring})
    paid |= _shared(PAID_BY_MAY - of_spring, {month: members[month] for month in early})
    return [CityMonth(month, members[month], paid[month]) for month in _months(2020)]


def in_2021() -> list[CityMonth]:
    """The months of 2021: the year's target, in proportion to members."""
    members = {month: _members_in(month, MEMBERS_2021) for month in _months(2021)}
    paid = _shared(ISSUANCE_TARGET_2021, members)
    return [CityMonth(month, members[month], paid[month]) for month in _months(2021)]


YEARS: Mapping[int, Callable[[], list[CityMonth]]] = {2020: in_2020, 2021: in_2021}


def _shared(won: int, weights: Mapping[Month, int]) -> dict[Month, int]:
    """Divide won among months in proportion to weights; the last gets the remainder."""
    total = sum(weights.values())
    parts = {month: won * weight // total for month, weight in weights.items()}
    parts[list(parts)[-1]] += won - sum(parts.values())
    return parts
