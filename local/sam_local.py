"""Run `sam local` on the build for Lambda, with the running city's values; `make invoke` and `make start-api` share it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from local import environment, places
from local.city import City, the_running_city
from local.containers import BRIDGE, offered
from local.emulator import ACCESS_KEY, SECRET_KEY
from local.failure import CityFailure


def reachable_city() -> City:
    """The running city. Raises anything that would keep containers from reaching it, before slow work begins."""
    if shutil.which("docker") is None:
        raise CityFailure("Docker is missing, in which `sam local` runs functions.")
    return the_running_city()


def run(city: City, command: list[str], more_options: list[str]) -> int:
    """Run `sam local …` with everything that a function needs to work on the city; return its exit status."""
    if not (places.ROOT / ".aws-sam" / "build" / "template.yaml").exists():
        raise CityFailure("Nothing is built for Lambda yet; `make build` does that.")
    options = ["--env-vars", str(environment.write_for_containers(city)), "--parameter-overrides", "Stage=local"]
    if sys.platform == "linux":  # on other systems Docker itself resolves that name, to the loopback address
        options += ["--add-host", f"{environment.CONTAINER_HOST}:{BRIDGE}"]
    identity = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": places.REGION,
        "SAM_CLI_TELEMETRY": "0",
    }
    with offered(city.emulator.port):
        return subprocess.run(
            [str(places.program("sam", "sam")), "local", *command, *options, *more_options],
            cwd=places.ROOT,
            env={**os.environ, **identity},
            check=False,
        ).returncode
