"""Replays earnings without what was cancelled, and finds the changes. Pure; amounts in won.

A member's cashback always equals the rewards of the surviving captures, in the order in which they were accrued. So a cancellation may
change what later payments earned, also upwards: in its own month, and in all months that share a limit's window with it or a carry-over
between windows. We found no published rule; this one is ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from eeum.cashback.rules import (
    CancelledCapture,
    CaptureKey,
    Earning,
    MonthBook,
    Quote,
    RewardChange,
    quote,
)
from eeum.cashback.usage import in_full
from eeum.cashback.usage_by_earning import NONE_FOUND, UsageByEarning
from eeum.ids import Digest
from eeum.journal.accounts import CASHBACK, added, funded_by, purse
from eeum.payments.rules import Payment, Portions, portion
from eeum.policy.rules import PolicyVersion, funded
from eeum.policy.usage import Usage
from eeum.wallet.command_rewards import NONE, UNLIMITED, Cover, RewardFunds
from eeum.wallet.debts import NO_DEBTS, Debts, Repaid, redirected, repay
from eeum.wallet.purses import purse_of

PAYMENTS_TOGETHER = 100
"""The most payments that a replay asks for at once: the size of a batch read."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The changes of rewards, limit usage (by limit and window) and accounts. `cashback` are balanced postings, each reward in its own
    purse, whatever its balance is.

    `funded_amounts` are new ones, by the earning's number and layer. `moved` has the postings of each change. `usage_by_earning` is the
    limit usage of each earning by its number, as far as known.
    """

    changes: tuple[RewardChange, ...]
    used: Mapping[str, int]
    cashback: Mapping[str, int]
    funded_amounts: Mapping[int, Mapping[str, int]]
    moved: tuple[Mapping[str, int], ...]
    usage_by_earning: Mapping[int, Usage]


def replay(
    book: MonthBook,
    cancelled: Sequence[CancelledCapture],
    payments: Mapping[Digest, Payment],
    policy_at: Callable[[datetime], PolicyVersion],
    funds: RewardFunds = UNLIMITED,
    usage_by_earning: Mapping[int, Usage] = NONE_FOUND,
) -> Replayed:
    """Run a `Replay` whose payments are all there. Raises `KeyError` when one is missing."""
    replaying = Replay(book, cancelled, policy_at, funds, usage_by_earning)
    if lacking := replaying.go_on(payments):
        raise KeyError(lacking[0])
    return replaying.result


class Replay:
    """Replays a book as if `cancelled` had never been captured, and finds the difference, as far as budgets fund it.

    A reward that becomes smaller returns money to the budgets that paid it; one that would become larger gets what the budgets have.
    Funded amounts stay: a reward that a budget cut does not grow because another payment was cancelled.

    The book has every month that depends on the cancelled ones. The replay starts with the first earning whose limit usage is unknown or
    changes, and ends when the usage is as before; all other earnings stay. `usage_by_earning` is what an earlier replay of this book found.
    `policy_at` returns the policy in force at an instant.
    """

    def __init__(
        self,
        book: MonthBook,
        cancelled: Sequence[CancelledCapture],
        policy_at: Callable[[datetime], PolicyVersion],
        funds: RewardFunds = UNLIMITED,
        usage_by_earning: Mapping[int, Usage] = NONE_FOUND,
    ) -> None:
        self._policy_at = policy_at
        self._funds = funds
        self._usage = UsageByEarning.of(book, usage_by_earning)
        self._lost = _lost(book, cancelled)
        self._rewards, self._funded_amounts = _current_rewards(book), _current_funded_amounts(book)
        self._cut: dict[int, Mapping[str, int]] = {}
        self._changes: list[RewardChange] = []
        self._moved: list[Mapping[str, int]] = []
        hit = {(each.payment, each.capture) for each in cancelled}
        self._last_hit = max(each.number for each in book.earnings if (each.digest, each.capture) in hit)
        self._earnings = self._usage.to_replay(book, hit)
        self._next = next(self._earnings, None)
        self._order = list(dict.fromkeys(earning.digest for earning in book.earnings))

    def go_on(self, payments: Mapping[Digest, Payment]) -> Sequence[Digest]:
        """Continue to the end and return nothing; or stop at a missing payment and return its key and the keys of the next ones."""
        while self._next is not None and not (self._next.number > self._last_hit and self._usage.agree):
            if self._next.digest not in payments:
                return self._lacking(self._next.digest, payments)
            self._evaluate(self._next, payments[self._next.digest])
            self._next = next(self._earnings, None)
        return ()

    @property
    def result(self) -> Replayed:
        moved = tuple(self._moved)
        difference, found = self._usage.difference, self._usage.by_number
        return Replayed(tuple(self._changes), difference, added(*moved), self._cut, moved, found)

    def _lacking(self, digest: Digest, payments: Mapping[Digest, Payment]) -> list[Digest]:
        place = self._order.index(digest)
        return [each for each in self._order[place : place + PAYMENTS_TOGETHER] if each not in payments]

    def _evaluate(self, earning: Earning, payment: Payment) -> None:
        policy, before = self._policy_at(earning.accepted_at), self._rewards[earning.number]
        survives = earning.end - self._lost.get((earning.digest, earning.capture), 0)
        funded_amounts = self._funded_amounts.get(earning.number, NONE)
        cover = Cover(policy, policy.after_payment, earning.accepted_at, self._funds, before, funded_amounts)
        now = cover.funded(partial(_earned, policy, payment, earning, survives, self._usage.now))
        if cover.cut:
            self._cut[earning.number] = cover.cut
        self._usage.add(earning, in_full(now.used, earning.month))
        self._note_changes(earning, policy, before, {reward.layer: reward.won for reward in now.rewards})

    def _note_changes(
        self, earning: Earning, policy: PolicyVersion, before: Mapping[str, int], now: Mapping[str, int]
    ) -> None:
        for layer in policy.layers:
            old, new = before.get(layer.id, 0), now.get(layer.id, 0)
            if old != new:
                self._changes.append(RewardChange(earning.number, layer.id, new - old))
                paid, owed = dict(funded(layer, old)), dict(funded(layer, new))
                funders = ({funded_by(name, earning.merchant_id): paid[name] - owed[name]} for name in layer.funders)
                into = purse(purse_of(policy, layer, earning.accepted_at).id)
                self._moved.append(added(*funders, {into: new - old}))


def _earned(
    policy: PolicyVersion,
    payment: Payment,
    earning: Earning,
    survives: int,
    used: Usage,
    funded_amounts: Mapping[str, int],
) -> Quote:
    """The rewards of an earning whose capture survives up to the won `survives` of the payment."""
    paid_from = payment.paid_for(earning.start, survives)
    return quote(policy, payment.facts, paid_from, survives - earning.start, earning.accepted_at, used, funded_amounts)


@dataclass(frozen=True, slots=True)
class Refund:
    """Where a refund goes.

    `recovered` won fill a cashback balance below zero, out of what would go to the purses of `recovered_from`. The rest, `released`, goes
    to the purses that the payment was made from, or, as `repaid` says, to the purses that these owe.
    """

    recovered: int
    released: Portions
    recovered_from: Mapping[str, int] = field(default_factory=dict)
    repaid: tuple[Repaid, ...] = ()


def refund(
    book: MonthBook,
    cancelled: Sequence[CancelledCapture],
    payments: Mapping[Digest, Payment],
    cashback: int,
    debts: Debts = NO_DEBTS,
) -> Refund:
    """Decide where the refund of `cancelled` goes; without it the cashback balance is `cashback` won.

    The order is the reverse of the debit, computed on all refunds of a capture together: many partial refunds equal one. Purses with
    `debts` repay them first. After that, a cashback balance below zero is filled.
    """
    refunded = _refunded(book)
    earnings = {(earning.digest, earning.capture): earning for earning in book.earnings}
    returned: dict[str, int] = {}
    for each in cancelled:
        earning = earnings[each.payment, each.capture]
        drawn = payments[each.payment].paid_for(earning.start, earning.end)
        start = refunded.get((each.payment, each.capture), 0)
        for purse_id, won in portion(drawn[::-1], start, start + each.refund):
            returned[purse_id] = returned.get(purse_id, 0) + won
    repaid = repay(debts, returned)
    released = redirected(returned, repaid)
    recovered_from = _recovered(released, max(-cashback, 0))
    left = {purse_id: won - recovered_from.get(purse_id, 0) for purse_id, won in released.items()}
    return Refund(
        sum(recovered_from.values()),
        tuple((purse_id, won) for purse_id, won in left.items() if won),
        recovered_from,
        repaid,
    )


def _recovered(released: Mapping[str, int], lacking: int) -> dict[str, int]:
    """The amounts that fill cashback: first what goes there anyway and repays no debt, then the rest in the order in which it comes
    back.
    """
    found: dict[str, int] = {}
    for purse_id in sorted(released, key=lambda each: each != CASHBACK):
        part = min(released[purse_id], lacking)
        if part:
            found[purse_id] = part
            lacking -= part
    return found


def _lost(book: MonthBook, cancelled: Sequence[CancelledCapture]) -> dict[CaptureKey, int]:
    """The cancelled won of each capture, including `cancelled`."""
    lost: dict[CaptureKey, int] = {}
    for each in (*(each for correction in book.corrections for each in correction.cancelled), *cancelled):
        key = (each.payment, each.capture)
        lost[key] = lost.get(key, 0) + each.won
    return lost


def _refunded(book: MonthBook) -> dict[CaptureKey, int]:
    """The refund of each capture so far, in won.

    Earlier versions did not store which purses the recovered amount came from. They recovered in the order of cancellation, from the end of
    the refund.
    """
    refunded: dict[CaptureKey, int] = {}
    for correction in book.corrections:
        missing = 0 if correction.recovered_from else correction.recovered
        for each in correction.cancelled:
            kept = min(each.refund, missing)
            missing -= kept
            key = (each.payment, each.capture)
            refunded[key] = refunded.get(key, 0) + each.refund - kept
    return refunded


def _current_rewards(book: MonthBook) -> dict[int, dict[str, int]]:
    """The rewards of each earning after all corrections: won by layer, by the earning's number."""
    current = {earning.number: {reward.layer: reward.won for reward in earning.rewards} for earning in book.earnings}
    for correction in book.corrections:
        for change in correction.changes:
            rewards = current[change.number]
            rewards[change.layer] = rewards.get(change.layer, 0) + change.won
    return current


def _current_funded_amounts(book: MonthBook) -> dict[int, dict[str, int]]:
    """The funded amounts of each earning after all corrections, where a budget cut it: won by layer, by the earning's number."""
    current = {earning.number: dict(earning.funded_amounts) for earning in book.earnings if earning.funded_amounts}
    for correction in book.corrections:
        for number, funded_amounts in correction.funded_amounts.items():
            current.setdefault(number, {}).update(funded_amounts)
    return current
