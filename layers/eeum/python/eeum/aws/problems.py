"""The one table from errors to problem documents (RFC 9457). Korean is loaded with the first of them, since start-up counts."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from eeum import errors
from eeum.errors import AmendmentRefused, Invalid, PolicyRefused, Refusal

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1

STATUS: dict[type[Refusal], HTTPStatus] = {
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BankReferenceUsed: HTTPStatus.CONFLICT,
    errors.TooManyItems: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ProgrammeNotRunning: HTTPStatus.CONFLICT,
    errors.MerchantExcluded: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AlreadyApplied: HTTPStatus.CONFLICT,
    errors.AlreadyDecided: HTTPStatus.CONFLICT,
    errors.ApplicationChanged: HTTPStatus.CONFLICT,
    errors.PolicyRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PolicyStartsTooSoon: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PolicyInstantTaken: HTTPStatus.CONFLICT,
    errors.DraftExists: HTTPStatus.CONFLICT,
    errors.DraftChanged: HTTPStatus.CONFLICT,
    errors.DraftClosed: HTTPStatus.CONFLICT,
    errors.DraftNotChecked: HTTPStatus.CONFLICT,
    errors.SimulationMissing: HTTPStatus.CONFLICT,
    errors.ApprovalByAuthor: HTTPStatus.CONFLICT,
    errors.AmendmentRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AmendmentTooLate: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AmendmentClosed: HTTPStatus.CONFLICT,
    errors.ProgrammeNotEmpty: HTTPStatus.CONFLICT,
    errors.PaymentDeclined: HTTPStatus.CONFLICT,
    errors.PaymentVoided: HTTPStatus.CONFLICT,
    errors.NothingCaptured: HTTPStatus.CONFLICT,
    errors.CancellationExceedsPayment: HTTPStatus.CONFLICT,
    errors.NotAHold: HTTPStatus.CONFLICT,
    errors.HoldClosed: HTTPStatus.CONFLICT,
    errors.HoldExpired: HTTPStatus.CONFLICT,
    errors.CaptureExceedsHold: HTTPStatus.CONFLICT,
    errors.TooManyCancellations: HTTPStatus.CONFLICT,
    errors.BudgetLineTaken: HTTPStatus.CONFLICT,
    errors.BudgetLineAppliesTooSoon: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FiscalYearClosed: HTTPStatus.CONFLICT,
    errors.FiscalYearNotOver: HTTPStatus.CONFLICT,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each refusal; a test checks that none is missing."""

MOST_FAULTS = 20
LONGEST_TEXT = 300
"""How many faults an answer names, and how much of a value it repeats: both a request and an answer may have 6 MB."""

Fault = dict[str, str]
"""One fault of a request: `path`, a stable `code`, and a `message` for people, in Korean as `message_ko`."""


def fault(path: str, code: str, message: str, bounds: Mapping[str, Any] | None = None) -> Fault:
    """A fault with its Korean sentence; `bounds` are the values that the sentence names, by pydantic's names."""
    from eeum.aws.korean import korean_fault

    return {"path": path, "code": code, "message": message, "message_ko": korean_fault(code, bounds or {})}


def problem(status: HTTPStatus, code: str, detail: str, faults: list[Fault] | None = None) -> dict[str, Any]:
    """The problem document; `type` is a name; docs/errors.md explains each `code`."""
    from eeum.aws.korean import korean_problem

    document: dict[str, Any] = {
        "type": f"urn:eeum:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": _cut(detail),
        "detail_ko": korean_problem(code),
    }
    if faults:
        document["errors"] = [{name: _cut(text) for name, text in each.items()} for each in faults[:MOST_FAULTS]]
        if code == Invalid.code:
            document["detail_ko"] = _cut(f"{faults[0]['path']}: {faults[0]['message_ko']}")
    return document


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def problem_of(refusal: Refusal) -> dict[str, Any]:
    status = STATUS[type(refusal)]
    match refusal:
        case Invalid():
            faults = [fault(refusal.field, refusal.reason, refusal.why)]
        case PolicyRefused() | AmendmentRefused():
            faults = [fault(path, code, why) for path, code, why in refusal.problems]
        case _:
            faults = []
    return problem(status, refusal.code, refusal.detail, faults)
