"""What each table of a release is shown as: a chart with its finding, and the same cells as a table beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from eeum.policy.wording import with_particle
from public_page import charts, printing
from public_page.charts import Amount, Bar, Plot, StackedBar
from public_page.release import SUPPRESSED, Cell, Dimension, Release, Table, Value
from public_page.texts import TEXTS, short_period, unit_name
from public_page.tiles import TileMap, tile_map

MOST_BARS = 12
MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as the page prints it: its exact value as data, what is printed, and its share of the whole, where it has one."""

    data: str
    printed: str
    share: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """The table beside a chart: headings, and rows of a name and cells."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Shown, ...]], ...]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A chart of a table: one of `bars`, `stacked`, `plot` and `tiles` is set. `note` is a sentence below, or empty."""

    table: str
    definition: str
    title: str
    finding: str
    grid: Grid
    bars: tuple[Bar, ...] = ()
    stacked: tuple[StackedBar, ...] = ()
    plot: Plot | None = None
    tiles: TileMap | None = None
    labels: tuple[str, ...] = ()
    """Printed values of the plot's grid lines."""
    series: tuple[str, ...] = ()
    note: str = ""
    has_suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What an exhibit is made with."""

    release: Release
    language: str
    city: str

    def say(self, key: str, **parts: str) -> str:
        return TEXTS[self.language][key].format(**parts)


Maker = Callable[[Table, Setting], Exhibit]


def exhibits_of(group: str, setting: Setting) -> list[Exhibit]:
    """The exhibits of a group of figures, of those tables that the release has."""
    found = [(setting.release.table(name), make) for name, make in _SHOWN_AS.get(group, {}).items()]
    return [make(table, setting) for table, make in found if table is not None and table.cells]


def shown(value: Value, status: str, unit: str, setting: Setting, whole: Value = None) -> Shown:
    """A value for people, with its share of `whole` if that is given."""
    if value is None:
        return Shown("", setting.say("not_published" if status == SUPPRESSED else "unknown"))
    share = printing.percent(value, whole) if whole is not None else ""
    return Shown(printing.plain(value), printing.digits(value, unit), share)


def line_over_months(table: Table, setting: Setting) -> Exhibit:
    cells = _last_months(table)
    labels = [short_period(cell.keys[0], setting.language) for cell in cells]
    plot = charts.line(labels, [cell.value for cell in cells])
    return _over_time(table, setting, cells, plot, _finds_over_time(cells, table, setting))


def columns_over_months(table: Table, setting: Setting) -> Exhibit:
    cells = _last_months(table)
    labels = [short_period(cell.keys[0], setting.language) for cell in cells]
    plot = charts.columns(labels, [None if cell.value is None else [cell.value] for cell in cells])
    return _over_time(table, setting, cells, plot, _finds_peak(cells, table, setting))


def stacked_over_months(dimension: str) -> Maker:
    """Columns that are stacked by a dimension."""

    def make(table: Table, setting: Setting) -> Exhibit:
        place, month = table.place(dimension), table.place("month")
        months = table.codes("month")[-MOST_MONTHS:]
        codes = table.codes(dimension)
        values = {(cell.keys[month], cell.keys[place]): cell for cell in table.cells}
        columns = [[values[each, code].value for code in codes if (each, code) in values] for each in months]
        labels = [short_period(each, setting.language) for each in months]
        whole = [None if None in each else [part for part in each if part is not None] for each in columns]
        plot = charts.columns(labels, whole)
        names = tuple(table.dimensions[place].name(code)[setting.language] for code in codes)
        sums = [Cell((each,), sum(parts) if parts is not None else None, SUPPRESSED if parts is None else "", 1, None)
                for each, parts in zip(months, whole, strict=True)]  # fmt: skip
        rows = tuple(
            (
                _name(table, "month", each, setting),
                tuple(
                    shown(values[each, code].value, values[each, code].status, table.unit, setting)
                    for code in codes
                    if (each, code) in values
                ),
            )
            for each in months
        )
        return Exhibit(
            table.id,
            table.definition,
            table.title[setting.language],
            _finds_peak(sums, table, setting),
            Grid((table.dimensions[month].title[setting.language], *names), rows),
            plot=plot,
            labels=_grid_labels(plot, table.unit, setting),
            series=names,
            has_suppressed=any(each is None for each in whole),
        )

    return make


def latest_bars(period: str, dimension: str, *, by_size: bool = True, shares: bool = True) -> Maker:
    """Bars by a dimension, of the latest month or year."""

    def make(table: Table, setting: Setting) -> Exhibit:
        latest, cells, whole = _latest(table, period, dimension)
        name = _name(table, period, latest, setting)
        return _bars(table, setting, name, (dimension, cells), whole if shares else None, by_size=by_size)

    return make


def columns_of_latest(dimension: str) -> Maker:
    """Columns by an ordered dimension, of the latest month."""

    def make(table: Table, setting: Setting) -> Exhibit:
        latest, cells, whole = _latest(table, "month", dimension)
        place, heading = table.place(dimension), _dimension(table, dimension).title[setting.language]
        names = [_name(table, dimension, cell.keys[place], setting) for cell in cells]
        plot = charts.columns(names, [None if cell.value is None else [cell.value] for cell in cells])
        amounts = [_amount(cell, name, table.unit, setting) for cell, name in zip(cells, names, strict=True)]
        period = _name(table, "month", latest, setting)
        rows = tuple(
            (name, (shown(cell.value, cell.status, table.unit, setting, whole),))
            for cell, name in zip(cells, names, strict=True)
        )
        return Exhibit(
            table.id,
            table.definition,
            setting.say("of", title=table.title[setting.language], period=period),
            _finds_largest(amounts, heading, whole, setting),
            Grid((heading, _value_heading(table, setting), *([setting.say("share")] if whole else [])), rows),
            plot=plot,
            labels=_grid_labels(plot, table.unit, setting),
            has_suppressed=any(cell.is_suppressed for cell in cells),
        )

    return make


def plain_bars(dimension: str) -> Maker:
    """Bars of a table with one dimension, which need not add up."""

    def make(table: Table, setting: Setting) -> Exhibit:
        cells = [
            cell for cell in table.cells if cell.keys[table.place(dimension)] != _dimension(table, dimension).total
        ]
        return _bars(table, setting, "", (dimension, cells), None, by_size=True)

    return make


def map_of_districts(table: Table, setting: Setting) -> Exhibit:
    """The tile map of the latest month; bars, where a district has no tile."""
    latest, cells, whole = _latest(table, "month", "district")
    period = _name(table, "month", latest, setting)
    place, dimension = table.place("district"), _dimension(table, "district")
    named = [(cell.keys[place], dimension.name(cell.keys[place])[setting.language]) for cell in cells]
    amounts = [
        (code, _tile_amount(cell, name, table.unit, setting)) for (code, name), cell in zip(named, cells, strict=True)
    ]
    tiles = tile_map(setting.city, f"{latest}-01", amounts)
    if tiles is None:
        return _bars(table, setting, period, ("district", cells), whole, by_size=True)
    ranks = {tile.district: tile.rank for tile in tiles.tiles}
    last = len(cells) + 1
    ranked = sorted(zip(named, cells, strict=True), key=lambda each: ranks.get(each[0][0]) or last)
    rows = tuple(
        (
            name,
            (
                Shown("", setting.say("rank_of", rank=str(ranks[code])) if ranks.get(code) else ""),
                shown(cell.value, cell.status, table.unit, setting, whole),
            ),
        )
        for (code, name), cell in ranked
    )
    title = dimension.title[setting.language]
    return Exhibit(
        table.id,
        table.definition,
        setting.say("of", title=setting.say("by_district"), period=period),
        _finds_largest([_amount(cell, name, table.unit, setting) for (_, name), cell in ranked], title, whole, setting),
        Grid((title, setting.say("rank"), _value_heading(table, setting), setting.say("share")), rows),
        tiles=tiles,
        note=setting.say("map_note", unit=unit_name(table.unit, setting.language)),
        has_suppressed=any(cell.is_suppressed for cell in cells),
    )


def stacked_appropriations(table: Table, setting: Setting) -> Exhibit:
    """Appropriations of each year by funder, all supplements together."""
    year, funder = table.place("year"), table.place("funder")
    years, funders = table.codes("year"), table.codes("funder")
    supplements = set(table.codes("supplement"))
    sums: dict[tuple[str, str], int | Decimal] = {}
    for cell in table.cells:
        if cell.keys[table.place("supplement")] in supplements and cell.value is not None:
            key = (cell.keys[year], cell.keys[funder])
            sums[key] = sums.get(key, 0) + cell.value
    parts = {each: [sums.get((each, name), 0) for name in funders] for each in years}
    names = tuple(_dimension(table, "funder").name(each)[setting.language] for each in funders)
    periods = {each: _name(table, "year", each, setting) for each in years}
    stacked = charts.stacked_bars(
        [(periods[each], printing.short(sum(parts[each]), table.unit, setting.language), parts[each]) for each in years]
    )
    rows = tuple(
        (periods[each], tuple(shown(part, "", table.unit, setting) for part in (*parts[each], sum(parts[each]))))
        for each in years
    )
    return Exhibit(
        table.id,
        table.definition,
        table.title[setting.language],
        _finds_from_to([(periods[each], sum(parts[each])) for each in years], table.unit, setting),
        Grid((_dimension(table, "year").title[setting.language], *names, setting.say("total")), rows),
        stacked=tuple(stacked),
        series=names,
    )


def _bars(
    table: Table,
    setting: Setting,
    latest: str,
    of: tuple[str, Sequence[Cell]],
    whole: Value,
    *,
    by_size: bool,
) -> Exhibit:
    dimension = _dimension(table, of[0])
    place = table.place(of[0])
    cells = list(of[1])
    if by_size:
        cells.sort(key=lambda cell: (cell.value is None, -(cell.value or 0)))
    names = [dimension.name(cell.keys[place])[setting.language] for cell in cells]
    amounts = [_amount(cell, name, table.unit, setting) for cell, name in zip(cells, names, strict=True)]
    drawn = [each for each in amounts if each.value != 0] if by_size else amounts
    most = MOST_BARS if by_size else len(drawn)
    title, heading = table.title[setting.language], dimension.title[setting.language]
    rows = tuple(
        (name, (shown(cell.value, cell.status, table.unit, setting, whole),))
        for cell, name in zip(cells, names, strict=True)
    )
    return Exhibit(
        table.id,
        table.definition,
        setting.say("of", title=title, period=latest) if latest else title,
        _finds_largest(amounts, heading, whole, setting),
        Grid((heading, _value_heading(table, setting), *([setting.say("share")] if whole else [])), rows),
        bars=tuple(charts.bars(drawn[:most])),
        note=setting.say("rest", shown=str(most)) if len(drawn) > most else "",
        has_suppressed=any(cell.is_suppressed for cell in cells),
    )


def _latest(table: Table, period: str, dimension: str) -> tuple[str, list[Cell], Value]:
    """The latest period, its cells by a dimension without the total, and the total if it is published.

    All other dimensions are at their total.
    """
    latest = table.codes(period)[-1]
    place, total = table.place(dimension), _dimension(table, dimension).total
    others = {each.id: each.total for each in table.dimensions if each.id not in (period, dimension) and each.total}
    of_it = table.only(**{period: latest}, **others)
    whole = next((cell.value for cell in of_it if total is not None and cell.keys[place] == total), None)
    return latest, [cell for cell in of_it if cell.keys[place] != total], whole


def _name(table: Table, dimension: str, code: str, setting: Setting) -> str:
    return _dimension(table, dimension).name(code)[setting.language]


def _dimension(table: Table, name: str) -> Dimension:
    return table.dimensions[table.place(name)]


def _last_months(table: Table) -> list[Cell]:
    table.place("month")
    return sorted(table.cells, key=lambda cell: cell.keys)[-MOST_MONTHS:]


def _over_time(table: Table, setting: Setting, cells: Sequence[Cell], plot: Plot, finding: str) -> Exhibit:
    rows = tuple(
        (_name(table, "month", cell.keys[0], setting), (shown(cell.value, cell.status, table.unit, setting),))
        for cell in cells
    )
    return Exhibit(
        table.id,
        table.definition,
        table.title[setting.language],
        finding,
        Grid((_dimension(table, "month").title[setting.language], _value_heading(table, setting)), rows),
        plot=plot,
        labels=_grid_labels(plot, table.unit, setting),
        has_suppressed=any(cell.is_suppressed for cell in cells),
    )


def _value_heading(table: Table, setting: Setting) -> str:
    return f"{setting.say('value')} ({unit_name(table.unit, setting.language)})"


def _grid_labels(plot: Plot, unit: str, setting: Setting) -> tuple[str, ...]:
    return tuple(printing.short(each.value, unit, setting.language) for each in plot.lines)


def _amount(cell: Cell, label: str, unit: str, setting: Setting) -> Amount:
    if cell.value is None:
        return Amount(label, None, setting.say("not_published" if cell.is_suppressed else "unknown"))
    return Amount(label, cell.value, printing.short(cell.value, unit, setting.language))


def _tile_amount(cell: Cell, name: str, unit: str, setting: Setting) -> Amount:
    """As `_amount`, short enough for a tile: without its unit and without what kind of district it is."""
    amount = _amount(cell, name if setting.language == "ko" else name.partition("-")[0], unit, setting)
    return amount if cell.value is None else amount._replace(printed=printing.terse(cell.value, setting.language))


def _finds_largest(amounts: Sequence[Amount], dimension: str, whole: Value, setting: Setting) -> str:
    known = [each for each in amounts if each.value is not None]
    if not known:
        return setting.say("finds_nothing")
    most = max(known, key=lambda each: each.value or 0)
    largest = setting.say("largest_of", dimension=dimension if setting.language == "ko" else dimension.lower())
    largest = with_particle(largest, "은/는") if setting.language == "ko" else largest
    name = f"{with_particle(most.label, '으로/로')}," if setting.language == "ko" else most.label
    share = printing.percent(most.value or 0, whole) if whole else ""
    if share:
        return setting.say("finds_largest_share", largest=largest, name=name, value=most.printed, share=share)
    return setting.say("finds_largest", largest=largest, name=name, value=most.printed)


def _finds_over_time(cells: Sequence[Cell], table: Table, setting: Setting) -> str:
    return _finds_from_to(_known(cells, table, setting), table.unit, setting)


def _finds_from_to(known: Sequence[tuple[str, int | Decimal]], unit: str, setting: Setting) -> str:
    if not known:
        return setting.say("finds_nothing")
    (first, before), (last, now) = known[0], known[-1]
    values = [printing.short(value, unit, setting.language) for value in (before, now)]
    return setting.say("finds_over_time", first=first, first_value=values[0], last=last, last_value=values[1])


def _finds_peak(cells: Sequence[Cell], table: Table, setting: Setting) -> str:
    known = _known(cells, table, setting)
    if not known:
        return setting.say("finds_nothing")
    (peak, most), (last, now) = max(known, key=lambda each: each[1]), known[-1]
    most_printed, now_printed = (printing.short(value, table.unit, setting.language) for value in (most, now))
    if now == most:
        return setting.say("finds_peak_now", last=last, value=now_printed)
    return setting.say(
        "finds_peak", peak=_as_peak(peak, setting), value=most_printed, last=last, last_value=now_printed
    )


def _known(cells: Sequence[Cell], table: Table, setting: Setting) -> list[tuple[str, int | Decimal]]:
    """The periods and values of the cells that are published."""
    return [(_name(table, "month", cell.keys[0], setting), cell.value) for cell in cells if cell.value is not None]


def _as_peak(period: str, setting: Setting) -> str:
    return with_particle(period, "으로/로") if setting.language == "ko" else period


_SHOWN_AS: Mapping[str, Mapping[str, Maker]] = {
    "members": {"members_by_month": line_over_months},
    "payments": {
        "payments_by_month": columns_over_months,
        "payments_by_month_age": latest_bars("month", "age", by_size=False),
        "payments_by_month_hour": columns_of_latest("hour"),
        "payments_by_month_purse": latest_bars("month", "purse"),
    },
    "categories": {"payments_by_year_category": latest_bars("year", "category")},
    "budget": {
        "appropriations": stacked_appropriations,
        "cashback_by_month_funder": stacked_over_months("funder"),
    },
    "issuance": {"issuance_by_month": columns_over_months},
    "districts": {
        "payments_by_month_district_category": map_of_districts,
        "payments_by_year_area": latest_bars("year", "area"),
    },
    "cities": {"cities": plain_bars("city")},
}
"""The maker of each table's exhibit, by group of figures. Other tables are open data only."""
