"""What releases have published so far: each value that a cell has had, whether it was suppressed, and the sums between them.

The history is internal, since it has the suppressed values. An outsider knows every release, so the audit needs all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from statistics_disclosure.cells import CellId, Linked


class Version(NamedTuple):
    """One value of a cell; a later correction of the cell's month makes the next version."""

    cell: CellId
    number: int


class Past(NamedTuple):
    """A version's value, and whether all releases suppressed it."""

    value: int
    suppressed: bool


class Equation(NamedTuple):
    """`whole` is the sum of `parts`, in the versions of one release."""

    whole: Version
    parts: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class History:
    """All versions of all cells, oldest first, and the equations in which a version is suppressed."""

    cells: Mapping[CellId, tuple[Past, ...]] = field(default_factory=dict)
    equations: frozenset[Equation] = frozenset()

    def version_of(self, cell: CellId, value: int) -> Version:
        """The latest version if it has this value, else the next one."""
        past = self.cells.get(cell, ())
        return Version(cell, len(past) - 1 if past and past[-1].value == value else len(past))

    def was_published(self, cell: CellId) -> bool:
        return any(not past.suppressed for past in self.cells.get(cell, ()))

    def was_suppressed(self, cell: CellId) -> bool:
        return any(past.suppressed for past in self.cells.get(cell, ()))

    def past(self, version: Version) -> Past | None:
        """The version as it was published; None for one that no release has had."""
        pasts = self.cells.get(version.cell, ())
        return pasts[version.number] if version.number < len(pasts) else None

    def equations_with(self, tables: Linked) -> list[Equation]:
        """The equations of the tables beside all earlier ones, sorted."""
        return sorted(self.equations | set(self._equations(tables)))

    def extended(self, tables: Linked, suppressed: Iterable[CellId]) -> "History":
        """The history after a release of the tables."""
        hidden = set(suppressed)
        cells = dict(self.cells)
        for name, cell in tables.cells.items():
            version = self.version_of(name, cell.value)
            past = cells.get(name, ())
            if version.number == len(past):
                cells[name] = (*past, Past(cell.value, name in hidden))
            elif past[-1].suppressed and name not in hidden:
                cells[name] = (*past[:-1], Past(cell.value, suppressed=False))
        after = History(cells)
        kept = [each for each in self.equations_with(tables) if after._is_useful(each)]
        return History(cells, frozenset(kept))

    def _equations(self, tables: Linked) -> Iterable[Equation]:
        for each in tables.sums:
            whole, *parts = (self.version_of(name, tables.cells[name].value) for name in (each.whole, *each.parts))
            yield Equation(whole, tuple(parts))

    def _is_useful(self, equation: Equation) -> bool:
        return any(self.cells[each.cell][each.number].suppressed for each in (equation.whole, *equation.parts))

    def as_json(self) -> dict[str, Any]:
        """The history as JSON values; `of_json` reads it."""
        names = sorted(self.cells)
        places = {name: place for place, name in enumerate(names)}
        return {
            "format": 1,
            "cells": [[*name, [[past.value, past.suppressed] for past in self.cells[name]]] for name in names],
            "equations": [
                [[places[each.cell], each.number] for each in (equation.whole, *equation.parts)]
                for equation in sorted(self.equations)
            ],
        }

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> "History":
        cells: dict[CellId, tuple[Past, ...]] = {}
        for definition, coordinates, pasts in document["cells"]:
            name = CellId(definition, tuple((dimension, code) for dimension, code in coordinates))
            cells[name] = tuple(Past(*past) for past in pasts)
        names = list(cells)
        equations = []
        for members in document["equations"]:
            whole, *parts = (Version(names[place], number) for place, number in members)
            equations.append(Equation(whole, tuple(parts)))
        return cls(cells, frozenset(equations))
