"""A release: the figures and tables that the city publishes of one day. Its JSON is described in docs/statistics-release.md.

Values are whole numbers in the unit of their figure or table, or decimal texts with twelve places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

FORMAT = 1


class Stage(StrEnum):
    """`COMPUTED` documents are internal: they have evidence and unsuppressed values."""

    COMPUTED = "computed"
    PUBLISHED = "published"


class Status(StrEnum):
    """The status of a cell or figure. The last three are set by disclosure control."""

    COMPUTED = "computed"
    PUBLISHED = "published"
    SUPPRESSED = "suppressed"
    STRUCTURAL_ZERO = "structural_zero"


@dataclass(frozen=True, slots=True)
class Denominator:
    """An outside number that a figure is divided by."""

    value: int
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class CellReference:
    table: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its sentence.

    Attributes:
        value: unrounded; None if it is suppressed, or the city has no data that it would follow from.
        ratio: numerator and denominator of a value with places.
        from_cells: the cells that the figure would reveal.
    """

    id: str
    group: str
    value: int | str | None
    ratio: tuple[int, int] | None
    unit: str
    period: Mapping[str, str]
    printed_ko: str
    printed_en: str
    sentence_ko: str
    sentence_en: str
    definition: str
    denominator: Denominator | None
    from_cells: tuple[CellReference, ...]
    status: Status
    query_hash: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What disclosure control decides on: distinct members and shops, and the parts of the two largest shops.

    `structural` marks a zero that cannot be otherwise.
    """

    members: int
    shops: int
    largest: int
    second: int
    structural: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a dimension. `parts` are codes of the finer dimension that it is the sum of."""

    id: str
    name_ko: str
    name_en: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of a table. `total` is the code of its total, if it has one; `of` is the finer dimension."""

    id: str
    title_ko: str
    title_en: str
    total: str | None
    of: str | None
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a table. A published document has no `evidence`."""

    keys: Mapping[str, str]
    value: int | None
    status: Status
    revision: int
    evidence: Evidence | None = None
    note_ko: str | None = None
    note_en: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A fixed table of one measure."""

    id: str
    title_ko: str
    title_en: str
    definition: str
    unit: str
    sensitive: bool
    query_hash: str
    dimensions: tuple[Dimension, ...]
    rows: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class InputSource:
    """An input table that the release was computed with."""

    id: str
    source: str
    date: str
    hash: str


@dataclass(frozen=True, slots=True)
class Change:
    """A cell of a month that was published before with another value."""

    table: str
    keys: Mapping[str, str]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Revision:
    """What a release changed in months that an earlier one had published."""

    release_id: str
    replaces: str
    published_at: str
    changes: tuple[Change, ...]
    reason_ko: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Release:
    """All that is published of one day; `scale` is the number of members per thousand of the real city in a generated one."""

    release_id: str
    as_of: str
    computed_at: str
    revision: int
    synthetic: bool
    city: Mapping[str, str]
    scale: int | None
    input_hash: str
    inputs: tuple[InputSource, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    definitions: Sequence[Mapping[str, Any]]
    districts: Mapping[str, Any]
    revisions: tuple[Revision, ...] = ()
    stage: Stage = Stage.COMPUTED
    format: int = field(default=FORMAT)


def document_of(release: Release) -> dict[str, Any]:
    """The release as JSON values. Cells leave out what they do not have."""
    document = asdict(release)
    for table in document["tables"]:
        for row in table["rows"]:
            for name in ("evidence", "note_ko", "note_en"):
                if row[name] is None:
                    del row[name]
    return document
