"""Catching up: accrues captures and cancellations that the stream never delivered, by the same rules, once.

The stream keeps its records for 24 hours, and a local city loses them when it stops. A wallet shows the gap: it counts the accruals that
are due and those that were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, month_of
from eeum.cashback.gap_store import READ_UNITS_OF_KEYS, GapStore
from eeum.cashback.use_cases import PASSING, Accrual, Batch, accrue
from eeum.passes.pace import Pace, read_pages
from eeum.segments import BEGINNING, Segment
from eeum.wallet.rules import Wallet
from eeum.wallet.store import WALLET

SECONDS_FOR_A_WALLET = 10.0
"""No further wallet is started with less time left: years of its payments may have to be read."""


class Unposted(NamedTuple):
    """An entry whose accrual is not possible now, and why. `month` is that of its acceptance; None if the entry does not say."""

    wallet_id: str
    entry: str
    month: Month | None
    reason: str


def unposted_wallet(wallet_id: str, error: Exception) -> Unposted:
    """A wallet whose missing accruals cannot even be found."""
    return Unposted(wallet_id, WALLET, None, f"unexpected_error: {type(error).__name__}: {error}")


class WalletCaughtUp(NamedTuple):
    """How many accruals of a wallet were made now, and which entries are left without one."""

    accrued: int
    unposted: list[Unposted]


@dataclass
class SegmentCaughtUp:
    """The result for a segment, as far as the time allowed. `resume` is where to continue; None at the end.

    `wallets` were checked, `behind` of them had a gap.
    """

    resume: str | None
    wallets: int = 0
    behind: int = 0
    accrued: int = 0
    unposted: list[Unposted] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What catching up depends on. `pace` limits what it reads in a second."""

    gaps: GapStore
    accrual: Accrual
    pace: Pace = field(default_factory=Pace)

    def has_time(self) -> bool:
        return self.accrual.patience.remaining_seconds() >= SECONDS_FOR_A_WALLET

    def now(self) -> datetime:
        return self.accrual.now()

    def wallet(self, wallet: Wallet) -> WalletCaughtUp:
        """Make the missing accruals of one wallet. A wallet without a gap costs nothing.

        Raises `Busy` when other writes compete for too long, and `ProgrammeNotRunning` for a programme without policies.
        """
        if wallet.due == wallet.accrued:
            return WalletCaughtUp(0, [])
        try:
            return self._post_gaps(wallet)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - one wallet's error must not stop the others
            return WalletCaughtUp(0, [unposted_wallet(wallet.id, error)])

    def _post_gaps(self, wallet: Wallet) -> WalletCaughtUp:
        sources, unsound = self.gaps.gaps(wallet.id)
        answer = accrue(Batch(sources), self.accrual)
        left = [Unposted(wallet.id, each.entry, each.month, each.reason) for each in unsound]
        for each in answer.not_accruable:
            month = month_of(each.source.entry.acceptance.accepted_at)
            left.append(Unposted(wallet.id, each.source.entry.acceptance.id, month, each.reason))
        return WalletCaughtUp(answer.accrued, left)


def catch_up_segment(catch_up: CatchUp, segment: Segment, after: str = BEGINNING) -> SegmentCaughtUp:
    """Catch up the wallets of a segment after `after`, page by page, until its end or the end of the time.

    It may run beside the stream, beside another run, and again from any page: each accrual claims its source. Throttled pages:
    `read_pages`.
    """
    done = SegmentCaughtUp(after)
    read_pages(
        done, lambda: _catch_up_page(catch_up, segment, done), catch_up.has_time, catch_up.accrual.patience.pause
    )
    return done


def _catch_up_page(catch_up: CatchUp, segment: Segment, done: SegmentCaughtUp) -> bool:
    """Catch up the next page; False if there is no time for all of it. Then it starts again: accruals that were made have no gap."""
    page, following = catch_up.gaps.wallets(segment, done.resume or None)
    behind = [wallet for wallet in page if wallet.due != wallet.accrued]
    unposted: list[Unposted] = []
    for wallet in behind:
        if not catch_up.has_time():
            return False
        caught_up = catch_up.wallet(wallet)
        done.accrued += caught_up.accrued
        unposted += caught_up.unposted
    done.wallets += len(page)
    done.behind += len(behind)
    done.unposted += unposted
    done.resume = following
    catch_up.pace.spend(len(page) + READ_UNITS_OF_KEYS)
    return True
