"""Rules of a draft on its way to a scheduled version: pure functions over plain values.

A draft has the name of the version that it would become. To edit, check, approve or reject it, an operator names its latest revision.
A check or an approval holds for one revision only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from eeum.errors import ApprovalByAuthor, DraftChanged, DraftClosed, DraftNotChecked, SimulationMissing
from eeum.policy.amendments import Problem
from eeum.policy.digest import digest_of
from eeum.policy.history import Did, Step, Subject
from eeum.policy.reading import period_of


class DraftStatus(StrEnum):
    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Simulation(NamedTuple):
    """A finished simulation of the document with this digest; `summary` is its stored result."""

    id: str
    digest: str
    finished_at: str
    summary: Mapping[str, Any]


class Check(NamedTuple):
    """The result of checking `revision`; `against` is the version that would be in force just before the draft's start."""

    revision: int
    at: datetime
    by: str
    against: str | None
    faults: tuple[Problem, ...]
    simulation: Simulation | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft at its latest revision. `authors` wrote this or an earlier revision; `steps` counts its steps."""

    version: str
    status: DraftStatus
    revision: int
    digest: str
    authors: tuple[str, ...]
    emergency_reason: str | None
    check: Check | None
    steps: int
    created_at: datetime
    changed_at: datetime


class Changed(NamedTuple):
    """A draft after a step, and the step."""

    draft: Draft
    step: Step


def begin(document: Mapping[str, Any], by: str, reason: str, emergency_reason: str | None, at: datetime) -> Changed:
    """Create the first revision of a draft; `document` has its defaults written out."""
    draft = Draft(
        version=document["version"],
        status=DraftStatus.DRAFT,
        revision=1,
        digest=digest_of(document),
        authors=(by,),
        emergency_reason=emergency_reason,
        check=None,
        steps=1,
        created_at=at,
        changed_at=at,
    )
    return Changed(draft, _step(draft, Did.CREATED, by, reason, at))


def edit(
    draft: Draft,
    seen: int,
    document: Mapping[str, Any],
    by: str,
    reason: str,
    emergency_reason: str | None,
    at: datetime,
) -> Changed:
    """Create the next revision, which reopens a rejected or withdrawn draft. Raises `DraftClosed`, `DraftChanged`."""
    if draft.status is DraftStatus.APPROVED:
        raise DraftClosed(f"{draft.version} was approved; a change of it is another version.")
    _as_seen(draft, seen)
    return _next(
        draft,
        Did.EDITED,
        by,
        reason,
        at,
        status=DraftStatus.DRAFT,
        revision=draft.revision + 1,
        digest=digest_of(document),
        authors=draft.authors if by in draft.authors else (*draft.authors, by),
        emergency_reason=emergency_reason,
        check=None,
    )


def checked(draft: Draft, seen: int, check: Check) -> Changed:
    """Record a check of the latest revision. Raises `DraftClosed`, `DraftChanged`."""
    _open(draft)
    _as_seen(draft, seen)
    status = DraftStatus.DRAFT if check.faults else DraftStatus.CHECKED
    return _next(draft, Did.CHECKED, check.by, None, check.at, status=status, check=check)


def approve(draft: Draft, seen: int, by: str, reason: str | None, at: datetime, against: str | None) -> Changed:
    """Approve the draft by a second operator; it would now follow the version `against`.

    Raises:
        DraftClosed: it was approved, rejected or withdrawn.
        DraftChanged: its latest revision is not `seen`.
        ApprovalByAuthor: `by` wrote a revision of it.
        DraftNotChecked: its check is missing, found faults, or was against another version.
        SimulationMissing: it was checked without a simulation, and has no emergency reason.
    """
    _open(draft)
    _as_seen(draft, seen)
    if by in draft.authors:
        raise ApprovalByAuthor("Another operator approves what you wrote.")
    check = draft.check
    if check is None or check.revision != draft.revision:
        raise DraftNotChecked(f"Revision {draft.revision} was not checked.")
    if check.faults:
        raise DraftNotChecked(f"The check of revision {draft.revision} found faults: {check.faults[0][2]}")
    if check.against != against:
        raise DraftNotChecked(
            f"It was checked against {check.against or 'no version'}, and would now follow {against or 'none'}; check it again."
        )
    if check.simulation is None and not draft.emergency_reason:
        raise SimulationMissing(
            "It was checked without a simulation of exactly this document. Simulate and check it, or give an emergency reason."
        )
    return _next(draft, Did.APPROVED, by, reason, at, status=DraftStatus.APPROVED)


def close(draft: Draft, seen: int, did: Did, by: str, reason: str, at: datetime) -> Changed:
    """Reject or withdraw the draft (`did`). Raises `DraftClosed`, `DraftChanged`."""
    _open(draft)
    _as_seen(draft, seen)
    return _next(draft, did, by, reason, at, status=DraftStatus(did.value))


def _open(draft: Draft) -> None:
    if draft.status not in (DraftStatus.DRAFT, DraftStatus.CHECKED):
        raise DraftClosed(f"{draft.version} is {draft.status.value}.")


def _as_seen(draft: Draft, seen: int) -> None:
    if seen != draft.revision:
        raise DraftChanged(f"{draft.version} is at revision {draft.revision}, not {seen}; read it again.")


def _next(draft: Draft, did: Did, by: str, reason: str | None, at: datetime, **changes: Any) -> Changed:
    changed = replace(draft, steps=draft.steps + 1, changed_at=at, **changes)
    return Changed(changed, _step(changed, did, by, reason, at))


def _step(draft: Draft, did: Did, by: str, reason: str | None, at: datetime) -> Step:
    return Step(
        Subject.DRAFT,
        draft.version,
        draft.steps,
        did,
        by,
        at,
        reason,
        draft.revision,
        draft.digest,
        draft.emergency_reason,
    )


def version_before(documents: Sequence[Mapping[str, Any]], starts_at: datetime) -> Mapping[str, Any] | None:
    """Return the version that will be in force just before `starts_at`, or None; `documents` are in the order of their starts."""
    earlier = [document for document in documents if period_of(document)[0] < starts_at]
    return earlier[-1] if earlier else None
