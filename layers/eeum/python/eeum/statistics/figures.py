"""The figures of a release with their sentences, from tables and input tables. Values are exact fractions until they are printed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from eeum.calendar import Month
from eeum.statistics import printing
from eeum.statistics.inputs import Input, Row
from eeum.statistics.periods import last_day_of, months_from, year_of
from eeum.statistics.printing import Printed
from eeum.statistics.refusals import FigureWithoutDenominator
from eeum.statistics.release import CellReference, Denominator, Figure, Status, Table
from eeum.statistics.tables import FUNDERS, last_day

OLDEST_POPULATION = 732
"""In days: a population that is older at the end of a period cannot be its denominator."""
AREAS_RANKED = 3
LARGE = frozenset({"won", "members", "shops", "supplements"})
TO_SCALE = frozenset({"won", "members", "shops"})
"""Units of values that are smaller in a generated city."""

Names = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A figure before it is printed. `names` fills the definition's sentence."""

    definition: str
    value: Fraction
    period: tuple[str, str]
    key: str = ""
    from_cells: tuple[CellReference, ...] = ()
    denominator: Denominator | None = None
    places: int = 1
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What figures follow from: tables by id, input tables by id, and the day. `scale` is the members per thousand of a generated city."""

    as_of: str
    tables: Mapping[str, Table]
    inputs: Mapping[str, Input]
    definitions: Mapping[str, Mapping[str, Any]]
    hashes: Mapping[str, str]
    scale: int | None = None

    @property
    def year(self) -> str:
        return year_of(self.as_of)

    @property
    def months(self) -> tuple[Month, ...]:
        (dimension,) = self.tables["payments_by_month"].dimensions
        return tuple(code.id for code in dimension.codes)

    def in_year(self, year: str) -> tuple[Month, ...]:
        return tuple(each for each in self.months if year_of(each) == year)

    def value(self, table: str, **keys: str) -> int:
        """The value of one cell."""
        return next(int(row.value or 0) for row in self.tables[table].rows if row.keys == keys)

    def total(self, table: str, months: Sequence[Month], **keys: str) -> Fraction:
        return Fraction(sum(self.value(table, month=month, **keys) for month in months))

    def rows(self, name: str, **matching: str) -> list[Row]:
        return [row for row in self.inputs[name].rows if all(row[key] == value for key, value in matching.items())]


def figures_of(known: Known) -> tuple[Figure, ...]:
    """All figures, in the order of the page's sections.

    Raises:
        FigureWithoutDenominator: an input table does not have the number that a figure is divided by.
    """
    drafts = [
        *_members(known), *_payments(known), *_per_head(known), *_categories(known), *_budget(known), *_issuance(known),
        *_benefit_plus(known), *_districts(known), *_cities(known),
    ]  # fmt: skip
    return tuple(_figure(known, draft) for draft in drafts)


def _members(known: Known) -> Iterator[Draft]:
    now = Fraction(known.value("members_by_month", month=known.months[-1]))
    before = known.in_year(str(int(known.year) - 1))
    if before:
        at = last_day_of(before[-1])
        then = Fraction(known.value("members_by_month", month=before[-1]))
        yield Draft("members", then, (at, at), at, _cells("members_by_month", before[-1:]))
    yield Draft("members", now, (known.as_of, known.as_of), known.as_of, _cells("members_by_month", known.months[-1:]))
    if before:
        cells = _cells("members_by_month", (before[-1], known.months[-1]))
        yield Draft("members_growth", now - then, (at, known.as_of), known.year, cells)


def _payments(known: Known) -> Iterator[Draft]:
    for year in dict.fromkeys(year_of(each) for each in known.months):
        months = known.in_year(year)
        cells = _cells("payments_by_month", months)
        yield Draft("payments_of_year", known.total("payments_by_month", months), _period(known, months), year, cells)
    cells = _cells("payments_by_month", known.months)
    value = known.total("payments_by_month", known.months)
    yield Draft("payments_in_all", value, _period(known, known.months), "", cells)


def _per_head(known: Known) -> Iterator[Draft]:
    for months in _compared_periods(known):
        own, denominator = _own_per_head(known, months)
        period, cells = _period(known, months), _cells("payments_by_month", months)
        key = f"{months[0]}_{months[-1]}"
        yield Draft("payments_per_head", own, period, key, cells, denominator)
        for row in known.rows("cities", **{"from": months[0], "to": months[-1]}):
            names = {"name_ko": row["name_ko"], "name_en": row["name_en"]}
            other = Fraction(int(row["won_per_head"]))
            yield Draft("payments_per_head_of", other, period, f"{row['city']}:{key}", names=names)
            yield Draft("per_head_times", own / other, period, f"{row['city']}:{key}", cells, denominator, names=names)


def _compared_periods(known: Known) -> list[tuple[Month, ...]]:
    """The periods of the year that other cities published, and the year's complete months if none did."""
    complete = _complete(known)
    pairs = sorted(
        {
            (row["from"], row["to"])
            for row in known.rows("cities")
            if complete and year_of(row["from"]) == year_of(complete[-1])
        }
    )
    periods = [months_from(first, last) for first, last in pairs]
    inside = [months for months in periods if set(months) <= set(complete)]
    return inside or ([complete] if complete else [])


