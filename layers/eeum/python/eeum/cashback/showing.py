"""Showing the cashback of a month. It posts nothing."""

from typing import NamedTuple

from eeum.calendar import Month
from eeum.cashback.rules import MonthBook
from eeum.cashback.store import CashbackStore


class MonthOfCashback(NamedTuple):
    """A member's earnings and corrections of a month, in the order in which they were posted."""

    month: Month
    book: MonthBook

    @property
    def won(self) -> int:
        return sum(earning.won for earning in self.book.earnings) + sum(each.won for each in self.book.corrections)


def cashback_of_month(store: CashbackStore, wallet_id: str, month: Month) -> MonthOfCashback:
    return MonthOfCashback(month, store.month_book(wallet_id, month))
