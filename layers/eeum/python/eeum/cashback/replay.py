"""What a cancellation changes: the evaluator over earnings, again, with what survives. Pure; amounts in won.

The cashback posted for a member always equals the rewards of the surviving captures, in the order in which they were posted.
So a cancellation may change what later payments earned too, also upwards: those of its month, and of all months that share the window of
a limit with it, or what one window carries over to the next. The rule is ours: no published one was found.
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
from eeum.wallet.debts import NO_DEBTS, Debts, Repaid, redirected, repay
from eeum.wallet.giving import NONE, UNLIMITED, Cover, Grants
from eeum.wallet.purses import purse_of

PAYMENTS_TOGETHER = 100
"""Payments that a replay asks for together: a batch read has so many items."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """By how much rewards, usage of limits (by limit and window) and accounts change; `cashback` is balanced postings: each reward in its
    own purse, whatever that still has.

    `ceilings` are new ones, by number of the earning and layer. `moved` has for each of the changes what it moves; `usage_by_earning` by
    number of the earning what each uses now, by limit and window, as far as it is known.
    """

    changes: tuple[RewardChange, ...]
    used: Mapping[str, int]
    cashback: Mapping[str, int]
    ceilings: Mapping[int, Mapping[str, int]]
    moved: tuple[Mapping[str, int], ...]
    usage_by_earning: Mapping[int, Usage]


def replay(
    book: MonthBook,
    cancelled: Sequence[CancelledCapture],
    payments: Mapping[Digest, Payment],
    policy_at: Callable[[datetime], PolicyVersion],
    grants: Grants = UNLIMITED,
    usage_by_earning: Mapping[int, Usage] = NONE_FOUND,
) -> Replayed:
    """The whole of a `Replay` whose payments are there. Raises `KeyError` when one is not."""
    replaying = Replay(book, cancelled, policy_at, grants, usage_by_earning)
    if lacking := replaying.go_on(payments):
        raise KeyError(lacking[0])
    return replaying.result


class Replay:
    """Evaluates a book again as if `cancelled` had never been captured, and finds the difference, as far as it is funded.

    A reward that becomes smaller returns money to the budgets that paid it; one that would become larger gets what they have. Ceilings
    stay: a reward that a budget cut does not grow because another payment was cancelled.
    The book has every month that depends on theirs. Evaluated is from the first earning whose usage of limits is unknown, or changes, until
    no usage differs from what it was: before and after that, everything stays. `usage_by_earning` is what an earlier replay of this book
    found. `policy_at` gives the policy in force at an instant.
    """

    def __init__(
        self,
        book: MonthBook,
        cancelled: Sequence[CancelledCapture],
        policy_at: Callable[[datetime], PolicyVersion],
        grants: Grants = UNLIMITED,
        usage_by_earning: Mapping[int, Usage] = NONE_FOUND,
    ) -> None:
        self._policy_at = policy_at
        self._grants = grants
        self._usage = UsageByEarning.of(book, usage_by_earning)
        self._lost = _lost(book, cancelled)
        self._rewards, self._ceilings = _current_rewards(book), _current_ceilings(book)
        self._cut: dict[int, Mapping[str, int]] = {}
        self._changes: list[RewardChange] = []
        self._moved: list[Mapping[str, int]] = []
        hit = {(each.payment, each.capture) for each in cancelled}
        self._last_hit = max(each.number for each in book.earnings if (each.digest, each.capture) in hit)
        self._earnings = self._usage.to_replay(book, hit)
        self._next = next(self._earnings, None)
        self._order = list(dict.fromkeys(earning.digest for earning in book.earnings))

    def go_on(self, payments: Mapping[Digest, Payment]) -> Sequence[Digest]:
        """Goes on to the end, and returns nothing; or to a payment that is not there, and returns its key and those of the next ones."""
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
        ceilings = self._ceilings.get(earning.number, NONE)
        cover = Cover(policy, policy.after_payment, earning.accepted_at, self._grants, before, ceilings)
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
    ceilings: Mapping[str, int],
) -> Quote:
    """The rewards of an earning when its capture survives up to the won `survives` of the payment."""
    paid_from = payment.paid_for(earning.start, survives)
    return quote(policy, payment.facts, paid_from, survives - earning.start, earning.accepted_at, used, ceilings)


@dataclass(frozen=True, slots=True)
class Refund:
    """Where a refund goes: `recovered` won to a cashback balance below zero, out of what would go to the purses of `recovered_from`; the
    rest, `released`, to the purses that the payment was made from, or to those that these owe, as `repaid` says.
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
    """Where the refund of `cancelled` goes when the cashback balance would be `cashback` won without it.

    In reverse debit order, on all that was ever refunded of a capture: many partial refunds equal one. Purses that have `debts`
    repay them first; of where it goes then, a cashback balance below zero takes what it lacks.
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
    """What fills cashback up: what goes there anyway, which owes no purse anything, then the rest in the order in which it comes back."""
    found: dict[str, int] = {}
    for purse_id in sorted(released, key=lambda each: each != CASHBACK):
        part = min(released[purse_id], lacking)
        if part:
            found[purse_id] = part
            lacking -= part
    return found


def _lost(book: MonthBook, cancelled: Sequence[CancelledCapture]) -> dict[CaptureKey, int]:
    """Won cancelled of each capture, with those of `cancelled`."""
    lost: dict[CaptureKey, int] = {}
    for each in (*(each for correction in book.corrections for each in correction.cancelled), *cancelled):
        key = (each.payment, each.capture)
        lost[key] = lost.get(key, 0) + each.won
    return lost


def _refunded(book: MonthBook) -> dict[CaptureKey, int]:
    """The refund of each capture so far, in won.

    Earlier versions did not say what they recovered from. They left out what they recovered, of the captures in the order cancelled: it
    is at the end of the refund.
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
    """The rewards of each earning after all corrections: won by layer, by its number."""
    current = {earning.number: {reward.layer: reward.won for reward in earning.rewards} for earning in book.earnings}
    for correction in book.corrections:
        for change in correction.changes:
            rewards = current[change.number]
            rewards[change.layer] = rewards.get(change.layer, 0) + change.won
    return current


def _current_ceilings(book: MonthBook) -> dict[int, dict[str, int]]:
    """The ceilings of each earning after all corrections, where a budget cut it: won by layer, by its number."""
    current = {earning.number: dict(earning.ceilings) for earning in book.earnings if earning.ceilings}
    for correction in book.corrections:
        for number, ceilings in correction.ceilings.items():
            current.setdefault(number, {}).update(ceilings)
    return current
