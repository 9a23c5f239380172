"""The fixed tables of a release, with every combination of their codes, from counted rows. Values are whole numbers.

docs/statistics-release.md lists the tables and what links them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from eeum.calendar import Month
from eeum.statistics import printing
from eeum.statistics.districts import NOT_ASSIGNED, Districts
from eeum.statistics.periods import is_complete, last_day_of, year_of
from eeum.statistics.release import Cell, Code, Dimension, Evidence, Status, Table

TOTAL = Code("total", "전체", "All")
UNKNOWN = Code("unknown", "알 수 없음", "Unknown")
PURSES = (
    Code("charged", "충전금", "Loaded balance"),
    Code("cashback", "캐시", "Cashback"),
    Code("allowances", "정책수당", "Allowances"),
    Code("rewards", "기한부 적립금", "Rewards with a date"),
    Code("discount", "선할인", "Discount"),
)
AGES = (
    Code("under_20", "20세 미만", "Under 20"),
    *(Code(f"{age}s", f"{age}대", f"{age} to {age + 9}") for age in range(20, 70, 10)),
    Code("70_and_over", "70세 이상", "70 and over"),
    UNKNOWN,
)
HOURS = tuple(Code(f"{hour:02}", f"{hour}시", f"{hour:02}:00") for hour in range(24))
FUNDERS = {
    "national": Code("national", "국비", "National"),
    "city": Code("city", "시비", "City"),
    "district": Code("district", "구비", "District"),
    "merchant": Code("merchant", "가맹점", "Merchant"),
}

MOST_MONTHS = 12
"""The most months of a table with several dimensions."""

Counted = Mapping[str, Sequence[Mapping[str, Any]]]
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that a city has: its districts, and its categories with those that the programme excludes."""

    districts: Districts
    categories: tuple[Code, ...]
    excluded: frozenset[str]
    funders: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Months:
    """What was counted: by month and by year, the revision of each month, and the day."""

    as_of: str
    by_month: Mapping[Month, Counted]
    by_year: Mapping[str, Counted]
    of_all: Counted
    revisions: Mapping[Month, int]
    codes: Codes
    hashes: Mapping[str, str]
    """The query hash of each table."""

    @property
    def every(self) -> tuple[Month, ...]:
        return tuple(self.by_month)

    @property
    def complete(self) -> tuple[Month, ...]:
        """The last complete months, at most `MOST_MONTHS`."""
        return tuple(each for each in self.by_month if is_complete(each, self.as_of))[-MOST_MONTHS:]


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a table counts: the column of the counted rows, and how the table is described."""

    id: str
    title_ko: str
    title_en: str
    definition: str
    unit: str = "won"
    column: str = "won"
    sensitive: bool = True


MEASURES: Mapping[str, _Measure] = {
    each.id: each
    for each in (
        _Measure("payments_by_month", "월별 결제액", "Payments by month", "payments"),
        _Measure(
            "payment_counts_by_month",
            "월별 결제 건수",
            "Number of payments by month",
            "payment_counts",
            "payments",
            "payments",
        ),
        _Measure(
            "members_by_month",
            "월말 가입자",
            "Members at the end of the month",
            "members",
            "members",
            "members",
            sensitive=False,
        ),
        _Measure("issuance_by_month", "월별 발행액", "Issuance by month", "issuance", sensitive=False),
        _Measure(
            "cashback_by_month_funder",
            "월별·재원별 캐시백 지급액",
            "Cashback paid by month and funder",
            "cashback",
            sensitive=False,
        ),
        _Measure(
            "payments_by_month_district_category",
            "월별·군구별·업종별 결제액",
            "Payments by month, district and category",
            "payments",
        ),
        _Measure("payments_by_month_purse", "월별·잔액별 결제액", "Payments by month and purse", "payments"),
        _Measure("payments_by_month_age", "월별·나이별 결제액", "Payments by month and age", "payments"),
        _Measure("payments_by_month_hour", "월별·시간대별 결제액", "Payments by month and hour", "payments"),
        _Measure("payments_by_year_category", "연도별·업종별 결제액", "Payments by year and category", "payments"),
        _Measure("payments_by_year_area", "연도별·지역별 결제액", "Payments by year and area", "payments"),
    )
}
"""What each table of the journal counts."""


@dataclass(slots=True)
class _Rows:
    """Counted rows by their keys."""

    found: dict[Keys, Mapping[str, Any]] = field(default_factory=dict)

    def add(self, before: Keys, rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> None:
        for row in rows:
            self.found[(*before, *(row[name] for name in names))] = row


def month_dimension(months: Sequence[Month], as_of: str) -> Dimension:
    codes = [Code(each, *printing.month(each, None if is_complete(each, as_of) else as_of)) for each in months]
    return Dimension("month", "월", "Month", None, None, tuple(codes))


def tables_of(of: Months) -> tuple[Table, ...]:
    """Every table that follows from the journal."""
    return (*_of_all_months(of), *_of_complete_months(of), *_of_years(of))


def _of_all_months(of: Months) -> Iterable[Table]:
    dimension = month_dimension(of.every, of.as_of)
    for name in ("payments_by_month", "payment_counts_by_month"):
        rows = _Rows()
        for month, counted in of.by_month.items():
            rows.add((month,), counted[name], ())
        yield _table(of, MEASURES[name], (dimension,), rows)
    funder = Dimension("funder", "재원", "Funder", TOTAL.id, None, (TOTAL, *of.codes.funders))
    rest: tuple[Dimension, ...]
    for name, rest in (("members_by_month", ()), ("issuance_by_month", ()), ("cashback_by_month_funder", (funder,))):
        rows = _Rows()
        rows.add((), of.of_all[name], ("month", *(each.id for each in rest)))
        yield _table(of, MEASURES[name], (dimension, *rest), rows)


def _of_complete_months(of: Months) -> Iterable[Table]:
    dimension = month_dimension(of.complete, of.as_of)
    existing = {each.id: each for month in of.complete for each in of.codes.districts.in_month(month)}
    districts = tuple(Code(each.id, each.name_ko, each.name_en) for each in existing.values())
    dimensions = {
        "payments_by_month_district_category": (
            Dimension("district", "군·구", "District", TOTAL.id, None, (TOTAL, *districts, NOT_ASSIGNED)),
            _category(of),
        ),
        "payments_by_month_purse": (Dimension("purse", "잔액", "Purse", TOTAL.id, None, (TOTAL, *PURSES)),),
        "payments_by_month_age": (Dimension("age", "나이", "Age", TOTAL.id, None, (TOTAL, *AGES)),),
        "payments_by_month_hour": (Dimension("hour", "시각", "Hour", TOTAL.id, None, (TOTAL, *HOURS)),),
    }
    for name, rest in dimensions.items():
        rows = _Rows()
        for month in of.complete:
            rows.add((month,), of.by_month[month][name], [each.id for each in rest])
        yield _table(of, MEASURES[name], (dimension, *rest), rows)


def _of_years(of: Months) -> Iterable[Table]:
    years = []
    for year in of.by_year:
        parts = tuple(each for each in of.every if year_of(each) == year and is_complete(each, of.as_of))
        to = "" if parts[-1].endswith("-12") else f"({int(parts[-1][5:])}월까지)"
        until = f" (to {printing.month(parts[-1]).en})" if to else ""
        years.append(Code(year, f"{year}년{to}", f"{year}{until}", parts))
    dimension = Dimension("year", "연도", "Year", None, "month", tuple(years))
    area = Dimension("area", "지역", "Area", TOTAL.id, "district", (TOTAL, *of.codes.districts.areas()))
    for name, rest in (("payments_by_year_category", _category(of)), ("payments_by_year_area", area)):
        rows = _Rows()
        for year, counted in of.by_year.items():
            rows.add((year,), counted[name], (rest.id,))
        yield _table(of, MEASURES[name], (dimension, rest), rows)


def _category(of: Months) -> Dimension:
    return Dimension("category", "업종", "Category", TOTAL.id, None, (TOTAL, *of.codes.categories, UNKNOWN))


def _table(of: Months, measure: _Measure, dimensions: tuple[Dimension, ...], rows: _Rows) -> Table:
    names = [each.id for each in dimensions]
    cells = []
    for keys in product(*([code.id for code in each.codes] for each in dimensions)):
        named = dict(zip(names, keys, strict=True))
        if _exists(of, named):
            cells.append(_cell(of, measure, named, rows.found.get(keys)))
    return Table(
        measure.id,
        measure.title_ko,
        measure.title_en,
        measure.definition,
        measure.unit,
        measure.sensitive,
        of.hashes[measure.id],
        dimensions,
        tuple(cells),
    )


def _exists(of: Months, named: Mapping[str, str]) -> bool:
    """Whether a cell exists: a district has cells in the months in which there is such a district."""
    if "district" not in named or named["district"] in (TOTAL.id, NOT_ASSIGNED.id):
        return True
    return named["district"] in {each.id for each in of.codes.districts.in_month(named["month"])}


def _cell(of: Months, measure: _Measure, named: Mapping[str, str], row: Mapping[str, Any] | None) -> Cell:
    value = int(row[measure.column]) if row else 0
    evidence = None
    if measure.sensitive:
        structural = not value and named.get("category") in of.codes.excluded
        counts = {name: int(row[name]) if row else 0 for name in ("members", "shops", "largest", "second")}
        evidence = Evidence(**counts, structural=structural)
    return Cell(named, value, Status.COMPUTED, _revision(of, named), evidence)


def _revision(of: Months, named: Mapping[str, str]) -> int:
    """The revision of the month's data; of a year, the largest of its months."""
    if "month" in named:
        return of.revisions[named["month"]]
    return max(number for month, number in of.revisions.items() if year_of(month) == named["year"])


def last_day(month: Month, as_of: str) -> str:
    """The last day of the month that counts."""
    return min(last_day_of(month), as_of)
