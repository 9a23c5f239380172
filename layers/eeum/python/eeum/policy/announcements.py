"""Announcements for members: a version's status in time, what it changes against the version before, and all that is to come."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from eeum.policy.amendments import Amendment, Suspension, end_of, ends_of, suspensions_of
from eeum.policy.comparison import Change, Kind, changes_between
from eeum.policy.drafts import version_before
from eeum.policy.names import title_of
from eeum.policy.reading import period_of
from eeum.policy.wording import Plain, instant, listed

NOT_FOR_MEMBERS = frozenset({"layers", "language", "programme", "version"})
"""Parts of a document whose change a member would not notice: the order of calculation, and the document's names.

`for_members` also leaves out sources (`rows.`) and the names that sentences use (`names.`).
"""


class VersionStatus(StrEnum):
    """The status of an approved version at an instant; it is computed and never stored."""

    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Announced(NamedTuple):
    """A coming version or moved end, or a suspension that is not over: when it starts, and what it changes for members."""

    what: str
    start: datetime
    version: str | None
    title: Plain
    changes: list[Change]


def status_of(version: str, documents: Sequence[Mapping[str, Any]], now: datetime) -> VersionStatus:
    """The status at `now` of an approved version; `documents` are those that were not withdrawn, in the order of their starts."""
    starts = {document["version"]: period_of(document)[0] for document in documents}
    if version not in starts:
        return VersionStatus.WITHDRAWN
    if now < starts[version]:
        return VersionStatus.SCHEDULED
    started = [name for name, start in starts.items() if start <= now]
    return VersionStatus.IN_FORCE if started[-1] == version else VersionStatus.SUPERSEDED


def changes_of(document: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> tuple[str | None, list[Change]]:
    """The name of the version before `document`, and every change against it; None and no changes for the first version."""
    before = version_before(documents, period_of(document)[0])
    return (before["version"], changes_between(before, document)) if before else (None, [])


def for_members(changes: Sequence[Change]) -> list[Change]:
    return [
        change
        for change in changes
        if change.about not in NOT_FOR_MEMBERS and not change.about.startswith(("rows.", "names."))
    ]


def announced(
    documents: Sequence[Mapping[str, Any]], amendments: Sequence[Amendment], now: datetime
) -> list[Announced]:
    """All announcements in the order of time: coming versions, ends that were moved, suspensions until they are over."""
    found = [*_versions(documents, now), *_ends(documents, amendments, now), *_suspensions(documents, amendments, now)]
    return sorted(found, key=lambda each: each.start)


def _versions(documents: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Announced]:
    for document in documents:
        starts_at = period_of(document)[0]
        if starts_at > now:
            _, changes = changes_of(document, documents)
            yield Announced("version", starts_at, document["version"], title_of(document), for_members(changes))


def _ends(
    documents: Sequence[Mapping[str, Any]], amendments: Sequence[Amendment], now: datetime
) -> Iterator[Announced]:
    """Ends that were moved, of the version in force and of coming ones."""
    moved = ends_of(amendments)
    for document in documents:
        written, amended = period_of(document)[1], end_of(document, amendments)
        sooner = min((end for end in (written, amended) if end is not None), default=None)
        if document["version"] not in moved or sooner is None or written == amended:
            continue
        over = status_of(document["version"], documents, now) is VersionStatus.SUPERSEDED
        if over or all(end is not None and end <= now for end in (written, amended)):
            continue
        kind = Kind.BETTER if amended is None or (written is not None and amended > written) else Kind.LESS
        title = title_of(document)
        was, until = _end(written), _end(amended)
        says = Plain(
            f"{'연장' if kind is Kind.BETTER else '조기 종료'} — {title.ko}: {until.ko} (그 전에는 {was.ko})",
            f"{'Extended' if kind is Kind.BETTER else 'Ends sooner'}: {title.en}: {until.en} (until then: {was.en})",
        )
        yield Announced("end", sooner, document["version"], title, [Change(kind, "ends_at", says)])


def _end(end: datetime | None) -> Plain:
    if end is None:
        return Plain("다음 변경 때까지", "until the next change")
    at = instant(end)
    return Plain(f"{at.ko}까지", f"until {at.en}")


def _suspensions(
    documents: Sequence[Mapping[str, Any]], amendments: Sequence[Amendment], now: datetime
) -> Iterator[Announced]:
    for suspension in suspensions_of(amendments):
        if suspension.until is None or suspension.until > now:
            what = _suspended(suspension, documents)
            start = instant(suspension.start)
            if suspension.until is None:
                until = Plain("다시 알릴 때까지", "until further notice")
            else:
                end = instant(suspension.until)
                until = Plain(f"{end.ko}까지", f"until {end.en}")
            says = Plain(
                f"중단 — {what.ko}: {start.ko}부터 {until.ko} 지급하지 않음",
                f"Suspended: {what.en}: no rewards from {start.en} {until.en}",
            )
            change = Change(Kind.LESS, "suspension", says)
            yield Announced("suspension", suspension.start, None, what, [change])


def _suspended(suspension: Suspension, documents: Sequence[Mapping[str, Any]]) -> Plain:
    """The suspended layers, by their latest titles."""
    if not suspension.layers:
        return Plain("모든 혜택", "all benefits")
    titles = {layer["id"]: title_of(layer) for document in documents for layer in document["layers"]}
    return listed(
        [titles.get(layer, Plain("지금은 없는 캐시백 항목", layer)) for layer in suspension.layers], Plain("및", "and")
    )
