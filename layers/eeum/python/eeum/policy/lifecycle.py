"""Use cases of a draft: create, edit, check, approve, reject, withdraw.

A step that loses a race against another reads the draft again and decides again. So a draft that changed meanwhile is refused, not
overwritten.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from eeum.calendar import text_of
from eeum.errors import DraftExists, NotFound, PolicyInstantTaken, PolicyRefused, PolicyStartsTooSoon
from eeum.policy import drafts as rules
from eeum.policy.amendments import Problem
from eeum.policy.announcements import announced
from eeum.policy.dates import faults_of_dates
from eeum.policy.draft_store import DraftStore
from eeum.policy.drafts import Changed, Check, Draft, version_before
from eeum.policy.history import Did
from eeum.policy.loading import belongs
from eeum.policy.reading import period_of
from eeum.policy.store import PolicyStore, Stored
from eeum.policy.use_cases import NOTICE
from eeum.policy.validation import problems_beside, problems_of
from eeum.storage import ConditionsFailed

_NAME = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)

Show = Callable[[Draft, Mapping[str, Any], Stored], None]
"""Prepare the answer to a step from the draft after it, its document, and the stored versions.

Every step calls it before it stores anything, so that a step whose answer fails has no effect.
"""


def _unshown(_draft: Draft, _document: Mapping[str, Any], _stored: Stored) -> None:
    """For callers that need no answer."""


def create_draft(
    drafts: DraftStore,
    policies: PolicyStore,
    programme: str,
    document: dict[str, Any],
    by: str,
    reason: str,
    emergency_reason: str | None,
    now: datetime,
    show: Show = _unshown,
) -> Draft:
    """Create a draft under the name of its version; the same request again returns the stored draft.

    `document` has the language's shape and its defaults written out (`eeum.policy.documents.shaped_document`).

    Raises:
        PolicyRefused: the document is another programme's.
        DraftExists: another draft, or a version, has this name.
    """
    belongs(programme, document)
    begun = rules.begin(document, by, reason, emergency_reason, now)
    before = drafts.draft(begun.draft.version)
    stored = policies.stored()
    if before is None:
        if any(begun.draft.version == other["version"] for other in stored.every):
            raise DraftExists(f"There is a version {begun.draft.version}.")
        show(begun.draft, document, stored)
        try:
            drafts.store(begun, None, document)
            return begun.draft
        except ConditionsFailed:
            before = draft_named(drafts, begun.draft.version)
    same = (before.authors, before.digest, before.emergency_reason, before.steps) == (
        (by,),
        begun.draft.digest,
        emergency_reason,
        1,
    )
    if not same:
        raise DraftExists(f"There is a draft {before.version}; edit it, or give the version another name.")
    show(before, document, stored)
    return before


def edit_draft(
    drafts: DraftStore,
    policies: PolicyStore,
    programme: str,
    name: str,
    seen: int,
    document: dict[str, Any],
    by: str,
    reason: str,
    emergency_reason: str | None,
    now: datetime,
    show: Show = _unshown,
) -> Draft:
    """Store the draft's next revision, which has to be checked again.

    Raises:
        NotFound, DraftClosed, DraftChanged
        PolicyRefused: the document is another programme's, or has another name.
    """
    belongs(programme, document)
    if document["version"] != name:
        why = f"This is the draft {name}; a version of another name is another draft."
        raise PolicyRefused(why, (("version", "renamed", why),))

    def step(draft: Draft) -> Draft:
        changed = rules.edit(draft, seen, document, by, reason, emergency_reason, now)
        show(changed.draft, document, policies.stored())
        drafts.store(changed, draft, document)
        return changed.draft

    return _decided(drafts, name, step)


def check_draft(
    drafts: DraftStore,
    policies: PolicyStore,
    name: str,
    seen: int,
    by: str,
    now: datetime,
    show: Show = _unshown,
) -> Draft:
    """Check the draft: find the document's own faults, its conflicts with stored versions, and its simulation.

    Raises:
        NotFound, DraftClosed, DraftChanged
    """

    def step(draft: Draft) -> Draft:
        document = drafts.document(name, draft.revision)
        stored = policies.stored()
        against = version_before(stored.documents, period_of(document)[0])
        found = Check(
            revision=draft.revision,
            at=now,
            by=by,
            against=against["version"] if against else None,
            faults=tuple(_faults(document, stored, now)),
            simulation=drafts.simulation(draft.digest),
        )
        changed = rules.checked(draft, seen, found)
        show(changed.draft, document, stored)
        drafts.store(changed, draft)
        return changed.draft

    return _decided(drafts, name, step)


def approve_draft(
    drafts: DraftStore,
    policies: PolicyStore,
    name: str,
    seen: int,
    by: str,
    reason: str | None,
    now: datetime,
    show: Show = _unshown,
) -> Draft:
    """Approve the draft by a second operator and schedule its version, if it agrees with all versions stored at that moment.

    Raises:
        NotFound, DraftClosed, DraftChanged
        ApprovalByAuthor, DraftNotChecked, SimulationMissing: see `eeum.policy.drafts.approve`.
        PolicyStartsTooSoon: it starts in the past or within 120 s.
        PolicyInstantTaken: another version starts at that instant, or has its name.
        PolicyRefused: it no longer agrees with the stored versions.
    """

    def step(draft: Draft) -> Draft:
        revision = policies.revision()
        stored = policies.stored()
        document = drafts.document(name, draft.revision)
        starts_at, _ = period_of(document)
        against = version_before(stored.documents, starts_at)
        changed = rules.approve(draft, seen, by, reason, now, against["version"] if against else None)
        try:
            _fits(document, stored, now)
        except (PolicyInstantTaken, PolicyRefused):
            # The version beside which it does not fit may be its own: another operator approved this draft since it was read.
            if draft_named(drafts, name) != draft:
                raise ConditionsFailed(()) from None
            raise
        later = Stored(sorted([*stored.every, document], key=_start_of), stored.amendments)
        announced(later.documents, later.amendments, now)  # fails here rather than in members' reads
        show(changed.draft, document, later)
        place = 1 + sum(period_of(other)[0] == starts_at for other in stored.every)
        drafts.schedule(policies, changed, draft, document, revision, place)
        return changed.draft

    return _decided(drafts, name, step)


def close_draft(
    drafts: DraftStore,
    policies: PolicyStore,
    name: str,
    seen: int,
    did: Did,
    by: str,
    reason: str,
    now: datetime,
    show: Show = _unshown,
) -> Draft:
    """Reject or withdraw the draft (`did`). Raises `NotFound`, `DraftClosed`, `DraftChanged`."""

    def step(draft: Draft) -> Draft:
        changed: Changed = rules.close(draft, seen, did, by, reason, now)
        show(changed.draft, drafts.document(name, draft.revision), policies.stored())
        drafts.store(changed, draft)
        return changed.draft

    return _decided(drafts, name, step)


def draft_named(drafts: DraftStore, name: str) -> Draft:
    """Return the draft of this name. Raises `NotFound` when there is none."""
    draft = drafts.draft(name) if _NAME.fullmatch(name) else None
    if draft is None:
        raise NotFound("There is no draft of this name.")
    return draft


def _decided(drafts: DraftStore, name: str, step: Callable[[Draft], Draft]) -> Draft:
    """Read the draft and take the step, again while another writer was faster."""
    attempt = 0
    while True:
        draft = draft_named(drafts, name)
        try:
            return step(draft)
        except ConditionsFailed:
            attempt += 1
            drafts.patience.wait(attempt)


def _faults(document: Mapping[str, Any], stored: Stored, now: datetime) -> Iterator[Problem]:
    """Yield everything that keeps a document from being scheduled now, for a check's report."""
    yield from problems_of(document)
    yield from problems_beside(document, stored.documents)
    starts_at, _ = period_of(document)
    if starts_at < now + NOTICE:
        yield "starts_at", PolicyStartsTooSoon.code, _too_soon(starts_at, now)
    if _is_taken(document, stored):
        yield "starts_at", PolicyInstantTaken.code, _taken(document)


