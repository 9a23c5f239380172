"""Drafts, amendments, their steps and announcements as the API receives and returns them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from eeum.aws.http import Body, Line
from eeum.aws.problems import fault
from eeum.bodies import AnswerBody
from eeum.calendar import text_of, whole_milliseconds
from eeum.errors import Invalid
from eeum.policy.amendment_items import amendment_item
from eeum.policy.amendments import Amendment, EndChange, Lifting, Suspension
from eeum.policy.document_models import PolicyDocument
from eeum.policy.document_values import Instant, Name
from eeum.policy.document_warnings import warnings_beside, warnings_of
from eeum.policy.drafts import Check
from eeum.policy.history import Step
from eeum.policy.proposals import Proposal
from eeum.policy.store import LARGEST_HISTORY
from eeum.simulations.differences import beside
from programme_policy.bodies import PolicyChangeBody

LARGEST_HISTORY_BYTES = 524_288
"""The largest document: several times the longest known programme's, and small enough to be read at once."""

Reason = Annotated[Line, Field(max_length=500, description="The reason, stored with the step.")]
EmergencyReason = Annotated[
    Line,
    Field(max_length=500, description="Why this cannot wait for a simulation; stored with each step."),
]
Seen = Annotated[
    int, Field(strict=True, ge=1, le=999_999, description="The revision of the draft that the operator read.")
]


# --- requests --------------------------------------------------------------------------------------------------


class HistoryRequest(Body):
    """All versions of a programme from the past on, each a policy document."""

    policies: list[PolicyDocument] = Field(min_length=1, max_length=LARGEST_HISTORY)


class DraftRequest(Body):
    """A policy document for a new version, and the reason for it."""

    document: PolicyDocument
    reason: Reason
    emergency_reason: EmergencyReason | None = None


class DraftRevisionRequest(DraftRequest):
    """The new document, which replaces that of the revision that the operator read."""

    revision: Seen


class DraftCheckRequest(Body):
    """The revision to check."""

    revision: Seen


class DraftApprovalRequest(Body):
    """The revision to approve; the reason is optional."""

    revision: Seen
    reason: Reason | None = None


class DraftClosingRequest(Body):
    """The revision to reject or withdraw, and the reason."""

    revision: Seen
    reason: Reason


class ReasonRequest(Body):
    """Why."""

    reason: Reason


class AmendmentApprovalRequest(Body):
    """An approval; the reason is optional."""

    reason: Reason | None = None


class EndRequest(Body):
    """A new end of a version; null: it is in force until the next one starts."""

    version: Name
    ends_at: Instant | None


class SuspensionRequest(Body):
    """Layers without rewards from an instant until another one, or until the suspension is lifted; without layers: all of them."""

    layers: list[Name] = Field(default=[], max_length=20)
    start: Instant = Field(alias="from")
    until: Instant | None = None


class LiftingRequest(Body):
    """The instant at which a suspension ends; if that is not after its start, it never takes effect."""

    suspension: str = Field(
        max_length=40,
        json_schema_extra={"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        description="The id of the suspension's amendment.",
    )
    at: Instant


class AmendmentRequest(Body):
    """An end, a suspension or a lifting, and the reason."""

    end: EndRequest | None = None
    suspension: SuspensionRequest | None = None
    lifting: LiftingRequest | None = None
    reason: Reason
    emergency_reason: EmergencyReason | None = None

    def amendment(self, proposal_id: str) -> Amendment:
        """The amendment. Raises `Invalid` unless exactly one of the three is given."""
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


# --- answers -----------------------------------------------------------------------------------------------------


class FaultBody(AnswerBody):
    """One fault of a document: where, a stable code, and what is wrong, in English and Korean."""

    path: str
    code: str
    message: str
    message_ko: str


class SimulationBody(AnswerBody):
    """The finished simulation of exactly this document."""

    id: str
    finished_at: str
    summary: dict[str, Any]


class CheckBody(AnswerBody):
    """What the check of a revision found; `note` says what an approval still needs.

    `doubts` are warnings, which prevent nothing: the document may not mean what it says.
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


class DraftSummaryBody(AnswerBody):
    """A draft without its document. `status`: draft, checked, rejected, withdrawn; once approved, scheduled, in_force, superseded."""

    version: str
    status: str
    revision: int
    digest: str
    authors: list[str]
    emergency_reason: str | None
    created_at: str
    changed_at: str


class DraftBody(DraftSummaryBody):
    """A draft at its latest revision; `changes` are against the version that it was checked against, or would follow."""

    document: PolicyDocument
    check: CheckBody | None
    follows: str | None
    changes: list[PolicyChangeBody]


class DraftsBody(AnswerBody):
    drafts: list[DraftSummaryBody]
    cursor: str | None


class StepBody(AnswerBody):
    """A step: who did it, when and why, and on which revision."""

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


class StepsBody(AnswerBody):
    steps: list[StepBody]
    cursor: str | None


class AmendmentBody(AnswerBody):
    """A proposed amendment; `amends` is end, suspension or lifting, and `change` has its details."""

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


class AmendmentsBody(AnswerBody):
    amendments: list[AmendmentBody]
    cursor: str | None


class LoadedBody(AnswerBody):
    """The names of the stored versions."""

    loaded: list[str]


class WithdrawnBody(AnswerBody):
    """A version that will not start."""

    version: str
    status: str


def check_body(
    check: Check, document: Mapping[str, Any], before: Mapping[str, Any] | None, emergency: bool
) -> CheckBody:
    simulation = check.simulation
    note, note_ko = _note(check, before, emergency) or (None, None)
    # A document with faults may have any shape.
    warnings = [] if check.faults else [*warnings_of(document), *(warnings_beside(document, before) if before else ())]
    return CheckBody(
        revision=check.revision,
        checked_at=text_of(check.at),
        checked_by=check.by,
        against=check.against,
        faults=[FaultBody(**fault(*each)) for each in check.faults],
        doubts=[FaultBody(**fault(*each)) for each in warnings],
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
        return "It has faults: edit it and check it again.", "잘못된 부분이 있습니다. 고친 뒤 다시 검사해 주십시오."
    if check.simulation is None and emergency:
        return (
            "Checked without a simulation of exactly this document. It has an emergency reason, so it may still be approved.",
            "이 문서의 모의 계산 없이 검사했습니다. 긴급 사유가 있어 그대로 승인할 수 있습니다.",
        )
    if check.simulation is None:
        return (
            "Checked without a simulation of exactly this document. Simulate and check it again.",
            "이 문서의 모의 계산 없이 검사했습니다. 모의 계산을 한 뒤 다시 검사해 주십시오.",
        )
    if check.against and beside(check.simulation.summary, before).get("difference") is None:
        return (
            f"Its simulation does not compare it with {check.against}, which it will replace: simulate it against that.",
            f"모의 계산에서 이 문서가 대체할 정책({check.against})과 비교하지 않았습니다. 그 정책과 비교하여 모의 계산해 주십시오.",
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
