"""After a deployment, a function keeps the version in use and the one before."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deployment.versions import delete_old_versions

ROLE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Stack:
    """A deployed stack with a table and one function, as CloudFormation lists it in two pages."""

    def __init__(self, function: str) -> None:
        self._pages = [
            [{"ResourceType": "AWS::DynamoDB::Table", "PhysicalResourceId": "table"}],
            [{"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": function}],
        ]

    def get_paginator(self, operation: str) -> Stack:
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803 — as botocore names it
        assert StackName == "eeum-dev"
        return [{"StackResourceSummaries": page} for page in self._pages]


def packed(text: str) -> bytes:
    """Code of a function, as a zip file."""
    contents = io.BytesIO()
    with zipfile.ZipFile(contents, "w") as archive:
        archive.writestr("index.py", f"def handler(event, context): return {text!r}")
    return contents.getvalue()


class Account:
    """An account with one function."""

    def __init__(self) -> None:
        self.functions = boto3.client("lambda", region_name="ap-northeast-2")
        self.function = "payments"
        roles = boto3.client("iam")
        role = roles.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(ROLE_TRUST))["Role"]["Arn"]
        self.functions.create_function(
            FunctionName=self.function,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": packed("created")},
        )

    def publish(self, text: str) -> str:
        """Publish a version of code that differs by `text`."""
        self.functions.update_function_code(FunctionName=self.function, ZipFile=packed(text))
        return str(self.functions.publish_version(FunctionName=self.function)["Version"])

    @property
    def versions(self) -> list[str]:
        listed = self.functions.list_versions_by_function(FunctionName=self.function)["Versions"]
        return [each["Version"] for each in listed if each["Version"] != "$LATEST"]

    def delete_old(self) -> int:
        return delete_old_versions(Stack(self.function), self.functions, "eeum-dev")

    def alias(self, version: str, **more: Any) -> None:
        self.functions.create_alias(FunctionName=self.function, Name="live", FunctionVersion=version, **more)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Account()


def test_the_latest_two_stay(account: Account) -> None:
    versions = [account.publish(str(number)) for number in range(4)]
    account.alias(versions[-1])
    assert account.delete_old() == 2
    assert account.versions == versions[2:]
    assert account.delete_old() == 0, "a second run has nothing to do"


def test_a_version_that_an_alias_uses_stays_however_old_it_is(account: Account) -> None:
    """A deployment that was rolled back leaves the alias on an earlier version."""
    versions = [account.publish(str(number)) for number in range(4)]
    account.alias(versions[0])
    assert account.delete_old() == 1
    assert account.versions == [versions[0], *versions[2:]]


def test_both_versions_of_a_shift_stay(account: Account) -> None:
    versions = [account.publish(str(number)) for number in range(5)]
    account.alias(versions[0], RoutingConfig={"AdditionalVersionWeights": {versions[1]: 0.1}})
    account.delete_old()
    assert account.versions == [*versions[:2], *versions[3:]]


def test_a_first_deployment_has_nothing_to_delete(account: Account) -> None:
    account.publish("first")
    assert account.delete_old() == 0
