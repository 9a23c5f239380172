"""What drafts, amendments, their steps and what is announced look like over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from eeum.aws.http import Body, Line
from eeum.aws.problems import fault
from eeum.calendar import text_of, whole_milliseconds
from eeum.errors import Invalid
from eeum.policy.amendment_items import amendment_item
from eeum.policy.amendments import Amendment, EndChange, Lifting, Suspension
from eeum.policy.document_models import PolicyDocument
from eeum.policy.document_values import Instant, Name
from eeum.policy.doubts import doubts_beside, doubts_of
from eeum.policy.drafts import Check
from eeum.policy.history import Step
from eeum.policy.proposals import Proposal
from eeum.policy.store import LARGEST_HISTORY
from eeum.simulations.differences import beside
from programme_policy.bodies import PolicyChangeBody

LARGEST_HISTORY_BYTES = 524_288
"""Several times what the programme with the longest known history needs, and little enough to be read at once."""

Reason = Annotated[Line, Field(max_length=500, description="Why; it is kept with the step.")]
EmergencyReason = Annotated[
    Line,
    Field(max_length=500, description="Why this cannot wait for a simulation; kept with each step."),
]
Seen = Annotated[int, Field(strict=True, ge=1, le=999_999, description="The revision of the draft as it was read.")]


# --- what operators send --------------------------------------------------------------------------------------------------


class HistoryRequest(Body):
    """A programme's versions from the past on, each a policy document."""

    policies: list[PolicyDocument] = Field(min_length=1, max_length=LARGEST_HISTORY)


class DraftRequest(Body):
    """A policy document that may become a version, and why."""

    document: PolicyDocument
    reason: Reason
    emergency_reason: EmergencyReason | None = None


class DraftRevisionRequest(DraftRequest):
    """The document as it shall be now, in place of that of the revision that was seen."""

    revision: Seen


class DraftCheckRequest(Body):
    """Which revision is to be checked."""

    revision: Seen


class DraftApprovalRequest(Body):
    """Which revision is approved; a reason may be given."""

    revision: Seen
    reason: Reason | None = None


class DraftClosingRequest(Body):
    """Which revision is rejected or withdrawn, and why."""

    revision: Seen
    reason: Reason


class ReasonRequest(Body):
    """Why."""

    reason: Reason


class AmendmentApprovalRequest(Body):
    """A reason may be given."""

    reason: Reason | None = None


class EndRequest(Body):
    """Another end of a version; null: it holds until the next one starts."""

    version: Name
    ends_at: Instant | None


class SuspensionRequest(Body):
    """Layers that give nothing from an instant on, until another or until it is lifted; without layers it is all of them."""

    layers: list[Name] = Field(default=[], max_length=20)
    start: Instant = Field(alias="from")
    until: Instant | None = None


