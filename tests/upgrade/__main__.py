"""`make release-fixture RELEASE=…`: store a city made by this checkout's code, for every later release to read.

Run it in a checkout of the release. The file is named after the release, and is checked in.
"""

import argparse

from local.variables import commit
from tests.upgrade.fixture import write
from tests.upgrade.making import made

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__)
    parser.add_argument("release", type=commit, help="the short commit of this checkout")
    path = write(made(parser.parse_args().release))
    print(f"· {path}: {path.stat().st_size:,} bytes.")
