"""Waiting for results of the stream: poll with a generous bound, and never sleep for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from tests.e2e.members import Member

BOUND_SECONDS = 60
Seen = TypeVar("Seen")


def wait_for(look: Callable[[], Seen], until: Callable[[Seen], bool], what: str) -> Seen:
    """Poll `look` until its result is as wanted, and return it; on timeout, fail with the last result."""
    deadline = time.monotonic() + BOUND_SECONDS
    while not until(seen := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {BOUND_SECONDS} seconds; last seen: {seen}"
        time.sleep(0.1)
    return seen


def wait_for_cashback(*members: Member) -> None:
    """Wait until the cashback of every payment of these members is posted."""
    for member in members:
        wait_for(
            lambda wallet=member: wallet.api.get(f"/wallets/{wallet.wallet}"),  # type: ignore[misc]
            lambda wallet: bool(wallet["cashback_pending"] == 0),
            f"the cashback of {member.name}",
        )


def earned(member: Member, month: str) -> list[int]:
    """Won of cashback of each payment, in the order of the payments."""
    earnings: Iterable[dict[str, object]] = member.api.get(f"/wallets/{member.wallet}/cashback", month=month)[
        "earnings"
    ]
    return [int(str(each["cashback"])) for each in sorted(earnings, key=lambda each: str(each["payment_id"]))]
