"""Cells of a release, whichever table shows them, and the sums that link them. docs/statistics-release.md describes the document."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, combinations, product
from typing import Any, NamedTuple

from statistics_disclosure.refusals import TablesDisagree, WrongStructuralZero

MONTH, PART_OF_MONTH = "month", "part of month"
Document = Mapping[str, Any]


class CellId(NamedTuple):
    """What a cell counts: a definition, and codes of dimensions in the order of their names. A missing dimension is its total."""

    definition: str
    coordinates: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " ".join([self.definition, *(f"{name}={code}" for name, code in self.coordinates)])

    @property
    def month(self) -> str | None:
        """The complete month that the cell counts, as `2020-11`; None for other periods."""
        return dict(self.coordinates).get(MONTH)

    @property
    def whole_period(self) -> "CellId":
        """The cell of the whole month or year that this cell counts a part of."""
        whole = ((MONTH if name == PART_OF_MONTH else name, code.split(" ")[0]) for name, code in self.coordinates)
        return CellId(self.definition, tuple(sorted(whole)))


@dataclass(frozen=True, slots=True)
class Cell:
    """A sensitive table's cell with its evidence: distinct members and shops, and the two largest shops' parts of the value."""

    id: CellId
    unit: str
    value: int
    members: int
    shops: int
    largest: int
    second: int
    structural: bool


class Sum(NamedTuple):
    """`whole` is the sum of `parts`."""

    whole: CellId
    parts: tuple[CellId, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """The cells of all sensitive tables, each once, and the sums between them; both sorted."""

    cells: Mapping[CellId, Cell]
    sums: tuple[Sum, ...]


def linked(document: Document) -> Linked:
    """The cells of a computed release. Raises `TablesDisagree` and `WrongStructuralZero`."""
    cells: dict[CellId, Cell] = {}
    for table in document["tables"]:
        if table["sensitive"]:
            for row in table["rows"]:
                cell = _cell(table, row, identified(document, table, row["keys"]))
                before = cells.setdefault(cell.id, cell)
                if before.value != cell.value:
                    raise TablesDisagree(f"{cell.id} is {before.value} in one table and {cell.value} in {table['id']}.")
                if cell.members * cell.shops < before.members * before.shops:
                    cells[cell.id] = cell
    cells = {name: cells[name] for name in sorted(cells)}
    sums = sorted(set(chain.from_iterable(_sums(document, table, cells) for table in document["tables"])))
    for each in sums:
        total = sum(cells[part].value for part in each.parts)
        if total != cells[each.whole].value:
            raise TablesDisagree(f"{each.whole} is {cells[each.whole].value}, and its parts total {total}.")
    return Linked(cells, tuple(sums))


def identified(document: Document, table: Document, keys: Mapping[str, str]) -> CellId:
    """The cell of a row. An unfinished month or year is a different cell in each release."""
    return CellId(table["definition"], tuple(sorted(_coordinates(document["as_of"], table, keys))))


def _coordinates(as_of: str, table: Document, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for dimension in table["dimensions"]:
        code = keys[dimension["id"]]
        if code == dimension["total"]:
            continue
        if dimension["id"] == MONTH and not _is_over(code, as_of):
            yield PART_OF_MONTH, f"{code} to {as_of}"
        elif dimension.get("of") == MONTH:
            parts = _parts(dimension).get(code)
            yield dimension["id"], f"{code} from {parts[0]} to {parts[-1]}" if parts else code
        else:
            yield dimension["id"], code


def _is_over(month: str, as_of: str) -> bool:
    return month < (date.fromisoformat(as_of) + timedelta(days=1)).isoformat()[:7]


def _parts(dimension: Document) -> dict[str, tuple[str, ...]]:
    return {code["id"]: tuple(code.get("parts", ())) for code in dimension["codes"]}


def _cell(table: Document, row: Document, name: CellId) -> Cell:
    evidence = row["evidence"]
    cell = Cell(
        name,
        table["unit"],
        row["value"],
        evidence["members"],
        evidence["shops"],
        evidence["largest"],
        evidence["second"],
        bool(evidence.get("structural")),
    )
    if cell.structural and cell.value:
        raise WrongStructuralZero(f"{name} is a structural zero and has {cell.value}.")
    if cell.value < cell.largest + cell.second:
        raise TablesDisagree(f"{name} is {cell.value}, less than the parts of its two largest shops.")
    return cell


def _sums(document: Document, table: Document, cells: Mapping[CellId, Cell]) -> Iterator[Sum]:
    if table["sensitive"]:
        yield from _totals(document, table)
        yield from _coarser(document, table, cells)


def _totals(document: Document, table: Document) -> Iterator[Sum]:
    """The total of each dimension and the rows that it is the sum of."""
    for dimension in table["dimensions"]:
        if dimension["total"] is None:
            continue
        parts: dict[tuple[str, ...], list[CellId]] = defaultdict(list)
        wholes: dict[tuple[str, ...], CellId] = {}
        for row in table["rows"]:
            others = tuple(code for name, code in sorted(row["keys"].items()) if name != dimension["id"])
            cell = identified(document, table, row["keys"])
            if row["keys"][dimension["id"]] == dimension["total"]:
                wholes[others] = cell
            else:
                parts[others].append(cell)
        for others, whole in wholes.items():
            if parts[others]:
                yield Sum(whole, tuple(sorted(parts[others])))


def _coarser(document: Document, table: Document, cells: Mapping[CellId, Cell]) -> Iterator[Sum]:
    """Cells of coarser dimensions and the cells of the finer ones, wherever the release has these."""
    coarser = [dimension for dimension in table["dimensions"] if dimension.get("of")]
    for row in table["rows"]:
        whole = identified(document, table, row["keys"])
        for some in chain.from_iterable(combinations(coarser, size) for size in range(1, len(coarser) + 1)):
            used = [each for each in some if row["keys"][each["id"]] != each["total"]]
            if len(used) == len(some) and (parts := _finer(whole, used, row["keys"], cells)):
                yield Sum(whole, parts)


def _finer(
    whole: CellId, dimensions: Iterable[Document], keys: Mapping[str, str], cells: Mapping[CellId, Cell]
) -> tuple[CellId, ...]:
    """The parts by finer codes; none if a month is missing. A district counts only in months in which it existed."""
    dimensions = list(dimensions)
    replaced = {dimension["id"] for dimension in dimensions}
    rest = [(name, code) for name, code in whole.coordinates if name not in replaced]
    every = [[(dimension["of"], part) for part in _parts(dimension)[keys[dimension["id"]]]] for dimension in dimensions]
    found = []
    for chosen in product(*every):
        part = CellId(whole.definition, tuple(sorted([*rest, *chosen])))
        if part in cells:
            found.append(part)
    months = {code for pairs in every for name, code in pairs if name == MONTH}
    return tuple(sorted(found)) if found and months <= {part.month for part in found} else ()
