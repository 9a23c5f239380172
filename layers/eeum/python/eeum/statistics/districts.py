"""Districts by date, and areas that stay the same when districts change.

A *vintage* is a set of districts with the month from which it holds. A *crosswalk* says where the places of an old district are today. An
*area* is the smallest set of districts that has the same outline in every vintage, so that sums over areas can be compared over time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eeum.calendar import Month
from eeum.statistics.refusals import InputUnusable
from eeum.statistics.release import Code

UNASSIGNED = "unassigned"
"""Payments of shops whose district is unknown, or was divided and the shop not assigned to a part yet."""
NOT_ASSIGNED = Code(UNASSIGNED, "미분류", "Not assigned")


@dataclass(frozen=True, slots=True)
class District:
    """A district of one vintage."""

    id: str
    name_ko: str
    name_en: str
    first_month: Month
    last_month: Month | None

    def exists_in(self, month: Month) -> bool:
        return self.first_month <= month and (self.last_month is None or month <= self.last_month)


@dataclass(frozen=True, slots=True)
class Districts:
    """Every district of the city, and the crosswalk: pairs of an old district and one that has places of it today."""

    every: tuple[District, ...]
    crosswalk: tuple[tuple[str, str], ...]

    def in_month(self, month: Month) -> tuple[District, ...]:
        """The districts of a month, in the order of the input. Raises `InputUnusable` if there are none."""
        found = tuple(each for each in self.every if each.exists_in(month))
        if not found:
            raise InputUnusable(f"districts: no district exists in {month}.")
        return found

    def vintage_of(self, month: Month) -> Month:
        """The first month of the vintage that holds in `month`."""
        return max(each.first_month for each in self.in_month(month))

    def code_in(self, month: Month, stored: str | None) -> str:
        """The district of the month that a stored code counts in.

        A shop keeps the code that it registered with. An old code counts in the district that took its whole place; if several did, the
        place is not known, and the code counts as `UNASSIGNED`.
        """
        present = {each.id for each in self.in_month(month)}
        if stored is None or stored in present:
            return stored or UNASSIGNED
        after = [new for old, new in self.crosswalk if old == stored]
        return after[0] if len(after) == 1 and after[0] in present else UNASSIGNED

    def areas(self) -> tuple[Code, ...]:
        """The areas, each with its districts of all vintages as `parts`; named by the oldest ones."""
        group = {each.id: {each.id} for each in self.every}
        for old, new in self.crosswalk:
            joined = group[old] | group[new]
            group |= dict.fromkeys(joined, joined)
        areas, seen = [], set[str]()
        for each in self.every:
            if each.id in seen:
                continue
            parts = [other for other in self.every if other.id in group[each.id]]
            seen |= {other.id for other in parts}
            areas.append(_area(parts))
        return (*areas, Code(UNASSIGNED, NOT_ASSIGNED.name_ko, NOT_ASSIGNED.name_en, (UNASSIGNED,)))

    def area_of(self, stored: str | None) -> str:
        """The area of a stored code, which is known also where its district is not."""
        return next((area.id for area in self.areas() if stored in area.parts), UNASSIGNED)


def _area(parts: Iterable[District]) -> Code:
    every = tuple(parts)
    first = min(each.first_month for each in every)
    oldest = [each for each in every if each.first_month == first]
    return Code(
        "_".join(each.id for each in oldest),
        "·".join(each.name_ko for each in oldest),
        " and ".join(each.name_en for each in oldest),
        tuple(each.id for each in every),
    )


def districts_of(rows: Iterable[Mapping[str, str]], crosswalk: Iterable[Mapping[str, str]]) -> Districts:
    """Districts from rows of the input tables. Raises `InputUnusable` for a crosswalk between districts that are not listed."""
    every = tuple(
        District(row["district"], row["name_ko"], row["name_en"], row["first_month"], row["last_month"] or None)
        for row in rows
    )
    known = {each.id for each in every}
    pairs = tuple((row["before"], row["after"]) for row in crosswalk)
    for old, new in pairs:
        if old not in known or new not in known:
            raise InputUnusable(f"district_crosswalk: {old} to {new} names a district that `districts` does not list.")
    return Districts(every, pairs)
