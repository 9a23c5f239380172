"""`make release-fixture RELEASE=…`: store a city made by this checkout's code, for every later release to read.

Run it in a checkout of the release. The file is named after the release, and is checked in.
"""

import sys

from tests.upgrade.fixture import write
from tests.upgrade.making import made

if __name__ == "__main__":
    path = write(made(sys.argv[1]))
    print(f"· {path}: {path.stat().st_size:,} bytes.")
