"""From a computed release to the published one: `publish` suppresses, audits, and leaves out what is internal."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from statistics_disclosure.audit import Ratio, audited, printed_alike
from statistics_disclosure.cells import CellId, Document, Linked, identified, linked
from statistics_disclosure.history import History
from statistics_disclosure.problem import changed_months, problem_of
from statistics_disclosure.refusals import AuditFailed, CannotProtect, NotComputed, RevisionWithheld, UnknownCell
from statistics_disclosure.rules import Parameters, parameters
from statistics_disclosure.suppression import suppressed

PUBLISHED, SUPPRESSED, STRUCTURAL_ZERO = "published", "suppressed", "structural_zero"
SUPPRESSED_KO, SUPPRESSED_EN = "비공개(소수)", "not published (too few)"


class Published(NamedTuple):
    """The document to publish, and the history after it, which is internal."""

    release: dict[str, Any]
    history: History


def publish(computed: Document, history: History | None = None, rules: Parameters | None = None) -> Published:
    """Decide the status of each cell and figure of a computed release.

    Args:
        computed: the document of stage `computed`, of docs/statistics-release.md.
        history: what earlier releases published; none at the first one.
        rules: the parameters; by default those in force.

    Raises:
        NotComputed: the document is not of stage `computed`.
        TablesDisagree: a total differs from its parts, or one cell has two values.
        WrongStructuralZero: a structural zero has a value.
        UnknownCell: a figure follows from a cell that no table has.
        RevisionWithheld: a corrected month cannot be published without disclosing a cell; its `months` keep their revision.
        CannotProtect: a cell cannot be protected, and no correction is the reason.
        AuditFailed: the audit found a suppressed value that can be computed too closely.
    """
    if computed.get("stage") != "computed":
        raise NotComputed(f"The document's stage is {computed.get('stage')}; it must be computed.")
    history, rules = history or History(), rules or parameters()
    tables = linked(computed)
    hidden = suppressed_cells(tables, history, rules)
    release = _without_hidden(computed, hidden, history)
    found = audited(tables, hidden, history, rules, list(ratios_of(computed, release, tables)))
    if found.findings:
        first, months = found.findings[0], changed_months(tables, history)
        detail = f"{first.version.cell} could be computed within {first.attained:.0f} of its value: {len(found.findings)} findings."
        raise RevisionWithheld(months, detail) if months else AuditFailed(detail)
    release["disclosure"] = {
        "parameters": rules.as_json(),
        "cells": len(tables.cells),
        "suppressed": len(hidden),
        "audited": found.audited,
    }
    return Published(release, history.extended(tables, hidden))


def suppressed_cells(tables: Linked, history: History, rules: Parameters) -> frozenset[CellId]:
    """The cells of the release to suppress. Raises `RevisionWithheld` and `CannotProtect`."""
    problem = problem_of(tables, history, rules)
    try:
        nodes = suppressed(problem)
    except CannotProtect as reason:
        if months := changed_months(tables, history):
            raise RevisionWithheld(months, str(reason)) from reason
        raise
    return frozenset(problem.versions[number].cell for number in nodes & problem.current)


def _without_hidden(computed: Document, hidden: frozenset[CellId], history: History) -> dict[str, Any]:
    by_id = {table["id"]: table for table in computed["tables"]}
    ever = frozenset(
        name.whole_period for name in (*hidden, *(each for each in history.cells if history.was_suppressed(each)))
    )
    return {
        **computed,
        "stage": "published",
        "tables": [_table(computed, table, hidden) for table in computed["tables"]],
        "figures": [_figure(computed, figure, by_id, hidden) for figure in computed["figures"]],
        "revisions": [
            {**revision, "changes": [_change(computed, change, by_id, ever) for change in revision["changes"]]}
            for revision in computed["revisions"]
        ],
    }


def _table(computed: Document, table: Document, hidden: frozenset[CellId]) -> dict[str, Any]:
    rows = []
    for row in table["rows"]:
        shown = {name: value for name, value in row.items() if name != "evidence"}
        shown["status"] = _status(computed, table, row, hidden)
        if shown["status"] == SUPPRESSED:
            shown["value"] = None
        rows.append(shown)
    return {**table, "rows": rows}


def _status(computed: Document, table: Document, row: Document, hidden: frozenset[CellId]) -> str:
    if not table["sensitive"]:
        return PUBLISHED
    if identified(computed, table, row["keys"]) in hidden:
        return SUPPRESSED
    return STRUCTURAL_ZERO if row["evidence"].get("structural") else PUBLISHED


def _figure(
    computed: Document, figure: Document, tables: Mapping[str, Document], hidden: frozenset[CellId]
) -> dict[str, Any]:
    """The figure, suppressed with any of its cells: its value has twelve places, from which a cell could be computed."""
    if not any(cell in hidden for cell in _cells_of(computed, figure, tables)):
        return {**figure, "status": PUBLISHED}
    return {
        **figure,
        "status": SUPPRESSED,
        "value": None,
        "ratio": None,
        "printed_ko": SUPPRESSED_KO,
        "printed_en": SUPPRESSED_EN,
        "sentence_ko": SUPPRESSED_KO,
        "sentence_en": SUPPRESSED_EN,
    }


def _cells_of(computed: Document, figure: Document, tables: Mapping[str, Document]) -> Iterator[CellId]:
    for each in figure["from_cells"]:
        table = tables.get(each["table"])
        if table is None or not any(row["keys"] == each["keys"] for row in table["rows"]):
            raise UnknownCell(
                f"The figure {figure['id']} follows from {each['keys']} of {each['table']}, which the release lacks."
            )
        if table["sensitive"]:
            yield identified(computed, table, each["keys"])


def _change(
    computed: Document, change: Document, tables: Mapping[str, Document], ever: frozenset[CellId]
) -> dict[str, Any]:
    table = tables.get(change["table"])
    if table is not None and table["sensitive"] and identified(computed, table, change["keys"]).whole_period in ever:
        return {**change, "before": None, "after": None}
    return dict(change)


def ratios_of(computed: Document, release: Document, tables: Linked) -> Iterator[Ratio]:
    """The ratios of cells that the release's figures print: those whose numerator and denominator are cells that they follow from."""
    by_id = {table["id"]: table for table in computed["tables"]}
    ratios = {figure["id"]: figure["ratio"] for figure in computed["figures"]}
    for figure in release["figures"]:
        if figure["value"] is None or not ratios[figure["id"]]:
            continue
        cells = list(_cells_of(computed, figure, by_id))
        part, whole = (
            next((cell for cell in cells if tables.cells[cell].value == number), None)
            for number in ratios[figure["id"]]
        )
        if part is not None and whole is not None:
            yield Ratio(part, whole, *printed_alike(str(figure["value"])))
