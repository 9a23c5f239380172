"""The targets of a generated city, scaled from published figures. Amounts are won; the sources are in `simulator.city.figures`."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from eeum.calendar import Month
from simulator.city import figures
from simulator.city.years import CityMonth, in_2020

PAID_IN_ALL = 4_408_500_000_000
"""Payments since 2019 to 2020-12-20 (the city, 2020-12-28)."""

MEMBERS_AT_FIRST = 503_000
"""Members in June 2019, near the start of the first policy: kyeongin.com/article/1427661."""

MONTHS_OF_2019 = tuple(f"2019-{month:02}" for month in range(5, 13))
"""The months of the first policy. Earlier payments are assumed to be too few to matter for the sum."""

PER_HEAD, RESIDENTS = 679_000, 2_957_026
"""Payments per resident, January to October 2020 (the city, 2020-12-28), and residents at the end of 2019 (incheonilbo.com, idxno=1018440).
These published figures leave more for November and December than for any month before."""

LAST_DAY = "2020-12-20"
DAYS_OF_DECEMBER = 20


@dataclass(frozen=True, slots=True)
class GeneratedMonth:
    """A month: its members at the end, and the sum of its payments by category, after cancellations."""

    month: Month
    members: int
    paid: Mapping[str, int]

    @property
    def days(self) -> int | None:
        """The number of days that count, if not all of the month."""
        return DAYS_OF_DECEMBER if self.month == LAST_DAY[:7] else None


def months_of(scale: int) -> list[GeneratedMonth]:
    """The months from May 2019 to 2020-12-20, for `scale` members per thousand."""
    return [
        GeneratedMonth(each.month, _scaled(each.members, scale), _by_category(each.paid, scale))
        for each in _real_months()
    ]


def _real_months() -> list[CityMonth]:
    """2019 grows in equal steps to the members at its end; 2020 as the simulator generates it. Members are those at the end."""
    year = in_2020()
    before = PAID_IN_ALL - figures.PAID_IN_THE_YEAR
    at_the_end = figures.MEMBERS_2020[0][1]
    step = (at_the_end - MEMBERS_AT_FIRST) // (len(MONTHS_OF_2019) - 1)
    members = [MEMBERS_AT_FIRST + step * number for number in range(len(MONTHS_OF_2019))]
    members[-1] = at_the_end
    share = [before * each // sum(members) for each in members]
    share[-1] += before - sum(share)
    of_2019 = [CityMonth(*each) for each in zip(MONTHS_OF_2019, members, share, strict=True)]
    by_october = [
        CityMonth(each.month, each.members, paid) for each, paid in zip(year[:10], _until_october(year), strict=True)
    ]
    rest = figures.PAID_IN_THE_YEAR - sum(each.paid for each in by_october)
    in_december = rest * DAYS_OF_DECEMBER // (30 + DAYS_OF_DECEMBER)
    november = CityMonth(year[10].month, year[10].members, rest - in_december)
    december = CityMonth(year[11].month, figures.MEMBERS_2020[-1][1], in_december)
    return [*of_2019, *by_october, november, december]


def _until_october(year: list[CityMonth]) -> list[int]:
    """The won paid in each of the ten months, in the simulator's proportions."""
    total, whole = PER_HEAD * RESIDENTS, sum(each.paid for each in year[:10])
    paid = [each.paid * total // whole for each in year[:10]]
    paid[-1] += total - sum(paid)
    return paid


def _scaled(number: int, scale: int) -> int:
    return number * scale // 1_000


def _by_category(paid: int, scale: int) -> dict[str, int]:
    """The sum by category, which adds up to the month's."""
    ends = [round(_scaled(paid, scale) * share) for share in accumulate(figures.CATEGORY_SHARES.values())]
    return {name: end - start for name, start, end in zip(figures.CATEGORY_SHARES, (0, *ends), ends, strict=False)}