def _fits(document: Mapping[str, Any], stored: Stored, now: datetime) -> None:
    """Raise when a version cannot be scheduled beside the stored ones. Faults among the stored versions do not count."""
    starts_at, _ = period_of(document)
    if starts_at < now + NOTICE:
        raise PolicyStartsTooSoon(_too_soon(starts_at, now))
    if _is_taken(document, stored):
        raise PolicyInstantTaken(_taken(document))
    problems = tuple(problems_beside(document, stored.documents))
    if problems:
        raise PolicyRefused(f"The versions do not agree: {problems[0][2]}", problems)
    problems = tuple(faults_of_dates(document))
    if problems:
        raise PolicyRefused(f"A date is out of bounds: {problems[0][2]}", problems)


def _start_of(document: Mapping[str, Any]) -> datetime:
    return period_of(document)[0]


def _is_taken(document: Mapping[str, Any], stored: Stored) -> bool:
    """Whether the name or the start is taken; a withdrawn version keeps its name and frees its start."""
    named = any(document["version"] == other["version"] for other in stored.every)
    return named or any(period_of(document)[0] == period_of(other)[0] for other in stored.documents)


def _too_soon(starts_at: datetime, now: datetime) -> str:
    return (
        f"It starts at {text_of(starts_at)}; a version must be stored at least {NOTICE.seconds} s before its start, "
        f"and it is {text_of(now)}."
    )


def _taken(document: Mapping[str, Any]) -> str:
    starts_at, _ = period_of(document)
    return f"Another version starts at {text_of(starts_at)}, or has the name {document['version']}."
