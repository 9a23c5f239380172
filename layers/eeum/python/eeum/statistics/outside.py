"""Tables that follow from input tables alone: other cities' payments per head, and the city's budget. They have no evidence."""

from eeum.statistics.inputs import Input
from eeum.statistics.release import Cell, Code, Dimension, Status, Table
from eeum.statistics.tables import FUNDERS, TOTAL

FIRST_REVISION = 1


def cities_table(cities: Input) -> Table:
    """Won per head of other cities, each row with its period and source."""
    codes = tuple(Code(row["city"], row["name_ko"], row["name_en"]) for row in cities.rows)
    cells = tuple(
        Cell(
            {"city": row["city"]},
            int(row["won_per_head"]),
            Status.COMPUTED,
            FIRST_REVISION,
            note_ko=f"{row['from']}~{row['to']}, {row['source']} ({row['date']})",
            note_en=f"{row['from']} to {row['to']}, {row['source']} ({row['date']})",
        )
        for row in cities.rows
    )
    dimension = Dimension("city", "도시", "City", None, None, codes)
    title = ("다른 도시의 1인당 결제액", "Payments per head of other cities")
    return Table("cities", *title, "payments_per_head_of", "won_per_head", False, cities.hash, (dimension,), cells)


def appropriations_table(appropriations: Input) -> Table:
    """What was appropriated, by year, funder and supplement; supplement 0 is the original appropriation."""
    rows = appropriations.rows
    years = tuple(Code(each, f"{each}년", each) for each in sorted({row["year"] for row in rows}))
    funders = tuple(FUNDERS.get(each, Code(each, each, each)) for each in dict.fromkeys(row["funder"] for row in rows))
    numbers = sorted({int(row["supplement"]) for row in rows})
    supplements = tuple(
        Code(str(each), f"{each}차 추경", f"Supplement {each}") if each else Code("0", "본예산", "Original")
        for each in numbers
    )
    won: dict[tuple[str, str, str], int] = {}
    for row in rows:
        for funder in (row["funder"], TOTAL.id):
            for supplement in (row["supplement"], TOTAL.id):
                key = (row["year"], funder, supplement)
                won[key] = won.get(key, 0) + int(row["won"])
    dimensions = (
        Dimension("year", "연도", "Year", None, None, years),
        Dimension("funder", "재원", "Funder", TOTAL.id, None, (TOTAL, *funders)),
        Dimension("supplement", "추경", "Supplement", TOTAL.id, None, (TOTAL, *supplements)),
    )
    cells = tuple(
        Cell(
            {"year": year.id, "funder": funder.id, "supplement": supplement.id},
            won.get((year.id, funder.id, supplement.id), 0),
            Status.COMPUTED,
            FIRST_REVISION,
        )
        for year in years
        for funder in dimensions[1].codes
        for supplement in dimensions[2].codes
    )
    title = ("캐시백 예산", "Cashback budget")
    return Table("appropriations", *title, "budget_of_funder", "won", False, appropriations.hash, dimensions, cells)
