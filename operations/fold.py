"""`make fold`: bring balances up to date now, instead of at the next hour.

Exit status: 0 when it is done, 2 when the command failed.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

FUNCTION = "BalanceFoldFunction"


def fold(stack: Stack) -> dict[str, Any]:
    """Numbers of batches added and of pages written, and the instant of the balances; None before the first batch."""
    answer: dict[str, Any] = stack.invoke(FUNCTION, {})
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.fold", description=__doc__)
    add_arguments(parser)
    try:
        folded = fold(stack_of(parser.parse_args()))
    except (OperationFailed, BotoCoreError, ClientError) as problem:
        print(f"make fold: {problem}", file=sys.stderr)
        return 2
    as_of = folded["as_of"] or "no instant yet: nothing was ever counted"
    print(f"· {folded['batches']} batches were added to {folded['pages']} pages; balances are of {as_of}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
