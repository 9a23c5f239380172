"""`make upgrade-drill`: an earlier release's city, with data, updated to this checkout while payments continue.

Exit status: 0 when nothing is lost and the audit is clean, 1 when something deviates, 2 when the drill failed to run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.failure import CityFailure
from local.upgrade.drill import drill
from local.upgrade.release import latest
from operations.failure import OperationFailed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.upgrade", description=__doc__)
    parser.add_argument(
        "--from",
        dest="release",
        default=os.environ.get("FROM") or None,
        help="a commit or tag; default: the variable FROM, or the latest release",
    )
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or None)
    arguments = parser.parse_args()
    release = arguments.release or latest()
    try:
        with tempfile.TemporaryDirectory(prefix="eeum-upgrade-") as folder:
            done = drill(Path(folder), release, lambda text: print(f"· {text}", flush=True), arguments.port)
    except (CityFailure, OperationFailed, BotoCoreError, ClientError) as failure:
        print(f"make upgrade-drill: {failure}", file=sys.stderr)
        return 2
    for line in done.lines():
        print(line)
    return 1 if done.faults else 0


if __name__ == "__main__":
    sys.exit(main())
