"""The answers of each route in the API's description: successes, refusals of the functions, and answers of the API itself.

Powertools cannot describe refusals from the code, so the table here has them. Tests compare it with what the functions do.
"""

from http import HTTPStatus
from typing import Any

from eeum import errors
from eeum.aws.http import CITY_TIME
from eeum.aws.problems import CONTENT_TYPE, STATUS, fault, problem

Document = dict[str, Any]
RouteKey = tuple[str, str]
"""Method and path, as the template writes them."""

CREATES: dict[RouteKey, tuple[HTTPStatus, ...]] = {
    ("POST", "/wallets"): (HTTPStatus.CREATED, HTTPStatus.OK),
    ("POST", "/merchants"): (HTTPStatus.CREATED,),
    ("POST", "/policy_drafts"): (HTTPStatus.CREATED,),
    ("POST", "/policy_amendments"): (HTTPStatus.CREATED,),
    ("POST", "/policies/history"): (HTTPStatus.CREATED,),
    ("POST", "/policy_simulations"): (HTTPStatus.ACCEPTED,),
}
"""Routes that answer 201, or 202 for work that continues; a wallet that exists already is 200."""

APPLICATION = "/merchant_applications/{merchant_id}"
DRAFT = "/policy_drafts/{version}"
AMENDMENT = "/policy_amendments/{amendment_id}"
DRAFT_REFUSES = (errors.DraftChanged, errors.DraftClosed)
PAYMENT = "/wallets/{wallet_id}/payments/{payment_id}"
CANCELLATION_REFUSES = (
    errors.PaymentDeclined,
    errors.PaymentVoided,
    errors.NothingCaptured,
    errors.CancellationExceedsPayment,
    errors.IdempotencyKeyReused,
)
REFUSES: dict[RouteKey, tuple[type[errors.Refusal], ...]] = {
    ("POST", "/wallets/{wallet_id}/top_ups"): (
        errors.ProgrammeNotRunning,
        errors.BankReferenceUsed,
        errors.IdempotencyKeyReused,
    ),
    ("POST", "/payments"): (errors.ProgrammeNotRunning, errors.IdempotencyKeyReused),
    ("POST", "/wallets/{wallet_id}/payments"): (errors.ProgrammeNotRunning, errors.IdempotencyKeyReused),
    ("POST", "/payments/reversals"): (errors.ProgrammeNotRunning, errors.IdempotencyKeyReused),
    ("POST", f"{PAYMENT}/captures"): (
        errors.PaymentDeclined,
        errors.NotAHold,
        errors.HoldClosed,
        errors.HoldExpired,
        errors.CaptureExceedsHold,
        errors.IdempotencyKeyReused,
    ),
    ("POST", f"{PAYMENT}/void"): (
        errors.PaymentDeclined,
        errors.NotAHold,
        errors.HoldClosed,
        errors.IdempotencyKeyReused,
    ),
    ("POST", f"{PAYMENT}/cancellations"): CANCELLATION_REFUSES,
    ("POST", "/merchants/{merchant_id}/payments/{payment_id}/cancellations"): CANCELLATION_REFUSES,
    ("POST", "/wallets/{wallet_id}/cashback_quotes"): (errors.ProgrammeNotRunning,),
    ("POST", "/merchants"): (errors.ProgrammeNotRunning, errors.AlreadyApplied, errors.MerchantExcluded),
    ("POST", f"{APPLICATION}/approval"): (errors.ProgrammeNotRunning, errors.AlreadyDecided, errors.MerchantExcluded),
    ("POST", f"{APPLICATION}/rejection"): (errors.AlreadyDecided,),
    ("GET", "/policies/in_force"): (errors.NotFound,),
    ("POST", "/policies/{version}/withdrawal"): (errors.AmendmentTooLate,),
    ("POST", "/policy_drafts"): (errors.DraftExists, errors.PolicyRefused),
    ("POST", f"{DRAFT}/revisions"): (*DRAFT_REFUSES, errors.PolicyRefused),
    ("POST", f"{DRAFT}/check"): DRAFT_REFUSES,
    ("POST", f"{DRAFT}/approval"): (
        *DRAFT_REFUSES,
        errors.ApprovalByAuthor,
        errors.DraftNotChecked,
        errors.SimulationMissing,
        errors.PolicyInstantTaken,
        errors.PolicyRefused,
        errors.PolicyStartsTooSoon,
    ),
    ("POST", f"{DRAFT}/rejection"): DRAFT_REFUSES,
    ("POST", f"{DRAFT}/withdrawal"): DRAFT_REFUSES,
    ("POST", "/policy_amendments"): (errors.AmendmentRefused, errors.AmendmentTooLate),
    ("POST", f"{AMENDMENT}/approval"): (
        errors.AmendmentClosed,
        errors.ApprovalByAuthor,
        errors.AmendmentRefused,
        errors.AmendmentTooLate,
    ),
    ("POST", f"{AMENDMENT}/rejection"): (errors.AmendmentClosed,),
    ("POST", f"{AMENDMENT}/withdrawal"): (errors.AmendmentClosed,),
    ("POST", "/policies/history"): (errors.ProgrammeNotEmpty, errors.PolicyRefused),
    ("POST", "/policy_simulations"): (errors.NotFound, errors.PolicyRefused, errors.IdempotencyKeyReused),
    ("POST", "/budgets/{year}/lines"): (
        errors.BudgetLineTaken,
        errors.BudgetLineAppliesTooSoon,
        errors.FiscalYearClosed,
        errors.IdempotencyKeyReused,
    ),
    ("POST", "/budgets/{year}/lines/{line}/supplements"): (errors.FiscalYearClosed, errors.IdempotencyKeyReused),
    ("POST", "/budgets/{year}/closing"): (
        errors.FiscalYearNotOver,
        errors.FiscalYearClosed,
        errors.IdempotencyKeyReused,
    ),
}
"""What a route refuses beyond the refusals of its kind (malformed, not allowed, not found, busy)."""

