"""The stack that a command works on, the local city's or that of a stage in samconfig.toml: its resources and clients."""

from __future__ import annotations

import argparse
import json
import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import places, variables
from local.emulator import ACCESS_KEY, HOST, SECRET_KEY
from local.lock import port_of_running_city
from local.stack_resources import Resources, resources_of
from operations.failure import OperationFailed

CONFIGURATION = places.ROOT / "samconfig.toml"
LOCAL = "local"
LONGEST_FUNCTION_SECONDS = 900


class Stack:
    """A deployed template. `endpoint` is the address of the local city's emulator; None means AWS, with the caller's credentials."""

    def __init__(self, name: str, session: boto3.session.Session, endpoint: str | None = None) -> None:
        self.name = name
        self._session = session
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}

    @classmethod
    def local(cls, port: int = places.DEFAULT_PORT) -> Stack:
        session = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name=places.REGION)
        return cls(places.STACK, session, f"http://{HOST}:{port}")

    @classmethod
    def of_stage(cls, stage: str, configuration: Path = CONFIGURATION) -> Stack:
        """The stack of a stage. Raises `OperationFailed` for a stage that samconfig.toml does not have."""
        settings = tomllib.loads(configuration.read_text())
        try:
            parameters = settings[stage]["deploy"]["parameters"]
            name, region = parameters["stack_name"], parameters["region"]
        except KeyError:
            raise OperationFailed(f"samconfig.toml deploys no stage {stage}.") from None
        return cls(name, boto3.session.Session(region_name=region))

    def client(self, service: str) -> Any:
        if service not in self._clients:
            # A function may run for long; a retry would call it twice.
            config = Config(read_timeout=LONGEST_FUNCTION_SECONDS, retries={"total_max_attempts": 1})
            self._clients[service] = self._session.client(
                service,  # type: ignore[call-overload]  # any service
                endpoint_url=self._endpoint,
                config=config,
            )
        return self._clients[service]

    @property
    def resources(self) -> dict[str, str]:
        """Physical ids by logical id. Raises `OperationFailed` when there is no such stack, or no answer."""
        return self._listed.all

    @property
    def functions(self) -> dict[str, str]:
        """Names of the Lambda functions by logical id. Raises as `resources`."""
        return self._listed.functions

    @cached_property
    def _listed(self) -> Resources:
        try:
            return resources_of(self.client("cloudformation"), self.name)
        except (BotoCoreError, ClientError) as problem:
            hint = " `make run`, in another terminal, starts the local city." if self._endpoint else ""
            raise OperationFailed(f"The stack {self.name} cannot be read: {problem}.{hint}") from problem

    def invoke(self, function: str, event: Any) -> Any:
        """The answer of the published version of a function, by its logical id. Raises `OperationFailed` when it fails."""
        answer = self.client("lambda").invoke(
            FunctionName=self.resources[function], Qualifier="live", Payload=json.dumps(event).encode()
        )
        contents = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise OperationFailed(f"{function} failed: {contents[:500]}")
        return json.loads(contents or "null")

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage, which every command takes; by default it is the local city."""
    parser.add_argument(
        "--stage", default=os.environ.get("CITY") or LOCAL, help="`local`, or a stage of samconfig.toml; default CITY"
    )
    parser.add_argument(
        "--port",
        type=variables.port,
        default=os.environ.get("PORT") or None,
        help="port of the local city; default: that of the running one",
    )


def stack_of(arguments: argparse.Namespace) -> Stack:
    """The stack that the arguments name. Raises `OperationFailed` for an unknown stage."""
    if arguments.stage != LOCAL:
        return Stack.of_stage(arguments.stage)
    return Stack.local(arguments.port or port_of_running_city(places.DATA) or places.DEFAULT_PORT)
