"""Routes of amendments to approved versions, and of the programme's history."""

from eeum.aws.http import Cursor, Limit, Response, answered, created
from eeum.policy.amending import approve_amendment, close_amendment, proposal_named, propose_amendment, withdraw_version
from eeum.policy.history import Did, Subject
from programme_policy import service
from programme_policy.lifecycle_bodies import (
    AmendmentApprovalRequest,
    AmendmentBody,
    AmendmentRequest,
    AmendmentsBody,
    ReasonRequest,
    StepsBody,
    WithdrawnBody,
    amendment_body,
    step_body,
)
from programme_policy.service import api

AMENDMENTS_A_PAGE = 20
STEPS_A_PAGE = 50


@api.post(
    "/policy_amendments",
    summary="Propose another end of a version, a suspension of layers, or its lifting",
    tags=["policy lifecycle"],
)
def propose_policy_amendment(body: AmendmentRequest) -> Response[AmendmentBody]:
    """Proposes another end of a version, a suspension of layers, or the end of a suspension. A second operator approves it."""
    operator = api.caller().operator()
    proposal = propose_amendment(
        service.proposal_store(),
        service.policy_store(),
        body.amendment,
        operator,
        body.reason,
        body.emergency_reason,
        service.city.clock(),
    )
    return created(amendment_body(proposal), f"/policy_amendments/{proposal.id}")


@api.get("/policy_amendments", summary="Proposed amendments, the newest first", tags=["policy lifecycle"])
def policy_amendments(limit: Limit = AMENDMENTS_A_PAGE, cursor: Cursor = None) -> Response[AmendmentsBody]:
    """Lists amendments with their status, the newest first."""
    api.caller().operator()
    page, following = service.proposal_store().latest(limit, cursor)
    return answered(AmendmentsBody(amendments=[amendment_body(each) for each in page], cursor=following))


@api.get("/policy_amendments/<amendment_id>", summary="One amendment", tags=["policy lifecycle"])
def policy_amendment(amendment_id: str) -> Response[AmendmentBody]:
    """Shows an amendment, what it changes, and who decided about it."""
    api.caller().operator()
    return answered(amendment_body(proposal_named(service.proposal_store(), amendment_id)))


@api.post(
    "/policy_amendments/<amendment_id>/approval",
    summary="Approve an amendment, as a second operator",
    tags=["policy lifecycle"],
)
def approve_policy_amendment(amendment_id: str, body: AmendmentApprovalRequest) -> Response[AmendmentBody]:
    """Approves an amendment as an operator who did not propose it. It must be stored 120 s before it changes anything."""
    operator, now = api.caller().operator(), service.city.clock()
    proposals, policies = service.proposal_store(), service.policy_store()
    return answered(amendment_body(approve_amendment(proposals, policies, amendment_id, operator, body.reason, now)))


@api.post("/policy_amendments/<amendment_id>/rejection", summary="Reject an amendment", tags=["policy lifecycle"])
def reject_policy_amendment(amendment_id: str, body: ReasonRequest) -> Response[AmendmentBody]:
    """Rejects an amendment with a reason."""
    return _close(amendment_id, body, Did.REJECTED)


@api.post("/policy_amendments/<amendment_id>/withdrawal", summary="Withdraw an amendment", tags=["policy lifecycle"])
def withdraw_policy_amendment(amendment_id: str, body: ReasonRequest) -> Response[AmendmentBody]:
    """Withdraws an amendment with a reason, before it is decided."""
    return _close(amendment_id, body, Did.WITHDRAWN)


@api.get(
    "/policy_amendments/<amendment_id>/history", summary="What was done to an amendment", tags=["policy lifecycle"]
)
def policy_amendment_history(
    amendment_id: str, limit: Limit = STEPS_A_PAGE, cursor: Cursor = None
) -> Response[StepsBody]:
    """Lists who did what to an amendment, when and why, the first step first."""
    api.caller().operator()
    proposal = proposal_named(service.proposal_store(), amendment_id)
    steps, following = service.history_store().of(Subject.AMENDMENT, proposal.id, limit, cursor)
    return answered(StepsBody(steps=[step_body(step) for step in steps], cursor=following))


@api.post(
    "/policies/<version>/withdrawal",
    summary="Withdraw a scheduled version before it starts",
    tags=["policy lifecycle"],
)
def withdraw_policy(version: str, body: ReasonRequest) -> Response[WithdrawnBody]:
    """Withdraws a version that has not started, with a reason, at least 120 s before its start."""
    operator = api.caller().operator()
    withdraw_version(service.policy_store(), version, operator, body.reason, service.city.clock())
    return answered(WithdrawnBody(version=version, status="withdrawn"))


@api.get("/policies/history", summary="What was done to the programme's policies", tags=["policy lifecycle"])
def policy_history(limit: Limit = STEPS_A_PAGE, cursor: Cursor = None) -> Response[StepsBody]:
    """Lists every step of drafts, amendments and versions of the programme, the newest first."""
    api.caller().operator()
    steps, following = service.history_store().latest(limit, cursor)
    return answered(StepsBody(steps=[step_body(step) for step in steps], cursor=following))


def _close(amendment_id: str, body: ReasonRequest, did: Did) -> Response[AmendmentBody]:
    operator, now = api.caller().operator(), service.city.clock()
    closed = close_amendment(service.proposal_store(), amendment_id, did, operator, body.reason, now)
    return answered(amendment_body(closed))
