"""`make deploy STAGE=…`: build for the stage's processors, stamp what was built, deploy exactly that, and upload the pages.

Then versions of functions that no one can be sent back to any more are deleted.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError

from deployment import compiled, own_issuer, web
from deployment.digest import stamp
from deployment.versions import delete_old_versions

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".aws-sam" / "build"
CONFIGURATION = ROOT / "samconfig.toml"
SAM = ROOT / ".environments" / "sam" / "bin" / "sam"
EXAMPLE = re.compile(r"\.example(?![\w.-])", re.IGNORECASE)


class NoSuchStage(Exception):
    """samconfig.toml has no deployment of that name."""


class ExampleAddress(Exception):
    """A parameter has an address of the reserved domain `.example`."""


class NoCredentials(Exception):
    """There are no AWS credentials."""


def parameters_of(stage: str, configuration: Path = CONFIGURATION) -> list[str]:
    """The parameters, each `Name=value`, that a stage is deployed with. Raises `NoSuchStage`."""
    settings = tomllib.loads(configuration.read_text())
    try:
        parameters: list[str] = settings[stage]["deploy"]["parameters"]["parameter_overrides"]
    except KeyError:
        stages = ", ".join(
            name for name, commands in settings.items() if isinstance(commands, dict) and "deploy" in commands
        )
        raise NoSuchStage(f"samconfig.toml deploys no stage {stage}; it knows {stages}.") from None
    return parameters


def check_addresses(stage: str, parameters: list[str]) -> None:
    """Raise `ExampleAddress` for addresses that the project only shows as examples: people would be sent to no page of the city's."""
    values = (parameter.split("=", 1) for parameter in parameters)
    examples = [name for name, value in values if EXAMPLE.search(value)]
    if examples:
        raise ExampleAddress(
            f"samconfig.toml gives {stage} addresses below .example, where no one is: replace {', '.join(examples)} by the city's own."
        )


def target_of(parameters: list[str]) -> str:
    """The processors that layers are built for; functions must run on the same."""
    values = dict(parameter.split("=", 1) for parameter in parameters)
    return values.get("Architecture", "x86_64")


def check_credentials() -> None:
    """Raise `NoCredentials` before a build takes its minute. AWS alone knows whether they allow a deployment."""
    try:
        found = botocore.session.get_session().get_credentials()
    except BotoCoreError as problem:  # such as a missing profile
        raise NoCredentials(f"The AWS credentials cannot be read: {problem}") from problem
    if found is None:
        raise NoCredentials(
            "There are no AWS credentials. Set AWS_PROFILE to a profile of yours, after `aws configure` or `aws sso login`,"
            " or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN, if they are temporary)."
        )


def main(stage: str, confirmed: str = "") -> int:
    """Deploy a stage. With `confirmed`, such as `yes`, no one is asked about the changes: a pipeline's reviewers were."""
    try:
        parameters = parameters_of(stage)
        check_addresses(stage, parameters)
        check_credentials()
        own_issuer.check(dict(parameter.split("=", 1) for parameter in parameters))
    except (NoSuchStage, ExampleAddress, NoCredentials, own_issuer.BadProvider) as problem:
        print(f"make deploy: {problem}", file=sys.stderr)
        return 1
    try:
        pages = web.build()
    except web.NotBuilt as problem:
        print(f"make deploy: {problem}", file=sys.stderr)
        return 1
    environment = {**os.environ, "TARGET": target_of(parameters), "SAM_CLI_TELEMETRY": "0"}
    # `sam build` takes the processors from the parameters; the makefiles of the layers take them from TARGET.
    options = ("--build-dir", str(BUILD), "--parallel", "--parameter-overrides", *parameters)
    built = _sam("build", *options, environment=environment)
    if built:
        return built
    print(f"· What was built is {stamp(BUILD, parameters)[:12]}.", flush=True)
    print(f"· {compiled.sentence(BUILD)}", flush=True)
    # Without a named template, `sam` may deploy the one of the sources. With it, `sam` looks for its settings beside the template,
    # so the settings are named too.
    what = ("--template-file", str(BUILD / "template.yaml"))
    how = (
        "--config-file",
        str(CONFIGURATION),
        "--config-env",
        stage,
        *(["--no-confirm-changeset"] if confirmed else []),
    )
    return _sam("deploy", *what, *how, environment=environment) or _after(stage, pages)


def _after(stage: str, pages: Path) -> int:
    settings = tomllib.loads(CONFIGURATION.read_text())[stage]["deploy"]["parameters"]
    session = boto3.session.Session(region_name=settings["region"])
    cloudformation = session.client("cloudformation")
    _upload(stage, pages, session, cloudformation, settings["stack_name"])
    deleted = delete_old_versions(cloudformation, session.client("lambda"), settings["stack_name"])
    print(f"· {deleted} old versions of functions are deleted; the version before each is kept.", flush=True)
    return 0


def _upload(stage: str, pages: Path, session: boto3.session.Session, cloudformation: Any, stack_name: str) -> None:
    """Put the pages where the deployed distribution reads them, and say where they are found."""
    (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    changed = web.upload(session.client("s3"), outputs["WebBucket"], pages, web.configuration(outputs, stage))
    print(f"· {len(changed)} files of the pages are new; they are at {outputs['WebUrl']}/", flush=True)
    if outputs["WebAddress"] != outputs["WebUrl"]:
        print(
            f"· Sign-in returns people to {outputs['WebAddress']}: set WebAddress={outputs['WebUrl']} in samconfig.toml"
            " and deploy again, if that is not where the pages are found.",
            flush=True,
        )


def _sam(*command: str, environment: dict[str, str]) -> int:
    return subprocess.run([str(SAM), *command], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3] or [""]))
