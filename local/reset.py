"""`make reset`: empty the local city, unless it runs."""

from __future__ import annotations

import os
import sys

from local import places
from local.city import the_city
from local.emulator import port_is_taken


def main() -> int:
    port = int(os.environ.get("PORT") or places.DEFAULT_PORT)
    if port_is_taken(port):
        print(f"make reset: something listens on port {port}; stop the city first (Ctrl-C).", file=sys.stderr)
        return 1
    the_city(port).empty()
    print("· The local city is empty.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
