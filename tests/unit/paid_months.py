"""One member's month of payments as plain values: authorised, captured, posted and cancelled, without a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from eeum.calendar import SEOUL, Month
from eeum.cashback.replay import refund, replay
from eeum.cashback.rules import CancelledCapture, Captured, Correction, Earning, MonthBook, captured_of, earn
from eeum.cashback.usage import shortened
from eeum.ids import Digest
from eeum.journal.accounts import CASHBACK, purse
from eeum.payments.progress import Progress, cancel, capture, progress_of
from eeum.payments.rules import HOLDS_LAST, Order, Payment
from eeum.policy.conditions import Facts
from eeum.policy.use_cases import PolicyBook
from eeum.request import Acceptance, Request

WALLET = "8c2f7d3e-0000-8000-8000-000000000001"
MERCHANT = "8c2f7d3e-0000-8000-8000-000000000002"
START = datetime(2021, 1, 5, 12, 0, tzinfo=SEOUL)
SHOP = Facts(
    merchant_district="jung",
    merchant_category="restaurant",
    merchant_annual_revenue=100_000_000,
    merchant_own_rate=250,
    channel="shop",
    method="card",
)


def acceptance(name: str, at: datetime = START) -> Acceptance:
    return Request.of("acquirer/kim", WALLET, f"a-key-of-sixteen-{name}", {}).accept(at)


def payment(
    *paid_from: tuple[str, int], name: str = "payment", at: datetime = START, hold: bool = False, facts: Facts = SHOP
) -> Payment:
    """An approved payment, or a hold, from these purses in this order."""
    order = Order(MERCHANT, sum(won for _, won in paid_from), "shop", "card", None, None, hold)
    return Payment(acceptance(name, at), order, None, facts, None, paid_from, at + HOLDS_LAST if hold else None)


@dataclass(frozen=True)
class Bought:
    """A payment of a random month: purses, time and facts; `captures` are the amounts of a hold that is captured at once."""

    paid_from: tuple[tuple[str, int], ...]
    at: datetime
    facts: Facts = SHOP
    captures: tuple[int, ...] = ()


class PaidMonth:
    """The ledger's knowledge of a month: payments, their progress, and the book that replays start from."""

    def __init__(self, month: Month, policies: PolicyBook, cashback: int = 0) -> None:
        self.month = month
        self.policies = policies
        self.cashback = cashback
        self.payments: dict[Digest, Payment] = {}
        self.progress: dict[Digest, Progress] = {}
        self.book = MonthBook((), ())
        self.usage_by_earning: Mapping[int, Mapping[str, int]] | None = None
        """The results that replays share; None if each replay starts from the book alone."""

    def buy(self, name: str, bought: Bought) -> list[Captured]:
        """Authorise, and capture a hold in its parts; return the sources to post."""
        made = payment(*bought.paid_from, name=name, at=bought.at, hold=bool(bought.captures), facts=bought.facts)
        digest = made.acceptance.digest
        self.payments[digest], self.progress[digest] = made, progress_of(made)
        if not bought.captures:
            return [captured_of(made)]
        found = []
        for number, won in enumerate(bought.captures):
            at = acceptance(f"{name}-{number}", bought.at + timedelta(minutes=number))
            entry, self.progress[digest] = capture(made, self.progress[digest], at, won, "hash of the hold")
            found.append(captured_of(entry))
        return found

    def accrue(self, captured: Captured) -> Earning:
        policy = self.policies.running_at(captured.accepted_at)
        made = earn(captured, policy, self._next_number, self.book.used, captured.accepted_at)
        self.book = self.book._replace(earnings=(*self.book.earnings, made))
        self.cashback += made.won
        return made

    def cancel(self, digest: Digest, amount: int | None, name: str) -> Correction:
        """Cancel, and post the resulting changes."""
        at = acceptance(name, START + timedelta(days=60))
        entry, self.progress[digest] = cancel(self.payments[digest], self.progress[digest], at, amount, None)
        cancelled = tuple(CancelledCapture(entry.payment, each.capture, each.won) for each in entry.of)
        found = {} if self.usage_by_earning is None else self.usage_by_earning
        replayed = replay(self.book, cancelled, self.payments, self.policies.running_at, usage_by_earning=found)
        self.usage_by_earning = None if self.usage_by_earning is None else replayed.usage_by_earning
        won = replayed.cashback.get(purse(CASHBACK), 0)
        returned = refund(self.book, cancelled, self.payments, self.cashback + won)
        made = Correction(
            wallet_id=WALLET,
            month=self.month,
            digest=at.digest,
            number=self._next_number,
            payment_id=entry.payment_id,
            cancellation_id=at.id,
            accepted_at=at.accepted_at,
            posted_at=at.accepted_at,
            cancelled=cancelled,
            changes=replayed.changes,
            used=shortened(replayed.used, self.month),
            cashback=replayed.cashback,
            recovered=returned.recovered,
            released=returned.released,
            recovered_from=returned.recovered_from,
        )
        self.book = self.book._replace(corrections=(*self.book.corrections, made))
        self.cashback += made.postings.get(purse(CASHBACK), 0)
        return made

    def twin(self) -> "PaidMonth":
        """A copy of the month, for another sequence of operations."""
        made = PaidMonth(self.month, self.policies, self.cashback)
        made.payments, made.progress, made.book = dict(self.payments), dict(self.progress), self.book
        return made

    @property
    def rewards(self) -> dict[int, dict[str, int]]:
        """Won by layer of each earning after all corrections, by accrual number, without zeros."""
        found = {each.number: {reward.layer: reward.won for reward in each.rewards} for each in self.book.earnings}
        for correction in self.book.corrections:
            for number, layer, won in correction.changes:
                found[number][layer] = found[number].get(layer, 0) + won
        return {number: nonzero(rewards) for number, rewards in found.items()}

    @property
    def _next_number(self) -> int:
        return len(self.book.earnings) + len(self.book.corrections) + 1


def nonzero(won: Mapping[Any, int]) -> dict[Any, int]:
    return {name: amount for name, amount in won.items() if amount}


def survivors(month: PaidMonth) -> Sequence[tuple[Earning, tuple[tuple[str, int], ...]]]:
    """What is left of each posted capture by purse, in debit order, without its cancelled end."""
    lost: dict[tuple[Digest, int], int] = {}
    for correction in month.book.corrections:
        for each in correction.cancelled:
            lost[each.payment, each.capture] = lost.get((each.payment, each.capture), 0) + each.won
    found = []
    for earning in month.book.earnings:
        end = earning.end - lost.get((earning.digest, earning.capture), 0)
        found.append((earning, _slice(month.payments[earning.digest].paid_from, earning.start, end)))
    return found


def _slice(paid_from: Sequence[tuple[str, int]], start: int, end: int) -> tuple[tuple[str, int], ...]:
    """The won of each purse that lie before `end` and not before `start`; computed by edges, unlike the product."""
    before_start, before_end = _first(paid_from, start), _first(paid_from, end)
    return tuple(
        (name, late - early)
        for (name, _), early, late in zip(paid_from, before_start, before_end, strict=True)
        if late > early
    )


def _first(paid_from: Sequence[tuple[str, int]], won: int) -> list[int]:
    taken = []
    for _, amount in paid_from:
        taken.append(min(amount, won))
        won -= taken[-1]
    return taken
