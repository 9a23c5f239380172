"""`make invoke`: one built function in a container (`sam local invoke`), on the running local city."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local import environment, sam_local
from local.failure import CityFailure


def main() -> int:
    arguments, options = _arguments()
    try:
        _check(arguments.function, arguments.event)
        city = sam_local.reachable_city()
        if arguments.check:
            return 0
        return sam_local.run(city, ["invoke", arguments.function, "--event", str(arguments.event)], options)
    except CityFailure as failure:
        print(f"make invoke: {failure}", file=sys.stderr)
        return 1


def _check(function: str, event: Path) -> None:
    values = environment.checked_in()
    if function not in values:
        raise CityFailure(f"There is no function {function}; there are {', '.join(values)}.")
    if not event.is_file():
        raise CityFailure(f"There is no event {event}; see events/.")


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    """The arguments, and the options that are passed on to `sam local invoke`."""
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__, allow_abbrev=False)
    parser.add_argument("function", help="its logical id, such as PaymentAuthorisationFunction")
    parser.add_argument("event", type=Path, help="a file of events/")
    parser.add_argument(
        "--check", action="store_true", help="only check whether the function can be invoked; build nothing"
    )
    return parser.parse_known_args()


if __name__ == "__main__":
    sys.exit(main())
