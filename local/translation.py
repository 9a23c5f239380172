"""Translate the built SAM template into one that the emulator can deploy, with as few changes as its gaps require.

Bridged here, and nowhere else:

- The emulator ignores the OpenAPI `Body` of an HTTP API: its routes become routes, integrations and authorizers of their
  own. It calls functions as itself, so the role that the API calls them under is left out.
- It refuses alarms on several metrics. They are left out: a local city notifies no one.
- It does not evaluate the condition key `dynamodb:EnclosingOperation`, so a statement with it would deny everything:
  that key, and only that, is taken out. A test holds it in the template itself.
- It asks for `sqs:SendMessageBatch` where many messages are sent at once, an action that AWS does not have. A
  role that may send one message is allowed to send many.
- It knows no schedule time zones and no `<aws.scheduler.scheduled-time>`: the schedule is deployed switched off, and
  the runner invokes the function at each local midnight (`local/schedule.py`).
- A parameter that changes publishes no new function version, on AWS as here. The city's clock is one, and moves:
  versions are named after it, so that a moved clock publishes.
- It has no CodeDeploy: versions are switched at once, and old ones deleted.
- Its CloudFront calls no address of AWS: the origin that is the API becomes the emulator's own.
- After a restart stream event sources stall: each is named after the start, so that a start makes it again.
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import os
import re
from types import SimpleNamespace
from typing import Any

from local import places

Template = dict[str, Any]

UNSUPPORTED_CONDITION_KEYS = ("dynamodb:EnclosingOperation", "events:source", "s3:prefix")
METHODS = frozenset({"get", "put", "post", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method"})
#: The emulator's tag for a chosen API id, so that the address stays the same after a reset.
API_ID_TAG = "ms-custom-id"
API_ID = "eeum"
#: The function that an integration calls, by its alias or by its name.
CALLED = re.compile(r"/functions/\$\{(\w+?)(?:Aliaslive)?[.}]")
#: The path on the emulator's port below which each API answers, under its id.
API_PATH = "/_aws/execute-api"


def translate(template: Template, parameters: dict[str, str], start: str, port: int) -> Template:
    """The template as plain CloudFormation, for an emulator on `port`; event sources are named after `start`."""
    plain = _without_serverless(template, parameters)
    _without_unsupported_conditions(plain)
    _sending_many(plain)
    for name, resource in list(plain["Resources"].items()):
        kind = resource["Type"]
        if kind == "AWS::ApiGatewayV2::Api":
            plain["Resources"].update(_routes(name, resource["Properties"]))
        elif kind == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
            del plain["Resources"][name]
        elif kind == "AWS::Scheduler::Schedule":
            resource["Properties"]["State"] = "DISABLED"
        elif kind == "AWS::CloudFront::Distribution":
            _reach_the_api(resource["Properties"]["DistributionConfig"], port)
        elif kind == "AWS::Lambda::Version":
            function = resource["Properties"]["FunctionName"]["Ref"]
            _rename(plain, name, f"{function}Version{_digest(plain['Resources'][function], parameters)}")
        elif kind == "AWS::Lambda::EventSourceMapping":
            _rename(plain, name, f"{name}{start}")
    return plain


def _without_serverless(template: Template, parameters: dict[str, str]) -> Template:
    # Imported late: it costs a second, and only a deployment needs it.
    from samtranslator.translator.transform import transform

    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # its warnings are for its own developers
    os.environ.setdefault("AWS_DEFAULT_REGION", places.REGION)  # the translator asks for it, to choose an AWS partition
    no_managed_policies = SimpleNamespace(load=dict)
    plain: Template = transform(_switched_at_once(template), parameters, no_managed_policies)
    return plain


def _switched_at_once(template: Template) -> Template:
    """A copy without gradual deployments."""
    copied = copy.deepcopy(template)
    copied.get("Globals", {}).get("Function", {}).pop("VersionDeletionPolicy", None)
    for resource in copied["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"].pop("DeploymentPreference", None)
            resource["Properties"]["VersionDeletionPolicy"] = "Delete"
    return copied


def _supported(keys: dict[str, Any]) -> dict[str, Any]:
    """`keys` without those that make the emulator deny everything."""
    for key in UNSUPPORTED_CONDITION_KEYS:
        keys.pop(key, None)
    return keys


def _without_unsupported_conditions(node: Any) -> None:
    """Drop the keys from every policy condition, and what that leaves empty."""
    if isinstance(node, list):
        for part in node:
            _without_unsupported_conditions(part)
    if not isinstance(node, dict):
        return
    condition = node.get("Condition")
    if isinstance(condition, dict):
        for operator, keys in list(condition.items()):
            if isinstance(keys, dict) and not _supported(keys):
                del condition[operator]
        if not condition:
            del node["Condition"]
    for part in node.values():
        _without_unsupported_conditions(part)


def _sending_many(node: Any) -> None:
    """Let every statement that allows sending a message also allow sending many."""
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _sending_many(part)
    actions = node.get("Action") if isinstance(node, dict) else None
    listed = [actions] if isinstance(actions, str) else actions
    if isinstance(listed, list) and "sqs:SendMessage" in listed:
        node["Action"] = [*listed, "sqs:SendMessageBatch"]


def _routes(api: str, properties: dict[str, Any]) -> dict[str, Any]:
    """An API's OpenAPI body as resources; the API keeps its other properties."""
    body = properties.pop("Body")
    properties.pop("FailOnWarnings", None)
    properties.setdefault("Name", places.STACK)
    properties["ProtocolType"] = "HTTP"
    properties["Tags"] = {API_ID_TAG: API_ID}
    if "x-amazon-apigateway-cors" in body:
        # The emulator stores it unchanged, and reads it by the names that a request body has.
        properties["CorsConfiguration"] = body["x-amazon-apigateway-cors"]

    resources: dict[str, Any] = {}
    for scheme_name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        resources[f"{api}{scheme_name}"] = _resource(
            "Authorizer",
            ApiId={"Ref": api},
            Name=scheme_name,
            AuthorizerType="JWT",
            IdentitySource=[authorizer["identitySource"]],
            JwtConfiguration={
                "Issuer": authorizer["jwtConfiguration"]["issuer"],
                "Audience": authorizer["jwtConfiguration"]["audience"],
            },
        )
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            if method not in METHODS:
                continue
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            # Named after its function, so that an update leaves the integrations of other functions as they are.
            integration = f"{api}Integration{_called(uri)}"
            resources[integration] = _resource(
                "Integration",
                ApiId={"Ref": api},
                IntegrationType="AWS_PROXY",
                PayloadFormatVersion="2.0",
                IntegrationUri=uri,
            )
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            resources[f"{api}Route{_letters(verb)}{_letters(path)}"] = _resource(
                "Route",
                ApiId={"Ref": api},
                RouteKey="$default" if path == "/$default" else f"{verb} {path}",
                Target={"Fn::Sub": f"integrations/${{{integration}}}"},
                **_authorisation(api, operation.get("security", [])),
            )
    return resources


