"""What a member's statement of a month says: pure functions over plain values, amounts in won.

Every entry is booked in the month in which what it was made for was accepted: an earning in that of its capture, a correction in that of
its cancellation, whenever they were posted. So a statement follows from the journal alone, and not from how fast the stream was; it is
complete once nothing of its month waits to be posted.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from eeum.calendar import Month
from eeum.journal.accounts import Postings, added, by_purse, is_of_expired

NONE: Mapping[str, int] = MappingProxyType({})

MERCHANT = "merchant"
"""Who funds what a merchant gives of its own: by this name whichever merchant it is."""


class Booking(NamedTuple):
    """What a statement takes from an entry.

    `line` and `rewards_line` are the fields of the statement that `amount` and `layers` are counted in (`eeum.journal.kinds`).
    `booked_in` is the month of its acceptance; `month` the one whose limits its cashback follows, which for a correction may be an
    earlier one. `amount` is won paid, cancelled or topped up; `layers` is won of rewards by layer.
    """

    line: str
    rewards_line: str
    booked_in: Month
    month: Month
    amount: int
    postings: Postings
    layers: Mapping[str, int] = NONE


class RewardSum(NamedTuple):
    """Won of rewards: in all, by layer of the policy, and by who funds it."""

    won: int = 0
    by_layer: Mapping[str, int] = NONE
    by_funder: Mapping[str, int] = NONE


class EarlierMonth(NamedTuple):
    """What cancellations that came in this month changed in an earlier one: won cancelled, and the change of its cashback."""

    month: Month
    cancelled: int
    cashback: RewardSum


class Statement(NamedTuple):
    """A member's month: balances by purse at its start and end, and what happened between, in won.

    `paid` is what was captured at once, `held` what was promised, `captured` and `released` what became of what was held. `cancelled`
    and `cashback` (whichever purse it came into) are of this month's own payments; what came in of earlier months stands in
    `earlier_months`. Of `paid`, `discounts` were not asked of the member, less what cancellations of this month gave back of such;
    `top_up_rewards` were given on top of what was topped up, or taken off what the bank was asked for. `expired` won left the wallet.
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
    """The statement of `month` over all of a wallet's entries; None when nothing happened and nothing is in the wallet."""
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
    """Won by purse; purses with nothing in them are left out."""
    return by_purse(added(*(booking.postings for booking in bookings)))


def _sum(bookings: Iterable[Booking], line: str) -> int:
    return sum(booking.amount for booking in bookings if booking.line == line)


def _cancelled(bookings: Iterable[Booking], month: Month) -> int:
    """Won cancelled of the payments of `month`: a correction says it for each month that a cancellation reaches into."""
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
    """What each funder gave, in won; negative: got back."""
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
