"""Shows the cashback of a month, page by page. Nothing is stored."""

from collections.abc import Sequence
from typing import NamedTuple

from eeum.calendar import Month
from eeum.cashback.rules import Correction, Earning
from eeum.cashback.store import CashbackStore
from eeum.errors import Invalid

MOST_SHOWN = 200
"""Entries of one page, and its default."""

MOST_CHANGES = 8_000
"""The most changes in one page's corrections, except for one more correction. An answer may have 6 MB; one part has up to some 5,000
changes.
"""


class MonthOfCashback(NamedTuple):
    """A page of a member's earnings and corrections of a month, in the order of their accruals, and the cursor of the next page.

    `won` is the sum of the whole month. `payments` has the payment of each earning by its number.
    """

    month: Month
    won: int
    entries: Sequence[Earning | Correction]
    payments: dict[int, str]
    cursor: str | None


class AskedMonth(NamedTuple):
    """The page of a wallet's month after `cursor`, with at most `limit` entries."""

    wallet_id: str
    month: Month
    limit: int = MOST_SHOWN
    cursor: str | None = None


def cashback_of_month(asked: AskedMonth, store: CashbackStore) -> MonthOfCashback:
    """Read a page. The whole month is read for its sum. Raises `Invalid` for a cursor of another list."""
    after = _number_of(asked.cursor)
    book = store.month_book(asked.wallet_id, asked.month)
    every: list[Earning | Correction] = [*book.earnings, *book.corrections]
    every.sort(key=lambda entry: entry.number)
    following = [entry for entry in every if entry.number > after]
    page: list[Earning | Correction] = []
    changes = 0
    for entry in following[: asked.limit]:
        changes += len(entry.changes) if isinstance(entry, Correction) else 0
        if page and changes > MOST_CHANGES:
            break
        page.append(entry)
    return MonthOfCashback(
        month=asked.month,
        won=sum(entry.won for entry in every),
        entries=page,
        payments={earning.number: earning.payment_id for earning in book.earnings},
        cursor=f"{page[-1].number}" if len(page) < len(following) else None,
    )


def _number_of(cursor: str | None) -> int:
    """The number of the last entry of the page before."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= len(str(10**9))):
        raise Invalid("cursor", "is not one that this list gave out", "unknown_cursor")
    return int(cursor)
