"""The API's description, docs/openapi.json, from the functions' routes and the template's authorizers.

Powertools describes what a route takes and answers, from the code. The template says who may call it. `deployment.described_answers` has
the answers of each route, and `examples.json` real requests and answers, which a test makes.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from deployment.described_answers import CITY_TIME_HEADER, RouteKey, answers_of, problem_schemas, shared_responses
from deployment.described_sign_in import security_of, security_schemes
from deployment.patterns import described_parameter
from deployment.template_routes import routes_of

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
DESCRIPTION = ROOT / "docs" / "openapi.json"
EXAMPLES = Path(__file__).with_name("examples.json")
"""By route, `METHOD /path`: the `request` body that it takes, and the `answer` by status."""
Document = dict[str, Any]

TITLE = "e-eum"
OVERVIEW = """\
A city's mobile local currency: members pay at shops, and the cashback of the month's policy follows.

Amounts are whole won, times RFC 3339 with offset. A declined payment or top-up is an answer, with status 200 and a code of its own.
Each error is an `application/problem+json` document (RFC 9457) with a stable `code`, and a sentence in English (`detail`) and in Korean
(`detail_ko`); errors.md explains every one. Every request that moves money needs an `Idempotency-Key`: the same request again has one
effect and one answer. Unknown fields and unknown query parameters are refused.

Lists come in pages of up to `limit` entries. While `cursor` is not null there may be more: send it with the same parameters.

The API itself, before any function is called, answers 401 without a valid token, 403 where the token lacks the scope, 404 for a path that
is not here, and 429 to too many requests, each as `{"message": "…"}`. sign-in.md says how to get a token."""

TAGS = {
    "wallets": "Members' wallets and what goes into them",
    "payments": "Authorising, capturing, voiding and cancelling payments",
    "cashback": "What payments earned or would earn, and why",
    "balances": "What merchants are owed, what funders paid and what banks brought, as of the last hour",
    "merchants": "Shops, from application to accepting payments",
    "policies": "The programme's dated, immutable rules; public",
    "policy lifecycle": "From a draft to a version in force, and what amends it; for operators",
    "budgets": "Funders' money for a fiscal year, what is left of it, and how long it will last; for operators",
    "months": "The programme's months; public",
}

_OF_TWO_KINDS = re.compile(r"-(Input|Output)\b")
"""Pydantic gives a schema that refers to itself two names, for reading and for writing, though both are the same."""


def described() -> Document:
    """The whole description, as an OpenAPI 3.1 document."""
    template = yaml_parse(TEMPLATE.read_text())
    examples = json.loads(EXAMPLES.read_text())
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
                finished = _operation(key, operation, routes.get(key, []))
                _exemplify(finished, examples.get(f"{key[0]} {path}", {}))
                paths.setdefault(path, {})[method] = finished
    schemas |= problem_schemas()
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
            "schemas": _titled(_used(schemas, paths)),
            "responses": shared_responses(),
            "headers": {"CityTime": CITY_TIME_HEADER},
            "securitySchemes": security_schemes(template),
        },
    }
    whole: Document = _whole_numbers(document)
    return whole


def _routes_by_handler(template: Document) -> dict[str, dict[RouteKey, list[Document]]]:
    """The routes in the template, with the security of each, by the module of their handler."""
    found: dict[str, dict[RouteKey, list[Document]]] = {}
    for route in routes_of(template):
        module = template["Resources"][route.function]["Properties"]["Handler"].rpartition(".")[0]
        found.setdefault(module, {})[route.method, route.path] = security_of(route)
    return found


def _described_by_code(handler: str) -> Document:
    # Functions read their environment when they are imported. Nothing is called here.
    os.environ.setdefault("STAGE", "local")
    os.environ.setdefault("PROGRAMME", "incheon")
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-northeast-2")
    api = importlib.import_module(handler).api
    text = _OF_TWO_KINDS.sub("", api.get_openapi_json_schema(title=TITLE, version="1"))
    described_by_code: Document = json.loads(text, object_pairs_hook=_the_same_twice)
    # An operation has the name of its handler, which no two share.
    functions = {
        (route.method.lower(), route.openapi_path): route.func for route in api._static_routes + api._dynamic_routes
    }
    for path, operations in described_by_code["paths"].items():
        for method, operation in operations.items():
            function = functions[method, path]
            operation["operationId"] = function.__name__
            operation["description"] = inspect.getdoc(function) or ""
    return described_by_code


def _the_same_twice(pairs: list[tuple[str, Any]]) -> Document:
    """An object from pairs, in which a repeated name must have equal values."""
    read: Document = {}
    for name, value in pairs:
        if read.setdefault(name, value) != value:
            raise ValueError(f"Two schemas are named {name}.")
    return read


def _operation(key: RouteKey, operation: Document, security: list[Document]) -> Document:
    parameters = [described_parameter(*key, parameter) for parameter in operation.get("parameters", [])]
    keyed = any(parameter["name"] == "Idempotency-Key" for parameter in parameters)
    finished: Document = {name: operation[name] for name in ("tags", "summary", "description", "operationId")}
    if parameters:
        finished["parameters"] = parameters
    if "requestBody" in operation:
        finished["requestBody"] = _untitled(operation["requestBody"])
    content = _untitled(operation["responses"]["200"]["content"])
    responses = answers_of(key, content, finished, bool(security), keyed)
    return finished | {"responses": responses, "security": security}


def _exemplify(operation: Document, example: Document) -> None:
    """Add the examples of a route to its request and its answers."""
    if "request" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["request"]
    for status, answer in example.get("answer", {}).items():
        response = operation["responses"][status]
        # Two statuses may share one content.
        response["content"] = {media: each | {"example": answer} for media, each in response["content"].items()}


def _titled(schemas: Document) -> Document:
    """Schemas with unique titles: generators name their types by title, and drop a type whose name is taken."""
    return {name: {"title": name} | _untitled(schema) for name, schema in schemas.items()}


def _untitled(schema: Any) -> Any:
    """Schemas without the titles that pydantic makes from names of fields. A field with the name `title` has a schema, and stays."""
    if isinstance(schema, dict):
        return {name: _untitled(part) for name, part in schema.items() if name != "title" or not isinstance(part, str)}
    return [_untitled(part) for part in schema] if isinstance(schema, list) else schema


def _used(schemas: Document, paths: dict[str, Document]) -> Document:
    """The schemas in use. Powertools adds others, of errors that are never answered."""
    prefix = "#/components/schemas/"
    used = set()
    waiting = _references(paths) | {f"{prefix}{name}" for name in ("Problem", "GatewayMessage")}
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
    """Write bounds as whole won; Powertools writes them with a decimal point."""
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
