"""`make catch-up`: post missing cashback now, instead of at the next half hour.

Exit status: 0 when nothing is missing, 1 when some entries cannot be posted (the function's log names each, with the reason), 2 when the
command failed.
"""

from __future__ import annotations

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from operations.failure import OperationFailed
from operations.segments import go_through
from operations.stack import Stack, add_arguments, stack_of

FUNCTION = "CashbackCatchUpFunction"
COUNTS = ("wallets", "behind", "posted", "unposted")


def catch_up(stack: Stack) -> dict[str, int]:
    """Numbers of wallets read, wallets behind, accruals made, and entries that have no accrual still."""
    found = go_through(stack, FUNCTION, at_once=True)
    return {name: sum(segment[name] for segment in found) for name in COUNTS}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.catch_up", description=__doc__)
    add_arguments(parser)
    try:
        found = catch_up(stack_of(parser.parse_args()))
    except (OperationFailed, BotoCoreError, ClientError) as problem:
        print(f"make catch-up: {problem}", file=sys.stderr)
        return 2
    print(
        f"· {found['wallets']} wallets looked at, {found['behind']} of them behind:"
        f" {found['posted']} posted, {found['unposted']} stay without an accrual."
    )
    return 1 if found["unposted"] else 0


if __name__ == "__main__":
    sys.exit(main())