class LiftingRequest(Body):
    """A suspension that ends at an instant; at or before its start, it never holds."""

    suspension: str = Field(
        max_length=40,
        json_schema_extra={"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        description="The id of the amendment that suspends.",
    )
    at: Instant


class AmendmentRequest(Body):
    """One of an end, a suspension or a lifting, and why."""

    end: EndRequest | None = None
    suspension: SuspensionRequest | None = None
    lifting: LiftingRequest | None = None
    reason: Reason
    emergency_reason: EmergencyReason | None = None

    def amendment(self, proposal_id: str) -> Amendment:
        """Raises `Invalid` unless exactly one is given."""
        given = [each for each in (self.end, self.suspension, self.lifting) if each is not None]
        if len(given) != 1:
            raise Invalid("body", "must have exactly one of end, suspension and lifting", "one_amendment")
        match given[0]:
            case EndRequest() as end:
                return EndChange(end.version, _cut(end.ends_at))
            case SuspensionRequest() as asked:
                layers = tuple(dict.fromkeys(asked.layers))
                return Suspension(proposal_id, layers, whole_milliseconds(asked.start), _cut(asked.until))
            case LiftingRequest() as lifting:
                return Lifting(lifting.suspension, whole_milliseconds(lifting.at))


def _cut(instant: datetime | None) -> datetime | None:
    return whole_milliseconds(instant) if instant is not None else None


# --- what is answered -----------------------------------------------------------------------------------------------------


class FaultBody(BaseModel):
    """One fault of a document: where, a stable code, and what is wrong, in English and Korean."""

    path: str
    code: str
    message: str
    message_ko: str


class SimulationBody(BaseModel):
    """The finished simulation of exactly this document."""

    id: str
    finished_at: str
    summary: dict[str, Any]


class CheckBody(BaseModel):
    """What the check of a revision found; `note` says what is still needed for an approval.

    `doubts` are no faults and stop nothing: what the document says and perhaps does not mean.
    """

    revision: int
    checked_at: str
    checked_by: str
    against: str | None
    faults: list[FaultBody]
    doubts: list[FaultBody]
    simulation: SimulationBody | None
    note: str | None
    note_ko: str | None


class DraftSummaryBody(BaseModel):
    """A draft without its document. `status`: draft, checked, rejected, withdrawn; scheduled, in_force, superseded once approved."""

    version: str
    status: str
    revision: int
    digest: str
    authors: list[str]
    emergency_reason: str | None
    created_at: str
    changed_at: str


class DraftBody(DraftSummaryBody):
    """A draft at its latest revision; `changes` are those against the version it was checked against, or would follow."""

    document: PolicyDocument
    check: CheckBody | None
    follows: str | None
    changes: list[PolicyChangeBody]


class DraftsBody(BaseModel):
    drafts: list[DraftSummaryBody]
    cursor: str | None


class StepBody(BaseModel):
    """Who did what, when and why, and to which revision."""

    subject: str
    name: str
    number: int
    did: str
    by: str
    at: str
    reason: str | None
    revision: int | None
    digest: str | None
    emergency_reason: str | None


class StepsBody(BaseModel):
    steps: list[StepBody]
    cursor: str | None


class AmendmentBody(BaseModel):
    """A proposed amendment; `amends` is end, suspension or lifting, and `change` says what it is about."""

    id: str
    status: str
    amends: str
    change: dict[str, Any]
    reason: str
    emergency_reason: str | None
    proposed_by: str
    proposed_at: str
    decided_by: str | None
    decided_at: str | None


class AmendmentsBody(BaseModel):
    amendments: list[AmendmentBody]
    cursor: str | None


class LoadedBody(BaseModel):
    """The names of the versions that were stored."""

    loaded: list[str]


class WithdrawnBody(BaseModel):
    """A version that will not start."""

    version: str
    status: str


def check_body(
    check: Check, document: Mapping[str, Any], before: Mapping[str, Any] | None, emergency: bool
) -> CheckBody:
    simulation = check.simulation
    note, note_ko = _note(check, before, emergency) or (None, None)
    # A document with faults may have any shape.
    doubts = [] if check.faults else [*doubts_of(document), *(doubts_beside(document, before) if before else ())]
    return CheckBody(
        revision=check.revision,
        checked_at=text_of(check.at),
        checked_by=check.by,
        against=check.against,
        faults=[FaultBody(**fault(*each)) for each in check.faults],
        doubts=[FaultBody(**fault(*each)) for each in doubts],
        simulation=SimulationBody(
            id=simulation.id, finished_at=simulation.finished_at, summary=beside(simulation.summary, before)
        )
        if simulation
        else None,
        note=note,
        note_ko=note_ko,
    )


def _note(check: Check, before: Mapping[str, Any] | None, emergency: bool) -> tuple[str, str] | None:
    """What is still needed for an approval, in English and Korean."""
    if check.faults:
        return "It has faults: edit it and check it again.", "잘못된 부분이 있습니다. 고친 뒤 다시 검사해 주세요."
    if check.simulation is None and emergency:
        return (
            "Checked without a simulation of exactly this document. As an emergency it may be approved all the same.",
            "이 문서의 모의 계산 없이 검사했습니다. 긴급 사유가 있어 그대로 승인할 수 있습니다.",
        )
    if check.simulation is None:
        return (
            "Checked without a simulation of exactly this document. Simulate and check it again.",
            "이 문서의 모의 계산 없이 검사했습니다. 모의 계산을 한 뒤 다시 검사해 주세요.",
        )
    if check.against and beside(check.simulation.summary, before).get("difference") is None:
        return (
            f"Its simulation does not compare it with {check.against}, which it will replace: simulate it against that.",
            f"모의 계산이 이 문서가 대신할 {check.against}와 비교하지 않았습니다. 그 정책과 비교하여 모의 계산해 주세요.",
        )
    return None


def step_body(step: Step) -> StepBody:
    return StepBody(
        subject=step.subject.value,
        name=step.name,
        number=step.number,
        did=step.did.value,
        by=step.by,
        at=text_of(step.at),
        reason=step.reason,
        revision=step.revision,
        digest=step.digest,
        emergency_reason=step.emergency_reason,
    )


def amendment_body(proposal: Proposal) -> AmendmentBody:
    item = amendment_item(proposal.amendment)
    return AmendmentBody(
        id=proposal.id,
        status=proposal.status.value,
        amends=item.pop("amends"),
        change={name: value for name, value in item.items() if name != "id"},
        reason=proposal.reason,
        emergency_reason=proposal.emergency_reason,
        proposed_by=proposal.proposed_by,
        proposed_at=text_of(proposal.proposed_at),
        decided_by=proposal.decided_by,
        decided_at=text_of(proposal.decided_at) if proposal.decided_at else None,
    )
