"""Routes of drafts: from a document that one operator writes to a version that a second one approves."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.http import Cursor, Limit, Response, answered, created
from eeum.calendar import text_of
from eeum.policy.announcements import changes_of, status_of
from eeum.policy.comparison import changes_between
from eeum.policy.document_models import PolicyDocument, stored_document
from eeum.policy.documents import shaped_document
from eeum.policy.drafts import Draft, DraftStatus
from eeum.policy.history import Did, Subject
from eeum.policy.lifecycle import approve_draft, check_draft, close_draft, create_draft, draft_named, edit_draft
from eeum.policy.store import Stored
from programme_policy import service
from programme_policy.bodies import change_body
from programme_policy.lifecycle_bodies import (
    DraftApprovalRequest,
    DraftBody,
    DraftCheckRequest,
    DraftClosingRequest,
    DraftRequest,
    DraftRevisionRequest,
    DraftsBody,
    DraftSummaryBody,
    StepsBody,
    check_body,
    step_body,
)
from programme_policy.service import api

DRAFTS_A_PAGE = 20
STEPS_A_PAGE = 50


@api.post("/policy_drafts", summary="Begin a draft of a policy version", tags=["policy lifecycle"])
def begin_policy_draft(body: DraftRequest) -> Response[DraftBody]:
    """Stores a policy document as a draft with its reason.

    It is checked, and approved by a second operator, before it can come into force.
    """
    operator = api.caller().operator()
    shown = _Shown()
    draft = create_draft(
        service.draft_store(),
        service.policy_store(),
        service.city.settings.programme,
        _shaped(body.document),
        operator,
        body.reason,
        body.emergency_reason,
        service.city.clock(),
        shown,
    )
    return created(shown.body, f"/policy_drafts/{draft.version}")


@api.get("/policy_drafts", summary="Drafts, in the order of their names", tags=["policy lifecycle"])
def policy_drafts(limit: Limit = DRAFTS_A_PAGE, cursor: Cursor = None) -> Response[DraftsBody]:
    """Lists drafts without their documents, in the order of their names."""
    api.caller().operator()
    stored = service.policy_store().stored()
    page, following = service.draft_store().drafts(limit, cursor)
    return answered(DraftsBody(drafts=[_summary(draft, stored) for draft in page], cursor=following))


@api.get("/policy_drafts/<version>", summary="One draft, and its changes", tags=["policy lifecycle"])
def policy_draft(version: str) -> Response[DraftBody]:
    """Shows a draft with its document, its last check, and what it changes against the version that it follows."""
    api.caller().operator()
    draft = draft_named(service.draft_store(), version)
    document = service.draft_store().document(draft.version, draft.revision)
    return answered(_body(draft, document, service.policy_store().stored()))


@api.post("/policy_drafts/<version>/revisions", summary="Edit a draft", tags=["policy lifecycle"])
def edit_policy_draft(version: str, body: DraftRevisionRequest) -> Response[DraftBody]:
    """Replaces the document of a draft.

    `revision` is the one that the operator read. If the draft was edited since, the answer is 409 `draft_changed`.
    """
    operator = api.caller().operator()
    shown = _Shown()
    edit_draft(
        service.draft_store(),
        service.policy_store(),
        service.city.settings.programme,
        version,
        body.revision,
        _shaped(body.document),
        operator,
        body.reason,
        body.emergency_reason,
        service.city.clock(),
        shown,
    )
    return answered(shown.body)


@api.post(
    "/policy_drafts/<version>/check",
    summary="Check a draft: its faults, changes and simulation",
    tags=["policy lifecycle"],
)
def check_policy_draft(version: str, body: DraftCheckRequest) -> Response[DraftBody]:
    """Checks a revision.

    The check has every fault of the document, what it changes, and a finished simulation of exactly this document, if there is one.
    """
    operator = api.caller().operator()
    now, shown = service.city.clock(), _Shown()
    check_draft(service.draft_store(), service.policy_store(), version, body.revision, operator, now, shown)
    return answered(shown.body)


@api.post(
    "/policy_drafts/<version>/approval",
    summary="Approve a checked draft, as a second operator; it is scheduled for its start",
    tags=["policy lifecycle"],
)
def approve_policy_draft(version: str, body: DraftApprovalRequest) -> Response[DraftBody]:
    """Schedules a checked revision for its start. The operators who wrote any revision may not approve it."""
    operator = api.caller().operator()
    drafts, policies, shown = service.draft_store(), service.policy_store(), _Shown()
    approve_draft(drafts, policies, version, body.revision, operator, body.reason, service.city.clock(), shown)
    return answered(shown.body)


@api.post("/policy_drafts/<version>/rejection", summary="Reject a draft", tags=["policy lifecycle"])
def reject_policy_draft(version: str, body: DraftClosingRequest) -> Response[DraftBody]:
    """Rejects a draft with a reason. An edit takes it up again."""
    return _close(version, body, Did.REJECTED)


@api.post("/policy_drafts/<version>/withdrawal", summary="Withdraw a draft", tags=["policy lifecycle"])
def withdraw_policy_draft(version: str, body: DraftClosingRequest) -> Response[DraftBody]:
    """Withdraws a draft with a reason. An edit takes it up again."""
    return _close(version, body, Did.WITHDRAWN)


@api.get("/policy_drafts/<version>/history", summary="What was done to a draft", tags=["policy lifecycle"])
def policy_draft_history(version: str, limit: Limit = STEPS_A_PAGE, cursor: Cursor = None) -> Response[StepsBody]:
    """Lists who did what to a draft, when and why, the first step first."""
    api.caller().operator()
    draft = draft_named(service.draft_store(), version)
    steps, following = service.history_store().of(Subject.DRAFT, draft.version, limit, cursor)
    return answered(StepsBody(steps=[step_body(step) for step in steps], cursor=following))


def _close(version: str, body: DraftClosingRequest, did: Did) -> Response[DraftBody]:
    operator, now, shown = api.caller().operator(), service.city.clock(), _Shown()
    drafts, policies = service.draft_store(), service.policy_store()
    close_draft(drafts, policies, version, body.revision, did, operator, body.reason, now, shown)
    return answered(shown.body)


def _shaped(document: PolicyDocument) -> dict[str, object]:
    """The document without nulls. Applied twice, since an object that had only nulls is then empty and left out too."""
    return shaped_document(shaped_document(document.model_dump(mode="json", by_alias=True)))


class _Shown:
    """The response to a step of a draft, which the use case prepares before it stores the step."""

    body: DraftBody

    def __call__(self, draft: Draft, document: Mapping[str, Any], stored: Stored) -> None:
        self.body = _body(draft, document, stored)


def _body(draft: Draft, document: Mapping[str, Any], stored: Stored) -> DraftBody:
    """The draft with its document and the document's changes: as it was checked, or, unchecked, as of now."""
    check = None
    if draft.check is None:
        follows, changes = changes_of(document, stored.documents)
    else:
        follows = draft.check.against
        before = next((each for each in stored.every if each["version"] == follows), None)
        changes = changes_between(before, document) if before else []
        check = check_body(draft.check, document, before, bool(draft.emergency_reason))
    return DraftBody(
        **_summary(draft, stored).model_dump(),
        document=stored_document(document),
        check=check,
        follows=follows,
        changes=[change_body(change) for change in changes],
    )


def _summary(draft: Draft, stored: Stored) -> DraftSummaryBody:
    status = draft.status.value
    if draft.status is DraftStatus.APPROVED:
        status = status_of(draft.version, stored.documents, service.city.clock()).value
    return DraftSummaryBody(
        version=draft.version,
        status=status,
        revision=draft.revision,
        digest=draft.digest,
        authors=list(draft.authors),
        emergency_reason=draft.emergency_reason,
        created_at=text_of(draft.created_at),
        changed_at=text_of(draft.changed_at),
    )
