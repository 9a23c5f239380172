"""What a release changed: cells of complete months that an earlier release had with another value."""

from collections.abc import Mapping, Sequence
from typing import Any

from eeum.statistics.periods import is_complete
from eeum.statistics.release import Change, Release, Revision

Document = Mapping[str, Any]
Place = tuple[str, tuple[tuple[str, str], ...]]


def revision_since(release: Release, earlier: Sequence[Document]) -> tuple[Revision, ...]:
    """The revisions that led to `release`, newest first. `earlier` are documents, oldest first.

    A month that had not ended when it was published first is completed, not changed.
    """
    if not earlier:
        return ()
    before = earlier[-1]
    older = tuple(_stored(each) for each in before["revisions"])
    changes = _changes(release, before)
    if not changes and before["as_of"] != release.as_of:
        return older
    months = sorted({change.keys["month"] for change in changes if "month" in change.keys})
    named = ", ".join(months)
    made = Revision(
        release_id=release.release_id,
        replaces=before["release_id"],
        published_at=release.computed_at,
        changes=changes,
        reason_ko=f"이미 공표한 달의 취소 또는 정정: {named}" if months else "값이 바뀐 칸이 없습니다.",
        reason_en=f"Cancellations or corrections of months that were published before: {named}"
        if months
        else "No cell changed.",
    )
    return (made, *older)


def _changes(release: Release, before: Document) -> tuple[Change, ...]:
    known: dict[Place, int | None] = {
        (table["id"], tuple(sorted(row["keys"].items()))): row["value"]
        for table in before["tables"]
        for row in table["rows"]
        if _was_final(row["keys"], before["as_of"])
    }
    found = []
    for table in release.tables:
        for row in table.rows:
            place = (table.id, tuple(sorted(row.keys.items())))
            if place in known and known[place] != row.value:
                found.append(Change(table.id, row.keys, known[place], row.value))
    return tuple(found)


def _was_final(keys: Mapping[str, str], as_of: str) -> bool:
    if "month" in keys:
        return is_complete(keys["month"], as_of)
    return "year" not in keys or f"{keys['year']}-12-31" <= as_of


def _stored(document: Document) -> Revision:
    changes = tuple(Change(**each) for each in document["changes"])
    return Revision(**{**document, "changes": changes})
