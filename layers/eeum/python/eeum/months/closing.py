"""Closing a month: a pass over all wallets catches them up and writes their statements; if nothing is left, the month is frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, next_month, start_of_month, whole_milliseconds
from eeum.cashback.catch_up import BEGINNING, CatchUp, Unposted
from eeum.cashback.gap_store import Segment
from eeum.months.rules import frozen, month_to_close
from eeum.months.statement_store import StatementStore
from eeum.months.statements import statement_of
from eeum.months.store import MonthStore
from eeum.storage import ConditionsFailed
from eeum.wallet.rules import Wallet
from eeum.wallet.sweeping import Sweeping


@dataclass
class SegmentClosed:
    """What a pass found in a segment, as far as the time went: `resume` says where to go on, None that it is done.

    `unposted` are entries of the month, or of one before, that have no posting: their wallets have no statement yet. `expired` won left
    the wallets.
    """

    month: Month | None
    resume: str | None
    wallets: int = 0
    posted: int = 0
    statements: int = 0
    expired: int = 0
    unposted: list[Unposted] = field(default_factory=list)


def due_month(months: MonthStore, now: datetime) -> Month | None:
    """The month to close now, the oldest first; None when all that are over are frozen, or the last one ended within the hour."""
    return month_to_close(months.closed(), now)


def close_segment(
    catch_up: CatchUp,
    sweeping: Sweeping,
    statements: StatementStore,
    month: Month,
    segment: Segment,
    after: str = BEGINNING,
) -> SegmentClosed:
    """Catches up the wallets of a segment from `after` on, writes the statement of each that is complete, and sweeps out what expired.

    It may run twice, beside itself and again from any page: a statement is stored once, and says what the journal says.
    """
    done = SegmentClosed(month, after)
    while done.resume is not None and catch_up.has_time():
        page, following = catch_up.gaps.wallets(segment, done.resume or None)
        concerned = [wallet for wallet in page if wallet.opened_at < start_of_month(next_month(month))]
        written = statements.written([wallet.id for wallet in concerned], month)
        unposted: list[Unposted] = []
        for wallet in concerned:
            if not catch_up.has_time():
                return done
            done.expired += sweeping.wallet(wallet, catch_up.now())
            if wallet.id in written:
                continue
            caught_up = catch_up.wallet(wallet)
            done.posted += caught_up.posted
            left = [each for each in caught_up.unposted if each.month is None or each.month <= month]
            unposted += left
            done.statements += not left and _write(statements, wallet, month, catch_up.now())
        done.wallets += len(page)
        done.unposted += unposted
        done.resume = following
    return done


def _write(store: StatementStore, wallet: Wallet, month: Month, now: datetime) -> bool:
    """Whether this call wrote a statement: some wallets need none, and another pass may have been faster."""
    statement = statement_of(wallet.id, month, store.bookings(wallet.id), whole_milliseconds(now))
    if statement is None:
        return False
    try:
        store.add(statement)
        return True
    except ConditionsFailed:
        return False


class SegmentFound(NamedTuple):
    """What a whole pass found in one segment: the month it was about, and how many entries of it are unposted."""

    segment: Segment
    month: Month | None
    unposted: int


def freeze_month(months: MonthStore, found: Sequence[SegmentFound], now: datetime) -> Month | None:
    """Freezes the month that a pass was about if no segment has anything unposted; gives it if this call froze it.

    Raises `ValueError` when `found` is not of every segment, once: then it says nothing of the city.
    """
    of = {each.segment.of for each in found}
    if len(of) != 1 or sorted(each.segment.number for each in found) != list(range(*of)):
        raise ValueError("what was found is not of every segment")
    about = {each.month for each in found}
    (month,) = about if len(about) == 1 else (None,)
    if month is None or any(each.unposted for each in found):
        return None
    record = months.month(month)
    if record is None or record.frozen_at is not None:
        return None
    try:
        months.freeze(frozen(record, whole_milliseconds(now)))
        return month
    except ConditionsFailed:
        return None
