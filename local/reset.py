"""`make reset`: empty the local city, unless it runs. Files that developers wrote beside it stay."""

from __future__ import annotations

import sys

from local.city import the_city
from local.failure import CityFailure
from local.lock import FILE as LOCK_FILE


def main() -> int:
    city = the_city()
    try:
        city.lock.take()
    except CityFailure as failure:
        print(f"make reset: {failure}", file=sys.stderr)
        return 1
    city.empty()
    city.lock.release()
    others = sorted(part.name for part in city.data.iterdir() if part.name != LOCK_FILE)
    print("· The local city is empty." + (f" Kept in {city.data}: {', '.join(others)}." if others else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
