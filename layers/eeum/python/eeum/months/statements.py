"""A member's statement of a month: pure functions over plain values, amounts in won.

An entry is booked in the month in which its cause was accepted: an earning in that of its capture, a correction in that of its
cancellation, whenever they were posted. So a statement depends on the journal alone, and not on the stream's speed. It is complete once
no accrual of its month is pending.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from eeum.calendar import Month
from eeum.journal.accounts import Postings, added, by_purse, is_of_expired

NONE: Mapping[str, int] = MappingProxyType({})

MERCHANT = "merchant"
"""The funder of all rewards that merchants fund, whichever the merchant."""


class Booking(NamedTuple):
    """What a statement takes from an entry.

    `line` and `rewards_line` are the fields of the statement that count `amount` and `layers` (`eeum.journal.kinds`). `booked_in` is the
    month of acceptance. `month` is the one whose limits the cashback follows; for a correction it may be earlier. `amount` is won paid,
    cancelled or topped up; `layers` is won of rewards by layer.
    """

    line: str
    rewards_line: str
    booked_in: Month
    month: Month
    amount: int
    postings: Postings
    layers: Mapping[str, int] = NONE


class RewardSum(NamedTuple):
    """Won of rewards: the total, by layer of the policy, and by funder."""

    won: int = 0
    by_layer: Mapping[str, int] = NONE
    by_funder: Mapping[str, int] = NONE


class EarlierMonth(NamedTuple):
    """Won that this month's cancellations cancelled of an earlier month's payments, and the change of that month's cashback."""

    month: Month
    cancelled: int
    cashback: RewardSum


class Statement(NamedTuple):
    """A member's month: balances by purse at its start and end, and what happened between, in won.

    `paid` was captured at once and `held` was authorised for later; `captured` and `released` are from holds. `cancelled` and `cashback`
    (into any purse) are of this month's payments; `earlier_months` has those of earlier months. `discounts` are the part of `paid` that
    members did not pay, less what this month's cancellations gave back. `top_up_rewards` are bonuses on top-ups, and discounts on the
    bank's price. `expired` left the wallet.
    """

    wallet_id: str
    month: Month
    written_at: datetime
    start: Mapping[str, int]
    end: Mapping[str, int]
    topped_up: int
    paid: int
    held: int
    captured: int
    released: int
    cancelled: int
    cashback: RewardSum
    earlier_months: tuple[EarlierMonth, ...]
    discounts: RewardSum = RewardSum()
    top_up_rewards: RewardSum = RewardSum()
    expired: int = 0


def statement_of(wallet_id: str, month: Month, bookings: Iterable[Booking], written_at: datetime) -> Statement | None:
    """The statement of `month` from all of a wallet's entries; None if nothing happened and the wallet is empty."""
    until = [booking for booking in bookings if booking.booked_in <= month]
    own = [booking for booking in until if booking.booked_in == month]
    start = _balances(booking for booking in until if booking.booked_in < month)
    end = _balances(until)
    if not own and not end:
        return None
    earlier = sorted({booking.month for booking in own if booking.month < month})
    return Statement(
        wallet_id=wallet_id,
        month=month,
        written_at=written_at,
        start=start,
        end=end,
        topped_up=_sum(own, "topped_up"),
        paid=_sum(own, "paid"),
        held=_sum(own, "held"),
        captured=_sum(own, "captured"),
        released=_sum(own, "released"),
        cancelled=_cancelled(own, month),
        cashback=_cashback(own, month),
        earlier_months=tuple(EarlierMonth(each, _cancelled(own, each), _cashback(own, each)) for each in earlier),
        discounts=_rewards(own, "discounts"),
        top_up_rewards=_rewards(own, "top_up_rewards"),
        expired=_expired(own),
    )


def _balances(bookings: Iterable[Booking]) -> dict[str, int]:
    """Won by purse, without empty purses."""
    return by_purse(added(*(booking.postings for booking in bookings)))


def _sum(bookings: Iterable[Booking], line: str) -> int:
    return sum(booking.amount for booking in bookings if booking.line == line)


def _cancelled(bookings: Iterable[Booking], month: Month) -> int:
    """Won cancelled of the payments of `month`; a cancellation has a correction for each month that it changes."""
    return _sum((booking for booking in bookings if booking.month == month), "cancelled")


def _cashback(bookings: Iterable[Booking], month: Month) -> RewardSum:
    return _rewards((each for each in bookings if each.month == month), "cashback")


def _rewards(bookings: Iterable[Booking], line: str) -> RewardSum:
    rewarded = [each for each in bookings if each.rewards_line == line]
    funders = added(*(_funders(booking.postings) for booking in rewarded))
    return RewardSum(
        won=sum(funders.values()), by_layer=added(*(booking.layers for booking in rewarded)), by_funder=funders
    )


def _funders(postings: Postings) -> dict[str, int]:
    """Won by funder; negative: what came back to it."""
    given: dict[str, int] = {}
    for account, won in postings.items():
        kind, _, name = account.partition("/")
        if kind in ("funder", "merchant_reward"):
            funder = name if kind == "funder" else MERCHANT
            given[funder] = given.get(funder, 0) - won
    return given


def _expired(bookings: Iterable[Booking]) -> int:
    moved = added(*(booking.postings for booking in bookings))
    return sum(won for account, won in moved.items() if is_of_expired(account))
