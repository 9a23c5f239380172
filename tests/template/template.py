"""template.yaml for tests: as written, and as SAM translates it for a stage."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from deployment.template_routes import Route, routes_of

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = "AWS::Serverless::Function"
TABLE = "AWS::DynamoDB::Table"
QUEUE = "AWS::SQS::Queue"
ROLE = "AWS::IAM::Role"
ALARM = "AWS::CloudWatch::Alarm"

Properties = dict[str, Any]


@cache
def template() -> Properties:
    """The template as written, with `!Ref` and other short forms in full."""
    return cast("Properties", yaml_parse((ROOT / "template.yaml").read_text()))


def resources(kind: str) -> dict[str, Properties]:
    """The properties of every resource of a kind, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def functions() -> dict[str, Properties]:
    """Every function with `Globals`: SAM joins variables and layers; of other properties the function's own wins."""
    shared = template()["Globals"]["Function"]
    return {
        name: {
            **shared,
            **properties,
            **_environment(properties),
            "Layers": [*shared["Layers"], *properties.get("Layers", ())],
        }
        for name, properties in resources(FUNCTION).items()
    }


def _environment(properties: Properties) -> Properties:
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {"Environment": {"Variables": {**shared, **properties["Environment"]["Variables"]}}}


def events(function: str, kind: str) -> dict[str, Properties]:
    """The properties of a function's events of a kind."""
    listed = functions()[function].get("Events", {})
    return {name: event["Properties"] for name, event in listed.items() if event["Type"] == kind}


@cache
def routes() -> list[Route]:
    """Every route of the API."""
    return routes_of(template())


def http_functions() -> list[str]:
    """The functions that answer routes."""
    answering = {route.function for route in routes()}
    return [name for name in functions() if name in answering]


def role_of(function: str) -> Properties:
    (reference,) = functions()[function]["Role"].values()
    return resources(ROLE)[reference[0]]


def statements(role: Properties) -> list[Properties]:
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(statement: Properties) -> list[str]:
    return listed(statement["Action"])


def named_in(node: Any) -> set[str]:
    """The logical ids that a value refers to."""
    if isinstance(node, list):
        return {name for part in node for name in named_in(part)}
    if not isinstance(node, dict):
        return set()
    if set(node) == {"Ref"}:
        return {node["Ref"]}
    if set(node) == {"Fn::GetAtt"}:
        reference = node["Fn::GetAtt"]
        return {(reference if isinstance(reference, list) else reference.split("."))[0]}
    if set(node) == {"Fn::Sub"}:
        return {part.split("}")[0].split(".")[0] for part in listed(node["Fn::Sub"])[0].split("${")[1:]}
    return {name for part in node.values() for name in named_in(part)}


def packaged(source: Properties) -> Properties:
    """A copy of the template whose code is in S3."""
    copied = copy.deepcopy(source)
    copied["Globals"]["Function"].pop("CodeUri", None)
    for resource in copied["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == FUNCTION:
            properties["CodeUri"] = "s3://artifacts/function"
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = "s3://artifacts/layer"
    return copied


def translated(source: Properties, stage: str = "dev") -> Properties:
    """Plain CloudFormation, as the SAM transform makes it."""
    parameters = {name: str(each["Default"]) for name, each in source["Parameters"].items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")  # the translator reads it for the partition
        return cast(
            "Properties", transform(packaged(source), {**parameters, "Stage": stage}, SimpleNamespace(load=dict))
        )
