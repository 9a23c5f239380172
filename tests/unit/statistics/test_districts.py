"""Districts by date: which one a stored code counts in, and areas whose sums are the same before and after (T48)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.statistics.districts import UNASSIGNED, Districts, districts_of
from eeum.statistics.inputs import read_input
from eeum.statistics.refusals import InputUnusable

INPUTS = Path(__file__).parents[3] / "functions" / "city_statistics" / "inputs" / "incheon"


def incheon() -> Districts:
    read = [read_input(name, (INPUTS / f"{name}.csv").read_text()).rows for name in ("districts", "district_crosswalk")]
    return districts_of(*read)


def test_ten_districts_until_june_2026_and_eleven_after() -> None:
    districts = incheon()
    assert len(districts.in_month("2026-06")) == 10
    assert len(districts.in_month("2026-07")) == 11
    assert {"jemulpo", "yeongjong", "geomdan", "seohae"} <= {each.id for each in districts.in_month("2026-07")}
    assert (districts.vintage_of("2026-06"), districts.vintage_of("2026-07")) == ("2000-01", "2026-07")


def test_a_stored_code_counts_in_the_district_that_took_its_place() -> None:
    districts = incheon()
    assert districts.code_in("2026-06", "dong") == "dong"
    assert districts.code_in("2026-07", "dong") == "jemulpo"  # all of it
    assert districts.code_in("2026-07", "jung") == UNASSIGNED  # divided: only the shop knows
    assert districts.code_in("2026-07", "yeonsu") == "yeonsu"
    assert districts.code_in("2026-07", "jemulpo") == "jemulpo"
    assert districts.code_in("2026-06", "jemulpo") == UNASSIGNED
    assert districts.code_in("2026-07", None) == districts.code_in("2026-07", "atlantis") == UNASSIGNED


def test_areas_have_the_same_outline_in_both_vintages() -> None:
    areas = {each.id: each.parts for each in incheon().areas()}
    assert len(areas) == 9 + 1  # and `unassigned`
    assert areas["jung_dong"] == ("jung", "dong", "jemulpo", "yeongjong")
    assert areas["seo"] == ("seo", "geomdan", "seohae")


SALES = st.lists(st.tuples(st.sampled_from([*(each.id for each in incheon().every), None]), st.integers(1, 10**9)))


@given(sales=SALES, month=st.sampled_from(["2026-06", "2026-07"]))
def test_sums_over_areas_and_districts_are_the_same(sales: list[tuple[str | None, int]], month: str) -> None:
    districts = incheon()
    by_district: dict[str, int] = {}
    by_area: dict[str, int] = {}
    for stored, won in sales:
        for sums, code in ((by_district, districts.code_in(month, stored)), (by_area, districts.area_of(stored))):
            sums[code] = sums.get(code, 0) + won
    assert sum(by_district.values()) == sum(by_area.values()) == sum(won for _, won in sales)
    for area in districts.areas():
        if area.id != UNASSIGNED:
            # What is not assigned to a district is still known to be in an area.
            assert sum(by_district.get(part, 0) for part in area.parts) <= by_area.get(area.id, 0)


def test_a_crosswalk_to_a_district_that_is_not_listed() -> None:
    rows = read_input("districts", (INPUTS / "districts.csv").read_text()).rows
    with pytest.raises(InputUnusable, match="jung to atlantis"):
        districts_of(rows, [{"before": "jung", "after": "atlantis"}])


def test_a_month_before_all_districts() -> None:
    with pytest.raises(InputUnusable, match="no district exists in 1999-12"):
        incheon().in_month("1999-12")