GENERAL = (errors.Invalid, errors.Forbidden, errors.NotFound, errors.Busy)
"""Refusals that many routes share, each with a common response."""

CITY_TIME_HEADER: Document = {
    "description": "The city's time when this was answered, RFC 3339 with Seoul's offset. Use it instead of a device's clock. "
    "Answers of the API itself (401, 403 for a missing scope, 404 for an unknown path, 429) do not have it.",
    "schema": {"type": "string", "format": "date-time"},
    "example": "2021-01-05T12:00:00.000+09:00",
}
_OF_FUNCTIONS: Document = {CITY_TIME: {"$ref": "#/components/headers/CityTime"}}
_OF_THE_API = "The API itself answers this, as `application/json` with a `message` alone."


def answers_of(key: RouteKey, content: Document, finished: Document, protected: bool, keyed: bool) -> Document:
    """Every answer of a route by status; `finished` has what is already described of its operation."""
    successes = {str(status.value): _success(status, content, keyed) for status in CREATES.get(key, (HTTPStatus.OK,))}
    return successes | _refusals(key, finished, protected)


def _success(status: HTTPStatus, content: Document, keyed: bool) -> Document:
    headers: Document = dict(_OF_FUNCTIONS)
    replayed = {"description": "`true` when this request was answered before", "schema": {"const": "true"}}
    location = ""
    match status:
        case HTTPStatus.CREATED:
            description, location = "Created", "The address of what was made"
        case HTTPStatus.ACCEPTED:
            description, location = "Accepted; it will be computed", "The address of its later answer"
        case _:
            description = "Decided: carried out or declined" if keyed else "OK"
    if location:
        headers["Location"] = {"description": location, "schema": {"type": "string"}}
    if keyed:
        headers["Idempotency-Replayed"] = replayed
    return {"description": description, "headers": headers, "content": content}


