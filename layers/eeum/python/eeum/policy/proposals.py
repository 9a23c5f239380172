"""Proposed amendments: one operator proposes with a reason, a second approves. Pure functions over plain values."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from eeum.errors import AmendmentClosed, ApprovalByAuthor
from eeum.policy.amendments import Amendment
from eeum.policy.history import Did, Step, Subject


class ProposalStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed amendment. `reason` says why it is proposed; the decision's reason is in its step."""

    id: str
    amendment: Amendment
    status: ProposalStatus
    reason: str
    emergency_reason: str | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    steps: int = 1


class Decided(NamedTuple):
    """A proposal after a step, and the step."""

    proposal: Proposal
    step: Step


def propose(
    proposal_id: str, amendment: Amendment, by: str, reason: str, emergency_reason: str | None, at: datetime
) -> Decided:
    proposal = Proposal(proposal_id, amendment, ProposalStatus.PROPOSED, reason, emergency_reason, by, at)
    return Decided(proposal, _step(proposal, Did.PROPOSED, by, reason, at))


def decide(proposal: Proposal, did: Did, by: str, reason: str | None, at: datetime) -> Decided:
    """Approve, reject or withdraw the proposal (`did`).

    Raises:
        AmendmentClosed: it was decided before.
        ApprovalByAuthor: `by` proposed it.
    """
    if proposal.status is not ProposalStatus.PROPOSED:
        raise AmendmentClosed(f"The amendment is {proposal.status.value}.")
    if did is Did.APPROVED and by == proposal.proposed_by:
        raise ApprovalByAuthor("Another operator approves what you proposed.")
    number = proposal.steps + 1
    decided = replace(proposal, status=ProposalStatus(did.value), decided_by=by, decided_at=at, steps=number)
    return Decided(decided, _step(decided, did, by, reason, at))


def _step(proposal: Proposal, did: Did, by: str, reason: str | None, at: datetime) -> Step:
    urgent = proposal.emergency_reason
    return Step(Subject.AMENDMENT, proposal.id, proposal.steps, did, by, at, reason, emergency_reason=urgent)
