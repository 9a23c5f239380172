"""`make deploy STAGE=…`: build for the stage's processors, stamp what was built, and deploy exactly that."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from deployment.digest import stamp

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".aws-sam" / "build"
CONFIGURATION = ROOT / "samconfig.toml"
SAM = ROOT / ".environments" / "sam" / "bin" / "sam"


class NoSuchStage(Exception):
    """samconfig.toml has no deployment of that name."""


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


def target_of(parameters: list[str]) -> str:
    """What layers are built for, which must be what functions run on."""
    values = dict(parameter.split("=", 1) for parameter in parameters)
    return values.get("Architecture", "x86_64")


def main(stage: str) -> int:
    try:
        parameters = parameters_of(stage)
    except NoSuchStage as problem:
        print(f"make deploy: {problem}", file=sys.stderr)
        return 1
    environment = {**os.environ, "TARGET": target_of(parameters), "SAM_CLI_TELEMETRY": "0"}
    built = _sam("build", "--build-dir", str(BUILD), "--parallel", environment=environment)
    if built:
        return built
    print(f"· What was built is {stamp(BUILD, parameters)[:12]}.", flush=True)
    # The template is named, so that it is never the one of the sources that is deployed; `sam` then looks for its settings
    # next to it, so they are named too.
    what = ("--template-file", str(BUILD / "template.yaml"))
    how = ("--config-file", str(CONFIGURATION), "--config-env", stage)
    return _sam("deploy", *what, *how, environment=environment)


def _sam(*command: str, environment: dict[str, str]) -> int:
    return subprocess.run([str(SAM), *command], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
