"""The API's routes: written into its OpenAPI body from the parts' `Routes`, and read from there.

For routes as events of functions, SAM makes a permission each, and a stack has at most five hundred resources. With a body, the API calls
all functions under one role. `sam local start-api` reads a body as it reads events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

API = "Api"
ANYONE = "anyone"
AUTHORIZERS = {"eeum": "ResidentAuthorizer", "eeum-staff": "StaffAuthorizer"}
"""By the resource server of a scope."""
PARAMETERS = {
    "eeum/wallet": "WalletScope",
    "eeum/merchant": "MerchantScope",
    "eeum/payments": "PaymentsScope",
    "eeum/top_ups": "TopUpsScope",
}
"""The parameters with the names that a city's own identity provider has for our scopes."""
_SCOPES = {parameter: scope for scope, parameter in PARAMETERS.items()}
URI = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FUNCTION.Arn}:live/invocations"
)
"""What the API calls for a function: its published version. Named by `Arn`, which `sam local start-api` and the linter both read."""
INTEGRATION = """\
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                payloadFormatVersion: "2.0"
                credentials: !GetAtt ApiRole.Arn
                uri: !Sub {uri}
              responses: {{}}"""
_FUNCTION = re.compile(r"/functions/\$\{(\w+)\.Arn\}:live/invocations")


class BadRoute(Exception):
    """A malformed route, or one whose scopes the API does not know."""


@dataclass(frozen=True)
class Route:
    """One route: its function, and the tokens that it accepts."""

    method: str
    path: str
    function: str
    """The function's logical id."""
    authorizer: str | None
    """None for a public route."""
    scopes: tuple[str, ...]
    """Any one of them opens the route."""

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(template: dict[str, Any]) -> list[Route]:
    """Every route of a template, by path."""
    paths = template["Resources"][API]["Properties"]["DefinitionBody"]["paths"]
    return [
        _read(method.upper(), path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def definition_body(routes: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The lines of the body. `routes` has the scopes of each route, by function. Raises `BadRoute`."""
    yield "      DefinitionBody:"
    yield "        openapi: 3.0.1"
    yield '        info: {title: !Ref AWS::StackName, version: "1.0"}'
    yield "        paths:"
    every = sorted(_checked(key, scopes, function) for function, each in routes.items() for key, scopes in each.items())
    last = ""
    for path, method, security, function in every:
        if path != last:
            yield f"          {path}:"
        last = path
        yield f"            {method.lower()}:"
        if names := re.findall(r"\{(\w+)\}", path):
            yield f"              parameters: [{', '.join(f'{{name: {name}, in: path, required: true}}' for name in names)}]"
        yield f"              security: [{security}]"
        yield INTEGRATION.format(uri=URI.replace("FUNCTION", function))


def _checked(key: str, scopes: Any, function: str) -> tuple[str, str, str, str]:
    """Path, method, security and function."""
    if not re.fullmatch(r"(GET|POST|PUT|PATCH|DELETE) /[a-z_{}/]*", key):
        raise BadRoute(f"{key} of {function} must be a method and a path, such as GET /wallets/{{wallet_id}}.")
    method, _, path = key.partition(" ")
    if scopes == ANYONE:
        return path, method, "{NONE: []}", function
    authorizers = {AUTHORIZERS.get(scope.partition("/")[0]) for scope in scopes}
    if len(authorizers) != 1 or None in authorizers:
        raise BadRoute(f"{key} of {function} must be for scopes of one pool, or for {ANYONE}, and not for {scopes}.")
    named = [f"!Ref {PARAMETERS[scope]}" if scope in PARAMETERS else scope for scope in scopes]
    return path, method, f"{{{authorizers.pop()}: [{', '.join(named)}]}}", function


def _read(method: str, path: str, operation: dict[str, Any]) -> Route:
    ((authorizer, scopes),) = operation["security"][0].items()
    named = _FUNCTION.search(operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])
    if named is None:
        raise BadRoute(f"{method} {path} calls no function of the template.")
    ours = tuple(_SCOPES[each["Ref"]] if isinstance(each, dict) else each for each in scopes)
    return Route(method, path, named[1], None if authorizer == "NONE" else authorizer, ours)
