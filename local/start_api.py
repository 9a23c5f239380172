"""`make start-api`: the built functions in containers behind HTTP (`sam local start-api`), on the running local city.

It has no sign-in: `docs/local-city.md` lists the routes that work without it.
"""

from __future__ import annotations

import argparse
import sys

from local import sam_local
from local.failure import CityFailure


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.start_api", description=__doc__, allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="only check whether the API can be started; build nothing")
    arguments, options = parser.parse_known_args()
    try:
        city = sam_local.reachable_city()
        return 0 if arguments.check else sam_local.run(city, ["start-api"], options)
    except CityFailure as failure:
        print(f"make start-api: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