def _refusals(key: RouteKey, operation: Document, protected: bool) -> Document:
    parameters = operation.get("parameters", [])
    general = {
        # An unknown query parameter is refused everywhere.
        errors.Invalid: True,
        errors.Forbidden: protected,
        errors.NotFound: any(parameter["in"] == "path" for parameter in parameters),
        errors.Busy: True,
    }
    refused = [refusal for refusal, applies in general.items() if applies] + list(REFUSES.get(key, ()))
    by_status: dict[int, list[type[errors.Refusal]]] = {}
    for refusal in refused:
        by_status.setdefault(STATUS[refusal].value, []).append(refusal)
    shared = {STATUS[refusal].value: refusal.__name__ for refusal in GENERAL}
    responses = {
        str(status): _reference(shared[status]) if status in shared else _problem_response(refusals)
        for status, refusals in by_status.items()
    }
    if protected:
        responses["401"] = _reference("Unauthorised")
    if "requestBody" in operation:
        responses["415"] = _reference("UnsupportedMediaType")
    responses["429"] = _reference("TooManyRequests")
    return dict(sorted(responses.items()))


def _reference(name: str) -> Document:
    return {"$ref": f"#/components/responses/{name}"}


def _problem_response(refusals: list[type[errors.Refusal]]) -> Document:
    codes = "\n".join(f"- `{refusal.code}`: {_first_line(refusal)}" for refusal in refusals)
    examples = {refusal.code: {"value": _example(refusal)} for refusal in refusals}
    return _problem(codes, examples)


def _problem(description: str, examples: Document) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "headers": _OF_FUNCTIONS,
        "content": {CONTENT_TYPE: {"schema": schema, "examples": examples}},
    }


def _example(refusal: type[errors.Refusal]) -> Document:
    if refusal is errors.Invalid:
        faults = [fault("amount", "greater_than_equal", "Input should be greater than or equal to 1", {"ge": 1})]
        return problem(STATUS[refusal], refusal.code, f"amount: {faults[0]['message']}", faults)
    return problem(STATUS[refusal], refusal.code, _first_line(refusal))


def _first_line(refusal: type[errors.Refusal]) -> str:
    return (refusal.__doc__ or "").partition("\n")[0]


def shared_responses() -> Document:
    """Answers that many routes share."""
    unsupported = "The body must be application/json."
    no_json = problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", unsupported)
    busy = _problem_response([errors.Busy])
    retry = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    return {
        "Invalid": _problem_response([errors.Invalid]),
        "Unauthorised": _of_the_api("There is no valid access token.", "Unauthorized"),
        "Forbidden": _or_of_the_api(errors.Forbidden, "The token lacks the scope.", "Forbidden"),
        "NotFound": _or_of_the_api(errors.NotFound, "There is no such path.", "Not Found"),
        "UnsupportedMediaType": _problem(
            f"- `unsupported_media_type`: {unsupported}", {"unsupported_media_type": {"value": no_json}}
        ),
        "TooManyRequests": _of_the_api(
            "Too many requests at once. Wait a second, then send the same request again.", "Too Many Requests"
        ),
        "Busy": busy | {"headers": busy["headers"] | retry},
    }


def _of_the_api(description: str, message: str) -> Document:
    return {"description": f"{description} {_OF_THE_API}", "content": _message(message)}


def _or_of_the_api(refusal: type[errors.Refusal], description: str, message: str) -> Document:
    by_function = _problem_response([refusal])
    return by_function | {
        "description": f"{by_function['description']}\n\n{description} {_OF_THE_API}",
        "content": by_function["content"] | _message(message),
    }


def _message(message: str) -> Document:
    schema = {"$ref": "#/components/schemas/GatewayMessage"}
    return {"application/json": {"schema": schema, "example": {"message": message}}}


def problem_schemas() -> Document:
    """The schemas of errors; Powertools describes none."""
    from eeum.aws.http import Problem

    described: Document = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = described.pop("$defs")
    message = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
    about = "An answer of the API itself, before any function is called."
    return {"Problem": described, **parts, "GatewayMessage": message | {"description": about}}