def _own_per_head(known: Known, months: Sequence[Month]) -> tuple[Fraction, Denominator]:
    denominator = _population(known, months[-1])
    return known.total("payments_by_month", months) / denominator.value, denominator


def _population(known: Known, month: Month) -> Denominator:
    """The newest population at the end of `month`."""
    end = date.fromisoformat(last_day_of(month))
    rows = [row for row in known.rows("population") if date.fromisoformat(last_day_of(row["month"])) <= end]
    newest = max(rows, key=lambda row: row["month"], default=None)
    if newest is None or (end - date.fromisoformat(last_day_of(newest["month"]))).days > OLDEST_POPULATION:
        raise FigureWithoutDenominator(
            f"payments_per_head: the input table population has no row for {month} or the two years before."
        )
    return Denominator(int(newest["population"]), newest["source"], last_day_of(newest["month"]))


def _categories(known: Known) -> Iterator[Draft]:
    months = _complete(known)
    if not months:
        return
    year = year_of(months[-1])
    total = known.value("payments_by_year_category", year=year, category="total")
    shares = []
    for group in known.rows("category_groups"):
        of_group = [row["category"] for row in known.rows("categories", group=group["group"])]
        cells = tuple(CellReference("payments_by_year_category", {"year": year, "category": each}) for each in of_group)
        value = sum(known.value("payments_by_year_category", **cell.keys) for cell in cells)
        names = {"name_ko": group["name_ko"], "name_en": group["name_en"]}
        share = Fraction(value, total) if total else Fraction(0)
        draft = Draft(
            "category_share",
            share,
            _period(known, months),
            group["group"],
            cells,
            places=int(group["decimals"]),
            names=names,
        )
        shares.append(draft)
    yield from sorted(shares, key=lambda draft: (-draft.value, draft.key))


def _budget(known: Known) -> Iterator[Draft]:
    rows = known.rows("appropriations")
    years = sorted({row["year"] for row in rows})
    national = {year: _appropriated(known, year, "national") for year in years}
    for year in years:
        period = (f"{year}-01-01", f"{year}-12-31")
        names = {"name_ko": year, "name_en": year}
        funders = dict.fromkeys(row["funder"] for row in rows if row["year"] == year)
        if set(funders) != {"national"}:
            value = sum((_appropriated(known, year, each) for each in funders), Fraction(0))
            yield Draft("budget_of_year", value, period, year, names=names)
            number = len({row["supplement"] for row in rows if row["year"] == year} - {"0"})
            if number:
                yield Draft("supplements_of_year", Fraction(number), period, year, names=names)
        for funder in funders:
            called = _funder(funder)
            named = {"name_ko": f"{year}년 {called.ko}", "name_en": f"{called.en}, {year}"}
            value = _appropriated(known, year, funder)
            yield Draft("budget_of_funder", value, period, f"{year}:{funder}", names=named)
    first, last = next((each for each in years if national[each]), ""), years[-1] if years else ""
    if first and first < last and national[last]:
        names = {"name_ko": f"{first}년에 비해 {last}년 국비", "name_en": f"National money of {last} against {first}"}
        period = (f"{first}-01-01", f"{last}-12-31")
        value = national[last] / national[first]
        yield Draft("budget_growth_of_funder", value, period, f"national:{first}_{last}", names=names)
    months = known.in_year(known.year)
    paid = known.total("cashback_by_month_funder", months, funder="total")
    yield Draft("cashback_of_year", paid, _period(known, months), known.year)


def _appropriated(known: Known, year: str, funder: str) -> Fraction:
    return Fraction(sum(int(row["won"]) for row in known.rows("appropriations", year=year, funder=funder)))


def _issuance(known: Known) -> Iterator[Draft]:
    months = known.in_year(known.year)
    issued = known.total("issuance_by_month", months)
    yield Draft("issuance_of_year", issued, _period(known, months), known.year)
    for row in known.rows("targets", target="issuance"):
        names = {"name_ko": row["year"], "name_en": row["year"]}
        target, period = Fraction(int(row["value"])), (f"{row['year']}-01-01", f"{row['year']}-12-31")
        yield Draft("issuance_target", target, period, row["year"], names=names)
        if row["year"] == known.year:
            denominator = Denominator(int(target), row["source"], row["date"])
            value = issued / target
            yield Draft(
                "issuance_against_target", value, _period(known, months), row["year"], (), denominator, names=names
            )


