"""What an outsider can compute of suppressed values, from all releases together: a linear programme for both ends of each interval.

The outsider knows all published cells of all releases, every sum, every published ratio, and that no value is below zero. The
outsider is also assumed to know which cells a correction did not touch: their versions are one unknown.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from statistics_disclosure.cells import CellId, Linked
from statistics_disclosure.history import History, Version
from statistics_disclosure.rules import Parameters, above, below, is_sensitive

WIDEST = 16.0
"""How far the audit looks, as a multiple of the demanded distance."""
TOLERANCE = 1e-4
"""How much of the demanded distance may be missing: the solver's own tolerance is below it."""


class Ratio(NamedTuple):
    """A printed ratio: `part` divided by `whole` is from `low` to `high`, the values that are printed alike."""

    part: CellId
    whole: CellId
    low: float
    high: float


class Finding(NamedTuple):
    """A value that must be possible up to `demanded` and is only up to `attained`; in the cell's unit, both as distances. A sensitive
    value that is shown attains 0.

    A distance below zero is one downwards.
    """

    version: Version
    demanded: int
    attained: float


@dataclass(frozen=True)
class Audit:
    """The number of suppressed values that were audited, and those that are too narrow."""

    audited: int
    findings: tuple[Finding, ...]


def audited(
    tables: Linked, suppressed: Collection[CellId], history: History, rules: Parameters, ratios: Iterable[Ratio] = ()
) -> Audit:
    """The audit of a release of the tables that suppresses these cells, after the history. A sensitive cell that it shows is a finding."""
    outsider = _Outsider.of(tables, suppressed, history, list(ratios))
    units = {cell.id.definition: cell.unit for cell in tables.cells.values()}
    findings = [
        Finding(history.version_of(name, cell.value), above(cell.value, cell.unit, rules), 0.0)
        for name, cell in tables.cells.items()
        if name not in suppressed and is_sensitive(cell, rules)
    ]
    for version in outsider.unknown:
        value = outsider.values[version]
        up = above(value, units.get(version.cell.definition, ""), rules)
        for demanded in (up, -below(value, rules)):
            if demanded and (attained := outsider.attained(version, demanded)) < abs(demanded) * (1 - TOLERANCE):
                findings.append(Finding(version, demanded, attained))
    return Audit(len(outsider.unknown), tuple(findings))


def printed_alike(printed: str) -> tuple[float, float]:
    """The least and the largest number that are rounded to this decimal text."""
    number = Decimal(printed)
    half = Decimal(5).scaleb(int(number.as_tuple().exponent) - 1)
    return float(number - half), float(number + half)


