"""`make reset`: empty the local city, unless it runs."""

from __future__ import annotations

import sys

from local.city import the_city
from local.failure import CityFailure


def main() -> int:
    city = the_city()
    try:
        city.lock.take()
    except CityFailure as failure:
        print(f"make reset: {failure}", file=sys.stderr)
        return 1
    city.empty()
    city.lock.release()
    print("· The local city is empty.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