def _benefit_plus(known: Known) -> Iterator[Draft]:
    rows = known.rows("benefit_plus")
    counted = [row for row in rows if row["day"] <= known.as_of] or rows[:1]
    newest = max(counted, key=lambda row: row["day"], default=None)
    target = max(known.rows("targets", target="benefit_plus"), key=lambda row: row["year"], default=None)
    if newest is None:
        return
    shops, period = Fraction(int(newest["shops"])), (newest["day"], newest["day"])
    yield Draft("benefit_plus_shops", shops, period, newest["day"])
    if target is None:
        raise FigureWithoutDenominator("benefit_plus_against_target: the input table targets has no row benefit_plus.")
    aim = Fraction(int(target["value"]))
    denominator = Denominator(int(aim), target["source"], target["date"])
    yield Draft("benefit_plus_target", aim, period, target["year"])
    yield Draft("benefit_plus_against_target", shops / aim, period, target["year"], (), denominator)


def _districts(known: Known) -> Iterator[Draft]:
    months = _complete(known)
    if not months:
        return
    year = year_of(months[-1])
    total = known.value("payments_by_year_area", year=year, area="total")
    _, dimension = known.tables["payments_by_year_area"].dimensions
    areas = [code for code in dimension.codes if code.id not in ("total", "unassigned")]
    values = {code.id: known.value("payments_by_year_area", year=year, area=code.id) for code in areas}
    ranked = sorted(areas, key=lambda code: (-values[code.id], code.id))
    for place, code in enumerate(ranked[:AREAS_RANKED], 1):
        cells = (CellReference("payments_by_year_area", {"year": year, "area": code.id}),)
        ordinal = printing.rank(Fraction(place))
        names = {"name_ko": code.name_ko, "name_en": code.name_en, "rank_ko": ordinal.ko, "rank_en": ordinal.en}
        share = Fraction(values[code.id], total) if total else Fraction(0)
        yield Draft("district_share", share, _period(known, months), code.id, cells, names=names)


def _cities(known: Known) -> Iterator[Draft]:
    for months in _compared_periods(known):
        others = [int(row["won_per_head"]) for row in known.rows("cities", **{"from": months[0], "to": months[-1]})]
        if others:
            own, denominator = _own_per_head(known, months)
            place = 1 + sum(other > own for other in others)
            number = str(len(others) + 1)
            names = {"name_ko": f"{number}개", "name_en": number}
            cells = _cells("payments_by_month", months)
            key = f"{months[0]}_{months[-1]}"
            yield Draft("city_rank", Fraction(place), _period(known, months), key, cells, denominator, names=names)


def _complete(known: Known) -> tuple[Month, ...]:
    """The complete months of the year; in January, of the year before."""
    complete = [each for each in known.months if last_day_of(each) <= known.as_of]
    return tuple(each for each in complete if year_of(each) == year_of(complete[-1]))


def _period(known: Known, months: Sequence[Month]) -> tuple[str, str]:
    return f"{months[0]}-01", last_day(months[-1], known.as_of)


def _cells(table: str, months: Sequence[Month]) -> tuple[CellReference, ...]:
    return tuple(CellReference(table, {"month": month}) for month in months)


def _funder(name: str) -> Printed:
    code = FUNDERS.get(name)
    return Printed(code.name_ko, code.name_en) if code else Printed(name, name)


def _figure(known: Known, draft: Draft) -> Figure:
    definition = known.definitions[draft.definition]
    unit = definition["unit"]
    if definition["denominator"] is not None and draft.denominator is None:
        raise FigureWithoutDenominator(
            f"{draft.definition}: its denominator is {definition['denominator']['rule_en']}."
        )
    whole = draft.value.denominator == 1 and unit in (*LARGE, "rank")
    printed = printing.share(draft.value, draft.places) if unit == "share" else printing.BY_UNIT[unit](draft.value)
    first, last = (printing.day(each) for each in draft.period)
    words = {
        "value_ko": printed.ko, "value_en": printed.en, "day_ko": last.ko, "day_en": last.en, "from_ko": first.ko,
        "from_en": first.en, "to_ko": last.ko, "to_en": last.en, **draft.names,
    }  # fmt: skip
    in_full = _in_full_size(known, draft, unit)
    return Figure(
        id=f"{draft.definition}:{draft.key}" if draft.key else draft.definition,
        group=definition["group"],
        value=int(draft.value) if whole else printing.unrounded(draft.value),
        ratio=None if whole else (draft.value.numerator, draft.value.denominator),
        unit=unit,
        period={"from": draft.period[0], "to": draft.period[1]},
        printed_ko=printed.ko,
        printed_en=printed.en,
        sentence_ko=definition["sentence_ko"].format(**words) + in_full.ko,
        sentence_en=definition["sentence_en"].format(**words) + in_full.en,
        definition=draft.definition,
        denominator=draft.denominator,
        from_cells=draft.from_cells,
        status=Status.COMPUTED,
        query_hash=known.hashes.get(definition["sql"], definition["meaning_hash"]),
    )


def _in_full_size(known: Known, draft: Draft, unit: str) -> Printed:
    """What the figure of a smaller, generated city would be in a city of full size."""
    if known.scale is None or unit not in TO_SCALE:
        return Printed("", "")
    printed = printing.BY_UNIT[unit](draft.value * Fraction(1000, known.scale))
    return Printed(f" (실제 규모로 환산하면 {printed.ko})", f" (In full size: {printed.en}.)")