@dataclass
class _Outsider:
    """Unknown versions and the constraints between them, as distances from the true values, which satisfy all of them."""

    values: Mapping[Version, int]
    unknown: tuple[Version, ...]
    equal: Sequence[Mapping[Version, float]]
    at_most: Sequence[tuple[Mapping[Version, float], float]]
    """Weighted distances whose sum is at most a number."""

    def __post_init__(self) -> None:
        self.most = dict.fromkeys(self.unknown, 0.0)
        self.least = dict.fromkeys(self.unknown, 0.0)
        self.by_month: dict[str, set[Version]] = defaultdict(set)
        for version in self.unknown:
            if version.cell.month:
                self.by_month[version.cell.month].add(version)
        self.touching: dict[Version, list[int]] = {version: [] for version in self.unknown}
        self.rows = [*((row, None) for row in self.equal), *self.at_most]
        for number, (row, _) in enumerate(self.rows):
            for version in row:
                self.touching[version].append(number)

    @classmethod
    def of(
        cls, tables: Linked, suppressed: Collection[CellId], history: History, ratios: Sequence[Ratio]
    ) -> "_Outsider":
        values: dict[Version, int] = {}
        unknown: set[Version] = set()
        for name, pasts in history.cells.items():
            for number, past in enumerate(pasts):
                values[Version(name, number)] = past.value
                if past.suppressed:
                    unknown.add(Version(name, number))
        now = {}
        for name, cell in tables.cells.items():
            now[name] = version = history.version_of(name, cell.value)
            values[version] = cell.value
            if name not in suppressed:
                unknown.discard(version)
            elif history.past(version) is None:
                unknown.add(version)

        equal = []
        for equation in history.equations_with(tables):
            row = {equation.whole: 1.0, **dict.fromkeys(equation.parts, -1.0)}
            equal.append({version: sign for version, sign in row.items() if version in unknown})
        at_most = []
        for each in ratios:
            part, whole = now[each.part], now[each.whole]
            for sign, bound in ((1.0, each.high), (-1.0, each.low)):
                slack = sign * (bound * values[whole] - values[part])
                row = {part: sign, whole: -sign * bound}
                at_most.append(({name: weight for name, weight in row.items() if name in unknown}, max(0.0, slack)))
        return cls(
            values,
            tuple(sorted(unknown)),
            [row for row in equal if row],
            [(row, slack) for row, slack in at_most if row],
        )

    def attained(self, version: Version, demanded: int) -> float:
        """The distance that the value can have from the true one in the demanded direction; it stops at `WIDEST` times the demanded."""
        size, known = abs(demanded), self.most if demanded > 0 else self.least
        for space in self._spaces(version):
            if known[version] >= size:
                break
            for name, distance in self._farthest(version, size, 1.0 if demanded > 0 else -1.0, space):
                self.most[name] = max(self.most[name], distance)
                self.least[name] = max(self.least[name], -distance)
        return known[version]

    def _spaces(self, version: Version) -> Iterator[Set[Version]]:
        """The unknowns of the version's month, which often are enough to see that it is protected, and then all."""
        if month := version.cell.month:
            yield self.by_month[month]
        yield self.touching.keys()

    def _farthest(
        self, version: Version, size: int, sign: float, space: Set[Version]
    ) -> Iterator[tuple[Version, float]]:
        """The distances of all linked unknowns at the farthest point; those outside the space do not move."""
        names, numbers = self._component(version, space)
        places = {name: place for place, name in enumerate(names)}
        equal = [self.rows[number][0] for number in numbers if self.rows[number][1] is None]
        at_most = [(row, slack) for row, slack in (self.rows[number] for number in numbers) if slack is not None]
        objective = np.zeros(len(names))
        objective[places[version]] = -sign
        limits = []
        if equal:
            limits.append(LinearConstraint(_matrix(equal, places), 0.0, 0.0))
        if at_most:
            slacks = np.array([slack / size for _, slack in at_most])
            limits.append(LinearConstraint(_matrix([row for row, _ in at_most], places), -np.inf, slacks))
        least = [-min(self.values[name] / size, WIDEST) for name in names]
        solved = milp(objective, constraints=limits, bounds=Bounds(least, WIDEST))
        if not solved.success:
            raise ArithmeticError(f"The solver found no optimum: {solved.message}")
        yield from ((name, float(moved) * size) for name, moved in zip(names, solved.x, strict=True))

    def _component(self, start: Version, space: Set[Version]) -> tuple[list[Version], list[int]]:
        """All that is linked with a version, and the numbers of the rows between."""
        seen, rows, waiting = {start}, set(), [start]
        while waiting:
            for number in self.touching[waiting.pop()]:
                if number not in rows:
                    rows.add(number)
                    found = [version for version in self.rows[number][0] if version in space and version not in seen]
                    seen.update(found)
                    waiting += found
        return sorted(seen), sorted(rows)


def _matrix(rows: Sequence[Mapping[Version, float]], places: Mapping[Version, int]) -> csr_matrix:
    entries = [
        (number, places[name], weight)
        for number, row in enumerate(rows)
        for name, weight in row.items()
        if name in places
    ]
    numbers, columns, weights = zip(*entries, strict=True)
    return csr_matrix((weights, (numbers, columns)), shape=(len(rows), len(places)))
