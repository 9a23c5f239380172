"""Close a month: a pass over all wallets posts missing cashback and writes statements; a complete month is then frozen.

A wallet with an entry that cannot be posted delays the month by a day. Then the month is frozen without that wallet, whose statement is
written after the entry is posted.
"""

from dataclasses import dataclass, field
from datetime import datetime

from eeum.calendar import Month, next_month, start_of_month, whole_milliseconds
from eeum.cashback.catch_up import CatchUp, Unposted, unposted_wallet
from eeum.cashback.gap_store import READ_UNITS_OF_KEYS
from eeum.cashback.use_cases import PASSING
from eeum.months.rules import month_to_close
from eeum.months.statement_store import StatementStore
from eeum.months.statements import statement_of
from eeum.months.store import MonthStore
from eeum.passes.pace import read_pages
from eeum.segments import BEGINNING, Segment
from eeum.storage import ConditionsFailed
from eeum.wallet.rules import Wallet
from eeum.wallet.store import WalletStore
from eeum.wallet.sweeping import Sweeping

ENTRIES_OF_A_READ_UNIT = 4
"""An entry has at most 1 KB; most have less, so that the pace is slower than it need be, and never faster."""


@dataclass
class SegmentClosed:
    """What a pass did in a segment: `resume` says where to continue, None at the end.

    `unposted` are entries of the month or of an earlier one without an accrual: their wallets have no statement yet. `expired` won left the
    wallets.
    """

    month: Month | None
    resume: str | None
    wallets: int = 0
    accrued: int = 0
    statements: int = 0
    expired: int = 0
    unposted: list[Unposted] = field(default_factory=list)


def due_month(months: MonthStore, now: datetime) -> Month | None:
    """The oldest month to close now; None if all past months are frozen, or the last one ended within the hour."""
    return month_to_close(months.closed(), now)


def close_segment(
    catch_up: CatchUp,
    sweeping: Sweeping,
    statements: StatementStore,
    month: Month,
    segment: Segment,
    after: str = BEGINNING,
) -> SegmentClosed:
    """For each wallet of a segment from `after` on: post missing cashback, write its statement if complete, and expire rewards.

    Calls may overlap and repeat any page: a statement is stored once, and follows from the journal. Throttled pages:
    `read_pages`.
    """
    done = SegmentClosed(month, after)
    read_pages(
        done,
        lambda: _close_page(catch_up, sweeping, statements, month, segment, done),
        catch_up.has_time,
        catch_up.accrual.patience.pause,
    )
    return done


def _close_page(
    catch_up: CatchUp,
    sweeping: Sweeping,
    statements: StatementStore,
    month: Month,
    segment: Segment,
    done: SegmentClosed,
) -> bool:
    """Close the month of the next page; False if there is no time for all of it, so that the page starts again."""
    page, following = catch_up.gaps.wallets(segment, done.resume or None)
    concerned = [wallet for wallet in page if wallet.opened_at < start_of_month(next_month(month))]
    written = statements.written([wallet.id for wallet in concerned], month)
    catch_up.pace.spend(len(page) + len(concerned) + READ_UNITS_OF_KEYS)
    unposted: list[Unposted] = []
    for wallet in concerned:
        if not catch_up.has_time():
            return False
        try:
            done.expired += sweeping.wallet(wallet, catch_up.now())
            if wallet.id not in written:
                unposted += _close(catch_up, statements, wallet, month, done)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - an error in one wallet must not stop the others
            unposted.append(unposted_wallet(wallet.id, error))
    done.wallets += len(page)
    done.unposted += unposted
    done.resume = following
    return True


def _close(
    catch_up: CatchUp, statements: StatementStore, wallet: Wallet, month: Month, done: SegmentClosed
) -> list[Unposted]:
    """Post a wallet's missing cashback and write its statement; return the month's entries that stay unposted, if any."""
    caught_up = catch_up.wallet(wallet)
    done.accrued += caught_up.accrued
    left = [each for each in caught_up.unposted if each.month is None or each.month <= month]
    done.statements += not left and _write(catch_up, statements, wallet, month)
    return left


def write_late_statements(
    catch_up: CatchUp, wallets: WalletStore, statements: StatementStore, months: MonthStore
) -> SegmentClosed:
    """Write missing statements of months that were frozen without some wallets, if the wallets are complete now."""
    done = SegmentClosed(None, None)
    for record in months.with_exceptions():
        missing = set(record.excepted) - statements.written(record.excepted, record.month)
        for wallet in wallets.wallets(sorted(missing)).values() if missing else ():
            if not catch_up.has_time():
                return done
            try:
                _close(catch_up, statements, wallet, record.month, done)
            except PASSING:
                raise
            except Exception:  # noqa: BLE001 - this error was reported when the month was frozen
                continue
    return done


def _write(catch_up: CatchUp, store: StatementStore, wallet: Wallet, month: Month) -> bool:
    """Whether this call wrote a statement: some wallets need none, and another pass may have written it."""
    bookings = store.bookings(wallet.id)
    catch_up.pace.spend(len(bookings) / ENTRIES_OF_A_READ_UNIT)
    statement = statement_of(wallet.id, month, bookings, whole_milliseconds(catch_up.now()))
    if statement is None:
        return False
    try:
        store.add(statement)
        return True
    except ConditionsFailed:
        return False
