"""The API's description, docs/openapi.json, from the functions' routes and the template's authorizers.

What a route takes and answers is in the code, and Powertools describes it; who may call it is in the template. What neither says is in
the tables here: which answers are 201, and what each route may refuse. Tests hold them to what the functions do.
"""

from __future__ import annotations

import importlib
import json
import os
import tomllib
from http import HTTPStatus
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from deployment.patterns import schema_of
from deployment.template_routes import Route, routes_of
from eeum import errors
from eeum.aws.problems import CONTENT_TYPE, STATUS

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
DESCRIPTION = ROOT / "docs" / "openapi.json"
Document = dict[str, Any]
RouteKey = tuple[str, str]
"""Method and path, as the template writes them."""

TITLE = "e-eum"
OVERVIEW = """\
A city's mobile local currency: members pay at shops, and the cashback of the month's policy follows.

Amounts are whole won, times RFC 3339 with offset. A declined payment or top-up is an answer, with status 200 and a code of its own.
Each error is an `application/problem+json` document (RFC 9457) with a stable `code`; errors.md explains every one.
Every request that moves money needs an `Idempotency-Key`: the same request again has one effect and one answer."""

TAGS = {
    "wallets": "Members' wallets and what goes into them",
    "payments": "Authorising payments, and what becomes of them",
    "cashback": "What payments earned or would earn, and why",
    "balances": "What merchants are owed, funders gave and banks brought, as of the last hour",
    "merchants": "Shops, from application to payable merchant",
    "policies": "The programme's dated, immutable rules; public",
    "policy lifecycle": "From a draft to a version in force, and what amends it; for operators",
    "budgets": "What funders put up for a fiscal year, what is left of it, and until when; for operators",
    "months": "The programme's months; public",
}

CREATES: dict[RouteKey, tuple[HTTPStatus, ...]] = {
    ("POST", "/wallets"): (HTTPStatus.CREATED, HTTPStatus.OK),
    ("POST", "/merchants"): (HTTPStatus.CREATED,),
    ("POST", "/policy_drafts"): (HTTPStatus.CREATED,),
    ("POST", "/policy_amendments"): (HTTPStatus.CREATED,),
    ("POST", "/policies/history"): (HTTPStatus.CREATED,),
    ("POST", "/policy_simulations"): (HTTPStatus.ACCEPTED,),
}
"""Routes that answer 201, or 202 for what goes on; a wallet that was there already is 200."""

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
    ("GET", "/months/{month}"): (errors.Invalid,),
    ("GET", "/budgets/{year}"): (errors.Invalid,),
    ("GET", "/budgets/{year}/changes"): (errors.Invalid,),
    ("GET", "/budgets/{year}/forecast"): (errors.Invalid,),
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
    ("GET", "/wallets/{wallet_id}/statements/{month}"): (errors.Invalid,),
}
"""What a route refuses beyond what each of its kind does (malformed, not allowed, not there, busy)."""


def described() -> Document:
    """The whole description, as an OpenAPI 3.1 document."""
    template = yaml_parse(TEMPLATE.read_text())
    paths: dict[str, Document] = {}
    schemas: Document = {}
    for handler, routes in _routes_by_handler(template).items():
        described_by_code = _described_by_code(handler)
        for name, schema in described_by_code["components"]["schemas"].items():
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"Two schemas are named {name}.")
        for path, operations in described_by_code["paths"].items():
            for method, operation in operations.items():
                key = (method.upper(), path)
                paths.setdefault(path, {})[method] = _operation(key, operation, routes.get(key, []))
    schemas |= _problem_schemas()
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "description": OVERVIEW,
            "version": tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "https://{api_id}.execute-api.{region}.amazonaws.com",
                "description": "A deployed city",
                "variables": {"api_id": {"default": "api"}, "region": {"default": "ap-northeast-2"}},
            },
            {
                "url": "http://127.0.0.1:4566/_aws/execute-api/eeum",
                "description": "The local city (`make run`)",
            },
        ],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": _used(schemas, paths),
            "responses": _responses(),
            "securitySchemes": _security_schemes(template),
        },
    }
    whole: Document = _whole_numbers(document)
    return whole


def _routes_by_handler(template: Document) -> dict[str, dict[RouteKey, list[Document]]]:
    """By the module of each handler behind the API: its routes in the template, with the security of each."""
    found: dict[str, dict[RouteKey, list[Document]]] = {}
    for route in routes_of(template):
        module = template["Resources"][route.function]["Properties"]["Handler"].rpartition(".")[0]
        found.setdefault(module, {})[route.method, route.path] = _security(route)
    return found


def _security(route: Route) -> list[Document]:
    """Any of the scopes opens the route, so that each is an alternative; a public route asks for nothing."""
    return [{route.authorizer: [scope]} for scope in route.scopes] if route.authorizer else []


def _security_schemes(template: Document) -> Document:
    who = {
        "ResidentAuthorizer": "An access token of the residents' pool: members and merchants by authorization code with PKCE, "
        "acquirers and banks by client credentials. The names listed for a route are scopes.",
        "StaffAuthorizer": "An access token of the staff's pool, of a person in the group `operators`. "
        "The names listed for a route are scopes.",
    }
    authorizers = template["Resources"]["Api"]["Properties"]["Auth"]["Authorizers"]
    return {
        name: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": who[name]}
        for name in authorizers
    }


def _described_by_code(handler: str) -> Document:
    # Functions read their environment when they are imported; nothing is called here.
    os.environ.setdefault("STAGE", "local")
    os.environ.setdefault("PROGRAMME", "incheon")
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-northeast-2")
    api = importlib.import_module(handler).api
    described_by_code: Document = json.loads(api.get_openapi_json_schema(title=TITLE, version="1"))
    # Named as people would name them: by the handler's own name, which no two share.
    names = {
        (route.method.lower(), route.openapi_path): route.func.__name__
        for route in api._static_routes + api._dynamic_routes
    }
    for path, operations in described_by_code["paths"].items():
        for method, operation in operations.items():
            operation["operationId"] = names[method, path]
    return described_by_code


