"""Waiting for what comes a moment later: by asking again, with a generous bound, and never by the clock alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from tests.e2e.members import Member

BOUND_SECONDS = 60
Seen = TypeVar("Seen")


def wait_for(look: Callable[[], Seen], until: Callable[[Seen], bool], what: str) -> Seen:
    """What `look` sees once it is as wanted; fails the test with what it saw last."""
    deadline = time.monotonic() + BOUND_SECONDS
    while not until(seen := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {BOUND_SECONDS} seconds; last seen: {seen}"
        time.sleep(0.1)
    return seen


def wait_for_cashback(*members: Member) -> None:
    """Until every payment that these members made has its cashback posted."""
    for member in members:
        wait_for(
            lambda wallet=member: wallet.api.get(f"/wallets/{wallet.wallet}"),  # type: ignore[misc]
            lambda wallet: bool(wallet["cashback_pending"] == 0),
            f"the cashback of {member.name}",
        )


def earned(member: Member, month: str) -> list[int]:
    """Won of cashback, payment by payment, in the order in which the payments were made."""
    earnings: Iterable[dict[str, object]] = member.api.get(f"/wallets/{member.wallet}/cashback", month=month)[
        "earnings"
    ]
    return [int(str(each["cashback"])) for each in sorted(earnings, key=lambda each: str(each["payment_id"]))]
