"""What `make statistics` prints about a release: its figures, and how many cells each rule suppresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from statistics_disclosure.cells import CellId, identified, linked
from statistics_disclosure.release import SUPPRESSED
from statistics_disclosure.rules import Parameters, Rule, parameters, rule_of

Document = Mapping[str, Any]
FEW_MEMBERS = 100
"""Below so many members, nearly every cell is suppressed, and the summary says why."""


def summary_of(computed: Document, release: Document) -> str:
    """The summary in plain sentences, for the operator who made the release: the reasons of suppressions are not for the public."""
    rules = parameters()
    shown = [each for each in release["figures"] if each["status"] != SUPPRESSED]
    hidden = [each for each in release["figures"] if each["status"] == SUPPRESSED]
    lines = ["", *(each["sentence_en"] for each in shown), ""]
    lines.append(f"Release {release['release_id']}: {len(shown)} figures of {len(release['figures'])} are published.")
    if hidden:
        lines.append(
            f"  Not published, as cells that they follow from are suppressed: {', '.join(each['id'] for each in hidden)}."
        )
    lines += [f"  {line}" for line in _tables(release)]
    lines += _reasons(computed, release, rules)
    members = _members(release)
    if members is not None and members < FEW_MEMBERS:
        lines.append(
            f"The city has {members} members, so hardly a cell has {rules.least_members} members and {rules.least_shops} shops: "
            "nearly everything about payments is suppressed, as it would be in a real city of this size."
        )
    return "\n".join([*lines, ""])


def _tables(release: Document) -> Iterator[str]:
    for table in release["tables"]:
        statuses = Counter(row["status"] for row in table["rows"])
        if table["sensitive"] and table["rows"]:
            yield f"{table['id']}: {len(table['rows']) - statuses[SUPPRESSED]:,} of {len(table['rows']):,} cells are published"


def _reasons(computed: Document, release: Document, rules: Parameters) -> Iterator[str]:
    cells = linked(computed).cells
    hidden = _suppressed(release)
    if not hidden:
        return
    reasons_in_words = {
        Rule.ZERO: "are 0, which says something about few people",
        Rule.MEMBERS: f"have fewer than {rules.least_members} members",
        Rule.SHOPS: f"have fewer than {rules.least_shops} shops",
        Rule.DOMINANCE: f"have a shop whose part the second largest could estimate closer than {rules.p_percent} %",
        None: "are suppressed so that sums, other measures or earlier releases do not reveal these",
    }
    reasons = Counter(rule_of(cells[name], rules) for name in hidden)
    yield f"{len(hidden):,} cells of {len(cells):,} are suppressed:"
    yield from (f"  {reasons[rule]:,} {text}" for rule, text in reasons_in_words.items() if reasons[rule])


def _suppressed(release: Document) -> set[CellId]:
    return {
        identified(release, table, row["keys"])
        for table in release["tables"]
        for row in table["rows"]
        if table["sensitive"] and row["status"] == SUPPRESSED
    }


def _members(release: Document) -> int | None:
    found = [row["value"] for table in release["tables"] if table["id"] == "members_by_month" for row in table["rows"]]
    return found[-1] if found else None
