"""`make invoke`: one built function in a container (`sam local invoke`), on the running local city."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from local import environment, places
from local.city import City, the_running_city
from local.containers import BRIDGE, offered
from local.emulator import ACCESS_KEY, SECRET_KEY
from local.failure import CityFailure


def main() -> int:
    arguments = _arguments()
    try:
        city = _checked(arguments.function, arguments.event)
        return 0 if arguments.check else _invoke(city, arguments.function, arguments.event, arguments.options)
    except CityFailure as failure:
        print(f"make invoke: {failure}", file=sys.stderr)
        return 1


def _checked(function: str, event: Path) -> City:
    """The running city, if the function can be invoked on it; raises what would keep it, before anything takes time."""
    if shutil.which("docker") is None:
        raise CityFailure("Docker is missing, in which `sam local invoke` runs functions.")
    values = environment.checked_in()
    if function not in values:
        raise CityFailure(f"There is no function {function}; there are {', '.join(values)}.")
    if not event.is_file():
        raise CityFailure(f"There is no event {event}; see events/.")
    return the_running_city()


def _invoke(city: City, function: str, event: Path, more_options: list[str]) -> int:
    if not (places.ROOT / ".aws-sam" / "build" / "template.yaml").exists():
        raise CityFailure("Nothing is built for Lambda yet; `make build` does that.")
    variables = city.data / "environment.json"
    told = environment.checked_in()[function] | environment.of_running_city(city, function)
    variables.write_text(json.dumps({function: told}))
    command = [str(places.program("sam", "sam")), "local", "invoke", function]
    options = ["--event", str(event), "--env-vars", str(variables), "--parameter-overrides", "Stage=local"]
    if sys.platform == "linux":  # elsewhere Docker itself knows that name, and it reaches loopback
        options += ["--add-host", f"{environment.CONTAINER_HOST}:{BRIDGE}"]
    identity = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": places.REGION,
        "SAM_CLI_TELEMETRY": "0",
    }
    with offered(city.emulator.port):
        return subprocess.run(
            [*command, *options, *more_options], cwd=places.ROOT, env={**os.environ, **identity}, check=False
        ).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__)
    parser.add_argument("function", help="its logical id, such as PaymentAuthorisationFunction")
    parser.add_argument("event", type=Path, help="a file of events/")
    parser.add_argument("--check", action="store_true", help="only say what would keep it, before anything is built")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="more options of `sam local invoke`")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
