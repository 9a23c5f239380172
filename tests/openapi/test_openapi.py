"""docs/openapi.json agrees with the code and the template, and is valid OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deployment import openapi
from tests.http.routes import ROUTES, Route, route_of
from tests.openapi import examples
from tests.template.template import functions, routes

# The OpenAPI Initiative's own schema of 2022-10-07, https://spec.openapis.org/oas/3.1/schema/2022-10-07 (Apache 2.0).
OFFICIAL = Path(__file__).with_name("openapi_3_1.schema.json")
CHECKED_IN: dict[str, Any] = json.loads(openapi.DESCRIPTION.read_text())
OPERATIONS = {
    (method.upper(), path): operation
    for path, operations in CHECKED_IN["paths"].items()
    for method, operation in operations.items()
}


def test_the_checked_in_description_is_up_to_date() -> None:
    assert openapi.DESCRIPTION.read_text() == openapi.text(), "the routes changed: run `make openapi`"


def test_it_is_openapi_3_1() -> None:
    Draft202012Validator(json.loads(OFFICIAL.read_text())).validate(CHECKED_IN)


def test_every_schema_is_json_schema() -> None:
    for schema in CHECKED_IN["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_has_a_target() -> None:
    for reference in _references(CHECKED_IN):
        node: Any = CHECKED_IN
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)


def test_operation_names_are_unique() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(set(names)) == len(names)
    assert all("summary" in operation for operation in OPERATIONS.values())
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == {
        tag["name"] for tag in CHECKED_IN["tags"]
    }


def test_its_routes_are_the_template_s() -> None:
    """Method and path, the function that has the code, and the scopes."""
    opened = {
        (route.method, route.path): (
            functions()[route.function]["Handler"],
            [{route.authorizer: [scope]} for scope in route.scopes] if route.authorizer else [],
        )
        for route in routes()
    }

    described = {key: (f"{_module_of(*key)}.handler", operation["security"]) for key, operation in OPERATIONS.items()}
    assert described == opened


def _module_of(method: str, path: str) -> str:
    route = next(route for route in ROUTES if (route.method, route.path) == (method, path))
    assert route_of(method, path) is route
    return str(route.module.__name__)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_the_scopes_are_those_that_the_function_requires(route: Route) -> None:
    """`tests/http` shows for each route that its function accepts these scopes and no others."""
    security = OPERATIONS[route.method, route.path]["security"]

    assert (
        tuple(scope for alternative in security for scopes in alternative.values() for scope in scopes) == route.scopes
    )


def test_no_two_schemas_have_one_title() -> None:
    """A generator names what it makes by titles, and drops what has a name that is taken."""
    schemas = CHECKED_IN["components"]["schemas"]

    assert {name: schema["title"] for name, schema in schemas.items()} == {name: name for name in schemas}
    assert len({name.lower() for name in schemas}) == len(schemas)
    assert not [name for name in schemas if not name.isalnum()]


def test_every_operation_says_what_it_does_and_shows_it() -> None:
    for key, operation in OPERATIONS.items():
        assert operation["description"].endswith("."), key
        for parameter in operation.get("parameters", ()):
            assert parameter["description"].endswith("."), (key, parameter["name"])
            Draft202012Validator(parameter["schema"]).validate(parameter["example"])
        contents = [operation["requestBody"]] if "requestBody" in operation else []
        answers = [
            operation["responses"][status] for status in ("200", "201", "202") if status in operation["responses"]
        ]
        assert any("example" in media for answer in answers for media in answer["content"].values()), key
        for content in (*contents, *answers):
            for media in content["content"].values():
                if "example" in media:
                    _validate(media["schema"], media["example"])
        assert all("example" in media for content in contents for media in content["content"].values()), key


def _validate(schema: Any, example: Any) -> None:
    Draft202012Validator({**schema, "components": CHECKED_IN["components"]}).validate(example)


def test_the_examples_of_problems_are_problems() -> None:
    shared = CHECKED_IN["components"]["responses"]
    own = {str(key): answer for key, each in OPERATIONS.items() for answer in each["responses"].values()}
    for answer in (*shared.values(), *own.values()):
        for media in answer.get("content", {}).values():
            for example in media.get("examples", {}).values():
                _validate(media["schema"], example["value"])


def test_the_examples_are_what_a_city_answers() -> None:
    assert openapi.EXAMPLES.read_text() == examples.text(), "an answer changed: run `make openapi`"


def test_each_flow_asks_for_the_scopes_of_its_clients() -> None:
    flows = {
        (name, flow): set(described["scopes"])
        for name, scheme in CHECKED_IN["components"]["securitySchemes"].items()
        for flow, described in scheme["flows"].items()
    }
    assert flows == {
        ("ResidentAuthorizer", "authorizationCode"): {"eeum/wallet", "eeum/merchant"},
        ("ResidentAuthorizer", "clientCredentials"): {"eeum/payments", "eeum/top_ups"},
        ("StaffAuthorizer", "authorizationCode"): {"eeum-staff/operate"},
    }
    asked = {
        (name, scope)
        for operation in OPERATIONS.values()
        for alternative in operation["security"]
        for name, scopes in alternative.items()
        for scope in scopes
    }
    assert asked == {(name, scope) for (name, _), scopes in flows.items() for scope in scopes}


def test_every_protected_route_tells_of_401_and_403_and_every_body_of_400_and_415() -> None:
    for key, operation in OPERATIONS.items():
        statuses = set(operation["responses"])
        assert ({"401", "403"} <= statuses) == bool(operation["security"]), key
        assert ("415" in statuses) == ("requestBody" in operation), key
        assert {"400", "429", "503"} <= statuses, key
