"""Creating and updating the city's stack in the emulator, and finding its resources."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from local import packaging, places
from local.emulator import Emulator
from local.failure import CityFailure
from local.stack_resources import Resources, resources_of
from local.translation import API_ID, API_PATH, translate

DEPLOY_SECONDS = 120
LONGEST_REASON = 600
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class Stack:
    """The city's stack as it is deployed."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._formation = emulator.client("cloudformation")

    @property
    def api(self) -> str:
        """Where the HTTP API answers."""
        return f"{self._emulator.endpoint}{API_PATH}/{API_ID}"

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by their names."""
        (stack,) = self._formation.describe_stacks(StackName=places.STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    @property
    def exists(self) -> bool:
        try:
            return bool(self._formation.describe_stacks(StackName=places.STACK)["Stacks"])
        except ClientError:
            return False

    @property
    def resources(self) -> dict[str, str]:
        """Physical ids by logical id."""
        return self._listed.all

    @property
    def functions(self) -> dict[str, str]:
        """Names of the Lambda functions by logical id."""
        return self._listed.functions

    @cached_property
    def _listed(self) -> Resources:
        return resources_of(self._formation, places.STACK)


class Deployment(Stack):
    """Creates and updates the stack; every deployment sends the whole template, as CloudFormation requires."""

    def __init__(
        self,
        emulator: Emulator,
        built: Path,
        start: str | None = None,
        web_address: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """`built` is the built template, `start` the name of an earlier deployment's event sources, `web_address` where browsers are.

        `parameters` are more parameters of the template, by their names.
        """
        super().__init__(emulator)
        self._built = built
        self._web_address = web_address or f"http://localhost:{emulator.port}"
        #: Changed between deployments by those who try another configuration.
        self.parameters = dict(parameters or {})
        #: Event sources have the process id in their names, since a restarted emulator has lost their positions.
        self._start = start or f"Start{int(time.time())}"

    def of(self, built: Path) -> Deployment:
        """Another template for the same stack: event sources continue from their positions, as on AWS."""
        return Deployment(self._emulator, built, self._start, self._web_address, self.parameters)

    @cached_property
    def _packaged(self) -> dict[str, Any]:
        template: dict[str, Any] = yaml_parse(self._built.read_text())
        return packaging.package(self._emulator, template, self._built.parent)

    def deploy(self, clock_shift_seconds: int) -> None:
        """Create or update the stack, with the functions' clock shifted by `shift`."""
        parameters = self._parameters(clock_shift_seconds)
        try:
            template = translate(self._packaged, parameters, self._start, self._emulator.port)
        except Exception as problem:  # the translator raises a class of its own for each kind of fault
            raise CityFailure(f"The template cannot be translated: {problem}") from problem
        key = packaging.upload(self._emulator, json.dumps(template).encode(), "json")
        change = self._formation.update_stack if self.exists else self._formation.create_stack
        try:
            change(
                StackName=places.STACK,
                TemplateURL=f"{self._emulator.endpoint}/{packaging.BUCKET}/{key}",
                Capabilities=CAPABILITIES,
                Parameters=[
                    {"ParameterKey": name, "ParameterValue": value} for name, value in sorted(parameters.items())
                ],
            )
        except ClientError as refusal:
            if "No updates are to be performed" not in str(refusal):
                raise CityFailure(
                    f"The deployment was refused: {_shortened(refusal.response['Error']['Message'])}"
                ) from refusal
        self._await_completion()
        self._delete_superseded_versions()
        self.__dict__.pop("_listed", None)  # looked up again when asked for

    def _parameters(self, clock_shift_seconds: int) -> dict[str, str]:
        wanted = {
            "Stage": "local",
            "Programme": places.PROGRAMME,
            "ClockShiftSeconds": str(clock_shift_seconds),
            "WebAddress": self._web_address,
            **self.parameters,
        }
        known = self._packaged.get("Parameters", {})
        defaults = {name: str(definition["Default"]) for name, definition in known.items() if "Default" in definition}
        return defaults | {name: value for name, value in wanted.items() if name in known}

    def _await_completion(self) -> None:
        deadline = time.monotonic() + DEPLOY_SECONDS
        while time.monotonic() < deadline:
            status = self._formation.describe_stacks(StackName=places.STACK)["Stacks"][0]["StackStatus"]
            if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                return
            if status.endswith(("FAILED", "ROLLBACK_COMPLETE")):
                raise CityFailure(f"The deployment failed at {self._first_failure()}")
            time.sleep(0.1)
        raise CityFailure(f"The deployment did not complete within {DEPLOY_SECONDS} seconds.")

    def _delete_superseded_versions(self) -> None:
        """Keep two versions of each function: the current one, and the one before it, which may still run.

        The emulator keeps a process of every version, some 50 MB each, for as long as the version exists.
        """
        functions = self._emulator.client("lambda")
        for page in functions.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                name = function["FunctionName"]
                listed = functions.list_versions_by_function(FunctionName=name)["Versions"]
                published = sorted(int(each["Version"]) for each in listed if each["Version"] != "$LATEST")
                for version in published[:-2]:
                    functions.delete_function(FunctionName=name, Qualifier=str(version))

    def _first_failure(self) -> str:
        events = self._formation.describe_stack_events(StackName=places.STACK)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        if not failed:
            return "a resource that it does not name."
        first = failed[-1]  # events come newest first
        return f"{first['LogicalResourceId']}: {_shortened(first.get('ResourceStatusReason', 'no reason was given.'))}"


def _shortened(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"
