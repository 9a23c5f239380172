"""`local/environment.json`: the variables of a function in a container of `sam local invoke`, so that it works on the running local city.

The file is checked in: table and queue names follow from the stack's fixed name. `python -m local.environment` writes
it again from the running city when the template's variables have changed; a test compares it with a deployed city.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from local import places
from local.city import City, the_running_city
from local.failure import CityFailure

FILE = Path(__file__).with_name("environment.json")
#: The host name with which a container reaches the machine that it runs on.
CONTAINER_HOST = "host.docker.internal"
ENDPOINT = "AWS_ENDPOINT_URL"
#: Different at every start; `write_for_containers` adds the running city's.
CLOCK = "CLOCK_SHIFT_SECONDS"
#: The suffix of variables that name a bucket. They are added too, since buckets have other names in every local city.
BUCKET = "_BUCKET"


def of_city(city: City) -> dict[str, dict[str, str]]:
    """The deployed variables by function (logical id), as a container needs them."""
    functions = city.emulator.client("lambda")
    deployed = {
        logical_id: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        for logical_id, name in sorted(city.stack.functions.items())
    }
    return {logical_id: _from_a_container(variables) for logical_id, variables in deployed.items()}


def write_for_containers(city: City) -> Path:
    """Write the values of this city beside its data: those that are checked in, and its own clock and buckets.

    `make run` does so when it opens the city, so that `sam local` by hand finds them, too.
    """
    functions = city.emulator.client("lambda")
    values = {}
    for logical_id, known in checked_in().items():
        deployed = functions.get_function_configuration(FunctionName=city.stack.resources[logical_id])
        variables: dict[str, str] = deployed["Environment"]["Variables"]
        buckets = {name: value for name, value in variables.items() if name.endswith(BUCKET)}
        values[logical_id] = known | {CLOCK: str(city.clock.shift_seconds)} | buckets
    file = city.data / FILE.name
    file.write_text(written(values))
    return file


def _from_a_container(variables: dict[str, str]) -> dict[str, str]:
    seen = {ENDPOINT: f"http://{CONTAINER_HOST}:{places.DEFAULT_PORT}"}
    for name, value in sorted(variables.items()):
        if name != CLOCK and not name.endswith(BUCKET):
            seen[name] = _address(value)
    return seen


def _address(value: str) -> str:
    """A queue's address names the emulator's own host and port."""
    if not value.startswith("http://"):
        return value
    path = value.removeprefix("http://").partition("/")[2]
    return f"http://{CONTAINER_HOST}:{places.DEFAULT_PORT}/{path}"


def checked_in() -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = json.loads(FILE.read_text())
    return values


def written(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2) + "\n"


def main() -> int:
    try:
        city = the_running_city()
        FILE.write_text(written(of_city(city)))
    except CityFailure as failure:
        print(f"local.environment: {failure}", file=sys.stderr)
        return 1
    print(f"· {FILE.relative_to(places.ROOT)} is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