def _called(uri: Any) -> str:
    """The logical id of the function behind an integration."""
    found = CALLED.search(json.dumps(uri))
    if found is None:
        raise ValueError(f"{uri} names no function of the template.")
    return found[1]


def _reach_the_api(distribution: dict[str, Any], port: int) -> None:
    for origin in distribution["Origins"]:
        if "CustomOriginConfig" in origin:
            origin["DomainName"] = "127.0.0.1"
            origin["OriginPath"] = f"{API_PATH}/{API_ID}"
            origin["CustomOriginConfig"] = {
                "OriginProtocolPolicy": "http-only",
                "HTTPPort": port,
                "OriginReadTimeout": 60,
            }


def _authorisation(api: str, security: list[dict[str, list[str]]]) -> dict[str, Any]:
    """At most one requirement: a route of an HTTP API has one authorizer, and any one of its scopes is enough."""
    for requirement in security:
        for authorizer, scopes in requirement.items():
            if authorizer != "NONE":
                return {
                    "AuthorizationType": "JWT",
                    "AuthorizerId": {"Ref": f"{api}{authorizer}"},
                    "AuthorizationScopes": scopes,
                }
    return {"AuthorizationType": "NONE"}


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _rename(template: Template, old: str, new: str) -> None:
    """Give a resource another logical id, in its place and in every reference to it."""
    template["Resources"] = {new if name == old else name: resource for name, resource in template["Resources"].items()}
    _refer(template, old, new)


def _refer(node: Any, old: str, new: str) -> None:
    if isinstance(node, list):
        for part in node:
            _refer(part, old, new)
    if not isinstance(node, dict):
        return
    if node.get("Ref") == old:
        node["Ref"] = new
    attribute = node.get("Fn::GetAtt")
    if isinstance(attribute, list) and attribute[0] == old:
        attribute[0] = new
    if node.get("DependsOn") == old:
        node["DependsOn"] = new
    if isinstance(node.get("DependsOn"), list):
        node["DependsOn"] = [new if name == old else name for name in node["DependsOn"]]
    for part in node.values():
        _refer(part, old, new)


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}


def _letters(text: str) -> str:
    return "".join(part.capitalize() for part in "".join(c if c.isalnum() else " " for c in text).split())