def _operation(key: RouteKey, operation: Document, security: list[Document]) -> Document:
    parameters = [_parameter(key, parameter) for parameter in operation.get("parameters", [])]
    keyed = any(parameter["name"] == "Idempotency-Key" for parameter in parameters)
    answer = operation["responses"]["200"]["content"]
    finished: Document = {
        name: operation[name] for name in ("tags", "summary", "description", "operationId") if name in operation
    }
    if parameters:
        finished["parameters"] = parameters
    if "requestBody" in operation:
        finished["requestBody"] = operation["requestBody"]
    responses = {str(status.value): _answer(status, answer, keyed) for status in CREATES.get(key, (HTTPStatus.OK,))}
    responses |= _refusals(key, finished, bool(security))
    return finished | {"responses": responses, "security": security}


def _parameter(key: RouteKey, parameter: Document) -> Document:
    if parameter["name"].lower() == "idempotency-key":
        # A missing key has a problem of its own, so the code lets it through; a caller must give it all the same.
        parameter = parameter | {"name": "Idempotency-Key", "required": True}
    schema = schema_of(*key, parameter["name"])
    return parameter | {"schema": schema} if schema else parameter


def _answer(status: HTTPStatus, content: Document, keyed: bool) -> Document:
    if status is HTTPStatus.CREATED:
        location = {"description": "Where it is found", "schema": {"type": "string"}}
        return {"description": "Created", "headers": {"Location": location}, "content": content}
    if status is HTTPStatus.ACCEPTED:
        location = {"description": "Where its answer will be found", "schema": {"type": "string"}}
        return {"description": "It will be worked out", "headers": {"Location": location}, "content": content}
    answer: Document = {"description": "Decided: carried out or declined" if keyed else "OK", "content": content}
    if keyed:
        replayed = {"description": "`true` when this request was answered before", "schema": {"const": "true"}}
        answer["headers"] = {"Idempotency-Replayed": replayed}
    return answer


def _refusals(key: RouteKey, operation: Document, protected: bool) -> Document:
    parameters = operation.get("parameters", [])
    malformed = "requestBody" in operation or any(parameter["in"] != "path" for parameter in parameters)
    addressed = any(parameter["in"] == "path" for parameter in parameters)
    general = {
        errors.Invalid: malformed,
        errors.Forbidden: protected,
        errors.NotFound: addressed,
        errors.Busy: True,
    }
    refused = [refusal for refusal, applies in general.items() if applies] + list(REFUSES.get(key, ()))
    by_status: dict[int, list[type[errors.Refusal]]] = {}
    for refusal in refused:
        by_status.setdefault(STATUS[refusal].value, []).append(refusal)
    shared = {STATUS[refusal].value: refusal.__name__ for refusal in general}
    responses = {
        str(status): {"$ref": f"#/components/responses/{shared[status]}"}
        if status in shared
        else _problem_response(refusals)
        for status, refusals in by_status.items()
    }
    if protected:
        responses["401"] = {"$ref": "#/components/responses/Unauthorised"}
    if "requestBody" in operation:
        responses["415"] = {"$ref": "#/components/responses/UnsupportedMediaType"}
    return dict(sorted(responses.items()))


def _problem_response(refusals: list[type[errors.Refusal]]) -> Document:
    told = "\n".join(f"- `{refusal.code}`: {_first_line(refusal)}" for refusal in refusals)
    return {"description": told, "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _first_line(refusal: type[errors.Refusal]) -> str:
    return (refusal.__doc__ or "").partition("\n")[0]


def _responses() -> Document:
    """What many routes refuse alike."""
    problem = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    gateway = {"application/json": {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}}
    retry = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    return {
        "Invalid": _problem_response([errors.Invalid]),
        "Unauthorised": {"description": "There is no valid access token; told by the API itself.", "content": gateway},
        "Forbidden": _problem_response([errors.Forbidden]) | {"content": problem | gateway},
        "NotFound": _problem_response([errors.NotFound]),
        "UnsupportedMediaType": {
            "description": "- `unsupported_media_type`: The body must be application/json.",
            "content": problem,
        },
        "Busy": _problem_response([errors.Busy]) | {"headers": retry},
    }


def _problem_schemas() -> Document:
    from eeum.aws.http import Problem

    message = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
    return {"Problem": Problem.model_json_schema(), "GatewayMessage": message | {"title": "GatewayMessage"}}


def _used(schemas: Document, paths: dict[str, Document]) -> Document:
    """The schemas that something refers to: Powertools adds some of errors that are never answered."""
    prefix = "#/components/schemas/"
    used = {"Problem", "GatewayMessage"}
    waiting = _references(paths)
    while waiting:
        name = waiting.pop().removeprefix(prefix)
        if name in schemas and name not in used:
            used.add(name)
            waiting |= _references(schemas[name])
    return {name: schemas[name] for name in sorted(used)}


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(part) for part in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(part) for part in node))
    return set()


def _whole_numbers(node: Any) -> Any:
    """Bounds are whole won; Powertools writes them with a decimal point."""
    if isinstance(node, dict):
        return {name: _whole_numbers(part) for name, part in node.items()}
    if isinstance(node, list):
        return [_whole_numbers(part) for part in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node


def text() -> str:
    """The description as it is checked in."""
    return json.dumps(described(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    DESCRIPTION.write_text(text())
    print(f"{DESCRIPTION.relative_to(ROOT)} is up to date.")
