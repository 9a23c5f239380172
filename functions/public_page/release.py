"""A published release as the page reads it (docs/statistics-release.md); a document that must not be published is refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

FORMAT = 1
TOTAL = "total"
PUBLISHED, SUPPRESSED, STRUCTURAL_ZERO = "published", "suppressed", "structural_zero"
STATUSES = frozenset({PUBLISHED, SUPPRESSED, STRUCTURAL_ZERO})
# Ids become paths of files and anchors of the page.
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")

Value = int | Decimal | None
"""A whole number, or a decimal with places; None: suppressed, or not known to the city."""
Keys = tuple[str, ...]
"""The codes of a row in the order of its table's dimensions."""


class ReleaseRefused(Exception):
    """The document is no release that may be shown; the message names what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Text:
    """The same text in both languages of the page."""

    ko: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its sentence; `key` is what follows the definition in its id, such as `restaurant`."""

    id: str
    group: str
    definition: str
    key: str
    value: Value
    unit: str
    printed: Text
    sentence: Text
    status: str
    denominator: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Code:
    """A value of a dimension."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a table is divided by. `total` is the code that sums the others, if there is one."""

    id: str
    title: Text
    total: str | None
    codes: tuple[Code, ...]

    def name(self, code: str) -> Text:
        """The name of a code; a code without a name is shown as it is."""
        return next((each.name for each in self.codes if each.id == code), Text(code, code))


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a table. `note` says where a row of an input table is from."""

    keys: Keys
    value: Value
    status: str
    revision: int
    note: Text | None

    @property
    def is_suppressed(self) -> bool:
        return self.status == SUPPRESSED


@dataclass(frozen=True, slots=True)
class Table:
    """One measure by its dimensions."""

    id: str
    title: Text
    definition: str
    unit: str
    dimensions: tuple[Dimension, ...]
    cells: tuple[Cell, ...]

    def place(self, dimension: str) -> int:
        """The place of a dimension in the keys. Raises `ReleaseRefused` for one that the table does not have."""
        for place, each in enumerate(self.dimensions):
            if each.id == dimension:
                return place
        raise ReleaseRefused(f"table {self.id} has no dimension {dimension}")

    def has(self, *dimensions: str) -> bool:
        return {each.id for each in self.dimensions} == set(dimensions)

    def only(self, **codes: str) -> list[Cell]:
        """The cells with these codes, in the order of the release."""
        wanted = {self.place(dimension): code for dimension, code in codes.items()}
        return [cell for cell in self.cells if all(cell.keys[place] == code for place, code in wanted.items())]

    def codes(self, dimension: str) -> list[str]:
        """The codes that have rows, without the total, in the order of the dimension and then of the rows."""
        place = self.place(dimension)
        used = dict.fromkeys(cell.keys[place] for cell in self.cells)
        known = [code.id for code in self.dimensions[place].codes if code.id in used]
        return [
            code for code in dict.fromkeys([*known, *used]) if code != self.dimensions[place].total and code is not None
        ]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure or table means, in words."""

    id: str
    name: Text
    unit: str
    formula: Text
    filters: tuple[Text, ...]
    denominator: Text | None
    revision_rule: Text


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier release, what replaced it, and why; `changes` counts the cells that differ."""

    release_id: str
    replaces: str | None
    published_at: str
    changes: tuple[Mapping[str, Any], ...]
    reason: Text


@dataclass(frozen=True, slots=True)
class Release:
    """A release that may be published."""

    release_id: str
    as_of: str
    computed_at: str
    revision: int
    synthetic: bool
    scale: int | None
    city: Text
    input_hash: str
    inputs: tuple[Mapping[str, Any], ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    definitions: tuple[Definition, ...]
    vintage: str
    revisions: tuple[Revision, ...]

    def table(self, table_id: str) -> Table | None:
        return next((table for table in self.tables if table.id == table_id), None)


def release_of(document: Mapping[str, Any]) -> Release:
    """Read a release. Raises `ReleaseRefused` for a computed document, and for a cell that would disclose a value."""
    if document.get("format") != FORMAT:
        raise ReleaseRefused(f"format: {document.get('format')!r}; this page reads format {FORMAT}")
    if document.get("stage") != PUBLISHED:
        raise ReleaseRefused(
            f"stage: {document.get('stage')!r}; only a document that disclosure control wrote is shown"
        )
    try:
        return _release(document)
    except KeyError as missing:
        raise ReleaseRefused(f"the release has no field {missing}") from missing


def _release(document: Mapping[str, Any]) -> Release:
    definitions = tuple(_definition(each) for each in document["definitions"])
    release = Release(
        release_id=_id(document["release_id"], "release_id"),
        as_of=document["as_of"],
        computed_at=document["computed_at"],
        revision=document["revision"],
        synthetic=document["synthetic"],
        scale=document["scale"],
        city=Text(document["city"]["name_ko"], document["city"]["name_en"]),
        input_hash=document["input_hash"],
        inputs=tuple(document["inputs"]),
        figures=tuple(_figure(each) for each in document["figures"]),
        tables=tuple(_table(each) for each in document["tables"]),
        definitions=definitions,
        vintage=document["districts"]["vintage"],
        revisions=tuple(_revision(each) for each in document["revisions"]),
    )
    known = [each.id for each in definitions]
    used = [(each.id, each.definition) for each in release.figures]
    used += [(each.id, each.definition) for each in release.tables]
    for ids in (known, [each.id for each in release.figures], [each.id for each in release.tables]):
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ReleaseRefused(f"{twice[0]} is in the release twice")
    for name, definition in used:
        if definition not in known:
            raise ReleaseRefused(f"{name}: its definition {definition!r} is not in the release")
    return release


def _id(text: str, where: str) -> str:
    if not _ID.fullmatch(text):
        raise ReleaseRefused(f"{where}: {text!r} is no id (small letters, digits, dot, hyphen, underscore)")
    return text


def _text(of: Mapping[str, Any], name: str) -> Text:
    return Text(of[f"{name}_ko"], of[f"{name}_en"])


def _value(of: Mapping[str, Any], where: str) -> Value:
    """The value of a figure or row. Raises `ReleaseRefused` when its status does not allow it to be shown."""
    status, value = of["status"], of["value"]
    if status not in STATUSES:
        raise ReleaseRefused(f"{where}: its status {status!r} was not set by disclosure control")
    if "evidence" in of:
        raise ReleaseRefused(f"{where}: evidence of disclosure control is never published")
    if status == SUPPRESSED and (value is not None or of.get("ratio") is not None):
        raise ReleaseRefused(f"{where}: a suppressed value is still there")
    return Decimal(value) if isinstance(value, str) else value


def _figure(each: Mapping[str, Any]) -> Figure:
    return Figure(
        id=each["id"],
        group=each["group"],
        definition=each["definition"],
        key=each["id"].partition(":")[2],
        value=_value(each, f"figure {each['id']}"),
        unit=each["unit"],
        printed=_text(each, "printed"),
        sentence=_text(each, "sentence"),
        status=each["status"],
        denominator=each["denominator"],
    )


def _table(each: Mapping[str, Any]) -> Table:
    name = _id(each["id"], "table")
    dimensions = tuple(
        Dimension(
            dimension["id"],
            _text(dimension, "title"),
            dimension.get("total"),
            tuple(Code(code["id"], _text(code, "name")) for code in dimension["codes"]),
        )
        for dimension in each["dimensions"]
    )
    return Table(
        id=name,
        title=_text(each, "title"),
        definition=each["definition"],
        unit=each["unit"],
        dimensions=dimensions,
        cells=tuple(_cells(name, dimensions, each["rows"])),
    )


def _cells(table: str, dimensions: Sequence[Dimension], rows: Sequence[Mapping[str, Any]]) -> Iterator[Cell]:
    for row in rows:
        keys = tuple(row["keys"][dimension.id] for dimension in dimensions)
        note = _text(row, "note") if row.get("note_ko") else None
        yield Cell(keys, _value(row, f"table {table}, row {' / '.join(keys)}"), row["status"], row["revision"], note)


def _definition(each: Mapping[str, Any]) -> Definition:
    filters = zip(each["filters_ko"], each["filters_en"], strict=True)
    return Definition(
        id=_id(each["id"], "definition"),
        name=_text(each, "name"),
        unit=each["unit"],
        formula=_text(each, "formula"),
        filters=tuple(Text(ko, en) for ko, en in filters),
        denominator=_text(each["denominator"], "rule") if each["denominator"] else None,
        revision_rule=_text(each, "revision_rule"),
    )


def _revision(each: Mapping[str, Any]) -> Revision:
    return Revision(
        each["release_id"], each["replaces"], each["published_at"], tuple(each["changes"]), _text(each, "reason")
    )
