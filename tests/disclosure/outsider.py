"""An outsider who has the published releases and nothing else: what can be computed of the suppressed cells.

It shares no code with the code under test: its own linking of the tables, the values themselves as unknowns, both ends by linear
programme.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog

Document = Mapping[str, Any]
Name = tuple[str, frozenset[tuple[str, str]]]
"""A definition, and codes by dimension without totals."""
UNIT = 1000.0
"""Unknowns are in thousands, so that the solver's numbers are small."""


class Interval(NamedTuple):
    least: float
    most: float


def values_of(document: Document) -> dict[Name, int | None]:
    """Every cell of the sensitive tables; None where it is suppressed."""
    found: dict[Name, int | None] = {}
    for table in document["tables"]:
        if table["sensitive"]:
            for row in table["rows"]:
                found[name_of(table, row["keys"])] = row["value"]
    return found


def name_of(table: Document, keys: Mapping[str, str]) -> Name:
    totals = {dimension["id"]: dimension["total"] for dimension in table["dimensions"]}
    return table["definition"], frozenset(item for item in keys.items() if totals[item[0]] != item[1])


def sums_of(document: Document) -> list[tuple[Name, list[Name]]]:
    """Totals and coarser codes, each with the finest cells that it consists of, and with its rows."""
    cells = values_of(document)
    found = []
    for table in document["tables"]:
        if not table["sensitive"]:
            continue
        for dimension in table["dimensions"]:
            if dimension["total"] is None:
                continue
            grouped: dict[frozenset[tuple[str, str]], dict[str, Name]] = defaultdict(dict)
            for row in table["rows"]:
                rest = frozenset(item for item in row["keys"].items() if item[0] != dimension["id"])
                grouped[rest][row["keys"][dimension["id"]]] = name_of(table, row["keys"])
            for group in grouped.values():
                whole = group.pop(dimension["total"])
                found.append((whole, list(group.values())))
        found += _coarse_sums(table, cells)
    return found


def _coarse_sums(table: Document, cells: Mapping[Name, int | None]) -> list[tuple[Name, list[Name]]]:
    found = []
    coarse = [dimension for dimension in table["dimensions"] if dimension["of"]]
    if coarse:
        for row in table["rows"]:
            whole = name_of(table, row["keys"])
            used = [each for each in coarse if row["keys"][each["id"]] != each["total"]]
            for chosen in ([each] for each in used), [used]:
                for dimensions in chosen:
                    codes = [_parts(each, row["keys"]) for each in dimensions]
                    rest = {item for item in whole[1] if item[0] not in {each["id"] for each in dimensions}}
                    parts = [(whole[0], frozenset(rest | set(combination))) for combination in product(*codes)]
                    if dimensions and all(part in cells for part in parts):
                        found.append((whole, parts))
    return found


def _parts(dimension: Document, keys: Mapping[str, str]) -> list[tuple[str, str]]:
    parts = next(code["parts"] for code in dimension["codes"] if code["id"] == keys[dimension["id"]])
    return [(dimension["of"], part) for part in parts]


class Outsider:
    """Unknowns are suppressed cells by the number of their release; what no correction touched is one unknown."""

    def __init__(self, documents: Iterable[Document], same: Iterable[Name] = ()) -> None:  # noqa: C901, PLR0912
        self._places: dict[tuple[int, Name], int] = {}
        self._fixed: dict[tuple[int, Name], float] = {}
        rows: list[dict[int, float]] = []
        totals: list[float] = []
        same = set(same)
        documents = list(documents)
        for number, document in enumerate(documents):
            for name, value in values_of(document).items():
                if value is None:
                    before = self._places.get((number - 1, name)) if name in same else None
                    self._places[number, name] = before if before is not None else len(set(self._places.values()))
                else:
                    self._fixed[number, name] = value / UNIT
        for number, document in enumerate(documents):
            for whole, parts in sums_of(document):
                row: dict[int, float] = defaultdict(float)
                total = 0.0
                for sign, name in ((1.0, whole), *((-1.0, part) for part in parts)):
                    if (number, name) in self._places:
                        row[self._places[number, name]] += sign
                    else:
                        total -= sign * self._fixed[number, name]
                if any(row.values()):
                    rows.append(row)
                    totals.append(total)
        # If one unknown is in two releases, a value that one of them publishes is known in both.
        for (number, name), value in self._fixed.items():
            for other in (number - 1, number + 1):
                if name in same and (other, name) in self._places:
                    rows.append({self._places[other, name]: 1.0})
                    totals.append(value)
        self._count = len(set(self._places.values()))
        self._matrix = np.zeros((len(rows), self._count))
        for number, row in enumerate(rows):
            for place, sign in row.items():
                self._matrix[number, place] = sign
        self._totals = np.array(totals)

    def unknown(self) -> list[tuple[int, Name]]:
        return list(self._places)

    def interval(self, release: int, name: Name, known: Mapping[Name, int] | None = None) -> Interval:
        """What the value can be, for one who also knows some suppressed cells of this release."""
        bounds: list[tuple[float, float | None]] = [(0.0, None)] * self._count
        for other, value in (known or {}).items():
            bounds[self._places[release, other]] = (value / UNIT, value / UNIT)
        ends = []
        for sign in (1.0, -1.0):
            objective = np.zeros(self._count)
            objective[self._places[release, name]] = sign
            given = {"A_eq": self._matrix, "b_eq": self._totals} if len(self._totals) else {}
            solved = linprog(objective, bounds=bounds, method="highs", **given)
            assert solved.status in (0, 3), solved.message
            ends.append(sign * solved.fun * UNIT if solved.status == 0 else float("inf"))
        return Interval(*ends)
