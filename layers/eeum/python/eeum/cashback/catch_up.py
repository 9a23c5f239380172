"""Catching up: finds captures and cancellations whose posting never came through the stream, and posts them by the same rules, once.

The stream keeps its records for 24 hours, and a laptop forgets them when it stops. What is then missing shows in its wallet, which counts
the postings that are due and those that were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, month_of
from eeum.cashback.gap_store import GapStore
from eeum.cashback.use_cases import PASSING, Accrual, Batch, post
from eeum.segments import Segment
from eeum.wallet.rules import Wallet
from eeum.wallet.store import WALLET

SECONDS_FOR_A_WALLET = 10.0
"""No further wallet is begun when less is left: its payments of years may have to be read."""

BEGINNING = ""
"""Where a segment is gone through from, when it was not begun yet."""


class Unposted(NamedTuple):
    """An entry whose posting cannot be made as things are, and why; `month` is that of its acceptance, None if it does not say."""

    wallet_id: str
    entry: str
    month: Month | None
    reason: str


def unposted_wallet(wallet_id: str, error: Exception) -> Unposted:
    """A wallet of which not even what is missing can be found out."""
    return Unposted(wallet_id, WALLET, None, f"unexpected_error: {type(error).__name__}: {error}")


class WalletCaughtUp(NamedTuple):
    """How many postings of a wallet were made now, and what is left without one."""

    posted: int
    unposted: list[Unposted]


@dataclass
class SegmentCaughtUp:
    """What became of the wallets of a segment, as far as the time went: `resume` says where to go on, None that it is done.

    `wallets` were looked at, `behind` of them had a gap.
    """

    resume: str | None
    wallets: int = 0
    behind: int = 0
    posted: int = 0
    unposted: list[Unposted] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What catching up works with."""

    gaps: GapStore
    accrual: Accrual

    def has_time(self) -> bool:
        return self.accrual.patience.remaining_seconds() >= SECONDS_FOR_A_WALLET

    def now(self) -> datetime:
        return self.accrual.now()

    def wallet(self, wallet: Wallet) -> WalletCaughtUp:
        """Posts what is missing in one wallet. A wallet without a gap costs nothing.

        Raises `Busy` when others are in the way for too long, and `ProgrammeNotRunning` for a programme without policies.
        """
        if wallet.due == wallet.posted:
            return WalletCaughtUp(0, [])
        try:
            return self._post_gaps(wallet)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one wallet, the next one has its turn
            return WalletCaughtUp(0, [unposted_wallet(wallet.id, error)])

    def _post_gaps(self, wallet: Wallet) -> WalletCaughtUp:
        sources, unsound = self.gaps.gaps(wallet.id)
        answer = post(Batch(sources), self.accrual)
        left = [Unposted(wallet.id, each.entry, each.month, each.reason) for each in unsound]
        for each in answer.unpostable:
            month = month_of(each.source.entry.acceptance.accepted_at)
            left.append(Unposted(wallet.id, each.source.entry.acceptance.id, month, each.reason))
        return WalletCaughtUp(answer.posted, left)


def catch_up_segment(catch_up: CatchUp, segment: Segment, after: str = BEGINNING) -> SegmentCaughtUp:
    """Catches up the wallets of a segment from `after` on, page by page, until its end or that of the time.

    It may run beside the stream, beside itself, and again from any page: each posting claims its source.
    """
    done = SegmentCaughtUp(after)
    while done.resume is not None and catch_up.has_time():
        page, following = catch_up.gaps.wallets(segment, done.resume or None)
        behind = [wallet for wallet in page if wallet.due != wallet.posted]
        unposted: list[Unposted] = []
        for wallet in behind:
            if not catch_up.has_time():
                # This page is begun again: what was posted of it is no gap any more.
                return done
            caught_up = catch_up.wallet(wallet)
            done.posted += caught_up.posted
            unposted += caught_up.unposted
        done.wallets += len(page)
        done.behind += len(behind)
        done.unposted += unposted
        done.resume = following
    return done
