"""Items of DynamoDB's exports, whole tables and increments: what is new in the journal."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from city_statistics.journal import Source
from eeum.journal.kinds import KINDS
from eeum.statistics.refusals import EntryUnreadable
from simulator.export.manifests import SUMMARY, Export, check_sum, lines_of, open_export

Attributes = Mapping[str, Any]


def open_exports(folder: Path) -> list[Export]:
    """Every export below `folder`, a whole table before its increments. Raises as `open_export`."""
    exports = [open_export(each.parent, takes_changes=True) for each in sorted(folder.rglob(SUMMARY))]
    return sorted(exports or [open_export(folder)], key=lambda each: (each.until or "", each.since or ""))


def source_of(export: Export) -> Source:
    return Source(export.name, export.since, export.until or "")


def items_of(export: Export) -> Iterator[Attributes]:
    """The items that the export adds, file by file.

    Raises:
        EntryUnreadable: a line is no item, or an entry of the journal was changed or deleted.
        SimulationRefused: its subclass names the fault of a file.
    """
    for file in export.files:
        check_sum(file)
        for line in lines_of(file):
            try:
                found = _added(json.loads(line), export.since)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise EntryUnreadable(f"A line of {file.path.name} holds no item: {line[:80]!r}.") from error
            if found is not None:
                yield found


def _added(line: Mapping[str, Any], since: str | None) -> Attributes | None:
    """The item that a line adds to the journal; None for a change of what is not an entry, such as a wallet's balance."""
    if since is None:
        item: Attributes = line["Item"]
        return item
    before, after = line.get("OldImage"), line.get("NewImage")
    if before is None:
        return after
    if before != after and before.get("kind", {}).get("S") in KINDS:
        raise EntryUnreadable(
            f"The entry {before['pk']} {before['sk']} was changed or deleted, which the journal never does."
        )
    return None
