"""Compute a release from a journal and the city's input tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from city_statistics.counting import OF_A_MONTH, OF_A_YEAR, OF_ALL_MONTHS, Counting, query_hash
from city_statistics.journal import Journal, MonthRevision, hash_of
from eeum.calendar import Month, text_of
from eeum.statistics import printing
from eeum.statistics.definitions import checked
from eeum.statistics.districts import Districts, districts_of
from eeum.statistics.figures import Known, figures_of
from eeum.statistics.inputs import COLUMNS, FROM_THE_CITY, Input, read_input
from eeum.statistics.outside import appropriations_table, cities_table
from eeum.statistics.periods import is_complete, months_from, year_of
from eeum.statistics.refusals import InputUnusable, InputWithoutSource, MonthWithoutData
from eeum.statistics.release import Code, Release
from eeum.statistics.revisions import revision_since
from eeum.statistics.tables import FUNDERS, Codes, Months, tables_of

HERE = Path(__file__).parent
DEFINITIONS, RECORDED = HERE / "definitions.json", HERE / "recorded_definitions.json"
INPUTS = HERE / "inputs"

CITIES = {"incheon": {"id": "incheon", "name_ko": "인천광역시", "name_en": "Incheon"}}


@dataclass(frozen=True, slots=True)
class Asked:
    """A release to compute.

    Attributes:
        as_of: the last day that counts.
        computed_at: the time of the computation.
        scale: members per thousand of the real city, for a generated one.
        earlier: computed documents of releases that were published before, oldest first.
        number: the release's number among those of its day; a release that was computed and refused keeps its own.
        kept: months that are published as an earlier revision has them, where disclosure control withholds a correction.
    """

    as_of: str
    computed_at: datetime
    city: Mapping[str, str]
    synthetic: bool = False
    scale: int | None = None
    earlier: tuple[Mapping[str, Any], ...] = ()
    kept: Mapping[Month, int] = field(default_factory=dict)
    number: int = 1


def definitions(path: Path = DEFINITIONS, recorded: Path = RECORDED) -> dict[str, dict[str, Any]]:
    """The definitions of figures and tables. Raises `DefinitionChanged` and `DefinitionUnusable`."""
    return checked(json.loads(path.read_text())["definitions"], json.loads(recorded.read_text()))


def read_inputs(folder: Path, own: Path | None = None) -> dict[str, Input]:
    """Every input table of a folder. `own` is a folder with the tables that the city's own stores replace.

    Raises:
        InputUnusable: a table is missing, or cannot be read.
        InputWithoutSource: a table does not name its sources.
    """
    found = {}
    for name in COLUMNS:
        path = (own if own is not None and name in FROM_THE_CITY else folder) / f"{name}.csv"
        if not path.is_file():
            raise InputUnusable(f"There is no input table {name}.csv in {path.parent}.")
        found[name] = read_input(name, path.read_text(encoding="utf-8"))
    for name in ("population", "districts", "categories", "category_groups"):
        if not found[name].rows:
            raise InputWithoutSource(f"{name}: the table has no row, so it names no source.")
    return found


def compute(
    journal: Journal,
    inputs: Mapping[str, Input],
    defined: Mapping[str, Mapping[str, Any]],
    asked: Asked,
    connection: duckdb.DuckDBPyConnection,
) -> Release:
    """Compute the release of a day.

    Raises:
        StatisticsRefused: its subclass and `code` name what is missing or wrong.
    """
    districts = districts_of(inputs["districts"].rows, inputs["district_crosswalk"].rows)
    every = _months_counted(journal, asked.as_of, asked.kept)
    counting = Counting(journal, districts, asked.as_of, connection)
    hashes = {name: query_hash([name]) for name in (*OF_A_MONTH, *OF_A_YEAR, *OF_ALL_MONTHS)}
    hashes["payments"] = query_hash([])
    months = _counted(counting, journal, every, asked.as_of, _codes(districts, inputs), hashes)
    _check_codes(months, inputs)
    outside = (cities_table(inputs["cities"]), appropriations_table(inputs["appropriations"]))
    tables = (*tables_of(months), *outside)
    known = Known(asked.as_of, {each.id: each for each in tables}, inputs, defined, hashes, asked.scale)
    release = Release(
        release_id=f"{asked.as_of}.{asked.number}",
        as_of=asked.as_of,
        computed_at=text_of(asked.computed_at),
        revision=asked.number,
        synthetic=asked.synthetic,
        city=asked.city,
        scale=asked.scale,
        input_hash=hash_of([*(each.hash for each in every), *(each.hash for each in inputs.values())]),
        inputs=tuple(each.source for each in inputs.values() if each.rows),
        figures=figures_of(known),
        tables=tables,
        definitions=[{**each, "query_hash": hashes.get(each["sql"])} for each in defined.values()],
        districts=_vintage(districts, asked.as_of[:7]),
    )
    return replace(release, revisions=revision_since(release, asked.earlier))


def _months_counted(journal: Journal, as_of: str, kept: Mapping[Month, int]) -> list[MonthRevision]:
    """The newest revision of each month from the first payment to the day, or the one that is kept."""
    stored = journal.months()
    paying = [month for month, each in stored.items() if each.rows["captures"] and month <= as_of[:7]]
    if not paying:
        raise MonthWithoutData(f"The journal has no payment by {as_of}.")
    for month in months_from(paying[0], as_of[:7]):
        if month not in stored:
            raise MonthWithoutData(f"The journal has no data of {month}, between {paying[0]} and {as_of}.")
    months = months_from(paying[0], as_of[:7])
    return [journal.revision(month, kept[month]) if month in kept else stored[month] for month in months]


def _counted(
    counting: Counting,
    journal: Journal,
    every: list[MonthRevision],
    as_of: str,
    codes: Codes,
    hashes: Mapping[str, str],
) -> Months:
    complete = [each for each in every if is_complete(each.month, as_of)]
    years = dict.fromkeys(year_of(each.month) for each in complete)
    earlier = [each for month, each in journal.months().items() if month < every[0].month]
    of_all = counting.all_months(every, [*earlier, *every])
    funders = [row["funder"] for row in of_all["cashback_by_month_funder"] if row["funder"] not in ("total", *FUNDERS)]
    own = tuple(Code(name, name, name) for name in dict.fromkeys(funders))
    return Months(
        as_of=as_of,
        by_month={each.month: counting.month(each) for each in every},
        by_year={year: counting.year([each for each in complete if year_of(each.month) == year]) for year in years},
        of_all=of_all,
        revisions={each.month: each.revision for each in every},
        codes=replace(codes, funders=(*FUNDERS.values(), *own)),
        hashes=hashes,
    )


def _codes(districts: Districts, inputs: Mapping[str, Input]) -> Codes:
    rows = inputs["categories"].rows
    categories = tuple(Code(row["category"], row["name_ko"], row["name_en"]) for row in rows)
    excluded = frozenset(row["category"] for row in rows if row["is_excluded"] == "yes")
    return Codes(districts, categories, excluded, ())


def _check_codes(months: Months, inputs: Mapping[str, Input]) -> None:
    """Check that every counted category has a name. Raises `InputUnusable`."""
    known = {row["category"] for row in inputs["categories"].rows} | {"total", "unknown"}
    for year, counted in months.by_year.items():
        for row in counted["payments_by_year_category"]:
            if row["category"] not in known:
                raise InputUnusable(
                    f"categories: payments of {year} have the category {row['category']}, which is not listed."
                )


def _vintage(districts: Districts, month: Month) -> dict[str, Any]:
    codes = [{"id": each.id, "name_ko": each.name_ko, "name_en": each.name_en} for each in districts.in_month(month)]
    start = districts.vintage_of(month)
    return {
        "vintage": start,
        "title_ko": printing.month(start).ko,
        "title_en": printing.month(start).en,
        "codes": codes,
    }
