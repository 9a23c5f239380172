"""What a cancellation changes: the fold of the evaluator over earnings, done again with what survives. Pure; amounts in won.

The cashback posted for a member always equals what the policies give for the surviving captures, in the order in which they were posted.
So a cancellation may change what later payments earned too, also upwards: those of its month, and of all months that share the window of
a limit with it, or what one window carries over to the next. The rule is ours: no published one was found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from eeum.cashback.rules import (
    CancelledCapture,
    Earning,
    MonthBook,
    Quote,
    RewardChange,
    quote,
)
from eeum.cashback.standing import NONE_STANDS, Uses
from eeum.cashback.usage import in_full
from eeum.ids import Digest
from eeum.journal.accounts import CASHBACK, added, funded_by, purse
from eeum.payments.rules import Payment, Portions, portion
from eeum.policy.rules import PolicyVersion, funded
from eeum.policy.usage import Usage
from eeum.wallet.debts import NO_DEBTS, Debts, Repaid, redirected, repay
from eeum.wallet.giving import NONE, UNLIMITED, Cover, Grants
from eeum.wallet.purses import purse_of

CaptureOf = tuple[Digest, int]
"""A payment and the number of one of its captures."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """By how much rewards, uses of limits (by limit and window) and accounts change; `cashback` is balanced postings: each reward in its
    own purse, whatever that still has.

    `ceilings` are new ones, by number of the earning and layer. `moved` has for each of the changes what it moves; `stands` by number of
    the earning what each uses now, by limit and window, as far as it is known.
    """

    changes: tuple[RewardChange, ...]
    used: Mapping[str, int]
    cashback: Mapping[str, int]
    ceilings: Mapping[int, Mapping[str, int]]
    moved: tuple[Mapping[str, int], ...]
    stands: Mapping[int, Usage]


class Payments(Protocol):
    """Payments by digest: a mapping, or what reads them when they are asked for."""

    def __getitem__(self, digest: Digest, /) -> Payment: ...


def replay(
    book: MonthBook,
    cancelled: Sequence[CancelledCapture],
    payments: Payments,
    policy_at: Callable[[datetime], PolicyVersion],
    grants: Grants = UNLIMITED,
    stands: Mapping[int, Usage] = NONE_STANDS,
) -> Replayed:
    """Folds the book again as if `cancelled` had never been captured, and gives the difference, as far as it is funded.

    An earning that gives less gives money back to what paid it, and one that would give more gets what there is. Ceilings that stand hold:
    who got less since a budget was used up gets no more because another payment was cancelled.
    The book has every month that hangs together with theirs. Folded is from the first earning of which the use of limits is not known, or
    changes, until no use differs from what it was: before and after that, everything stands. `stands` is what an earlier replay of this
    book gave. `policy_at` gives the policy in force at an instant.
    """
    uses = Uses.of(book, stands)
    lost = _lost(book, cancelled)
    hit = {(each.payment, each.capture) for each in cancelled}
    last_hit = max(earning.number for earning in book.earnings if (earning.digest, earning.capture) in hit)
    current, ceilings = _current_rewards(book), _current_ceilings(book)
    cut: dict[int, Mapping[str, int]] = {}
    changes: list[RewardChange] = []
    moved: list[Mapping[str, int]] = []
    for earning in uses.folded_again(book, hit):
        if earning.number > last_hit and uses.agree:
            break
        payment, policy = payments[earning.digest], policy_at(earning.accepted_at)
        survives = earning.end - lost.get((earning.digest, earning.capture), 0)
        granted = current[earning.number]
        cover = Cover(
            policy, policy.after_payment, earning.accepted_at, grants, granted, ceilings.get(earning.number, NONE)
        )
        anew = cover.funded(partial(_earned, policy, payment, earning, survives, uses.now))
        if cover.cut:
            cut[earning.number] = cover.cut
        uses.add(earning, in_full(anew.used, earning.month))
        now = {reward.layer: reward.won for reward in anew.rewards}
        for layer in policy.layers:
            before, after = granted.get(layer.id, 0), now.get(layer.id, 0)
            if before != after:
                changes.append(RewardChange(earning.number, layer.id, after - before))
                paid, owed = dict(funded(layer, before)), dict(funded(layer, after))
                funders = ({funded_by(name, earning.merchant_id): paid[name] - owed[name]} for name in layer.funders)
                into = purse(purse_of(policy, layer, earning.accepted_at).id)
                moved.append(added(*funders, {into: after - before}))
    return Replayed(tuple(changes), uses.difference, added(*moved), cut, tuple(moved), uses.by_number)


def _earned(
    policy: PolicyVersion,
    payment: Payment,
    earning: Earning,
    survives: int,
    used: Usage,
    ceilings: Mapping[str, int],
) -> Quote:
    """What an earning gives when its capture survives up to the won `survives` of the payment."""
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
    payments: Payments,
    cashback: int,
    debts: Debts = NO_DEBTS,
) -> Refund:
    """How the refund of `cancelled` is given back when the cashback balance would be `cashback` won without it.

    In reverse debit order, on all that was ever given back of a capture: many partial refunds come out as one. Purses that have `debts`
    repay them first; of where it goes then, a cashback balance below zero takes what it lacks.
    """
    given_back = _given_back(book)
    earnings = {(earning.digest, earning.capture): earning for earning in book.earnings}
    returned: dict[str, int] = {}
    for each in cancelled:
        earning = earnings[each.payment, each.capture]
        drawn = payments[each.payment].paid_for(earning.start, earning.end)
        start = given_back.get((each.payment, each.capture), 0)
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
        taken = min(released[purse_id], lacking)
        if taken:
            found[purse_id] = taken
            lacking -= taken
    return found


def _lost(book: MonthBook, cancelled: Sequence[CancelledCapture]) -> dict[CaptureOf, int]:
    """Won cancelled of each capture, with those of `cancelled`."""
    lost: dict[CaptureOf, int] = {}
    for each in (*(each for correction in book.corrections for each in correction.cancelled), *cancelled):
        key = (each.payment, each.capture)
        lost[key] = lost.get(key, 0) + each.won
    return lost


def _given_back(book: MonthBook) -> dict[CaptureOf, int]:
    """Won given back of each capture. Earlier versions, which did not say what they recovered from, left out what they recovered, of the
    captures in the order cancelled: it is at the end of what is given back.
    """
    given_back: dict[CaptureOf, int] = {}
    for correction in book.corrections:
        missing = 0 if correction.recovered_from else correction.recovered
        for each in correction.cancelled:
            kept = min(each.refund, missing)
            missing -= kept
            key = (each.payment, each.capture)
            given_back[key] = given_back.get(key, 0) + each.refund - kept
    return given_back


def _current_rewards(book: MonthBook) -> dict[int, dict[str, int]]:
    """Won by layer that each earning gives as it stands, by number."""
    current = {earning.number: {reward.layer: reward.won for reward in earning.rewards} for earning in book.earnings}
    for correction in book.corrections:
        for change in correction.changes:
            rewards = current[change.number]
            rewards[change.layer] = rewards.get(change.layer, 0) + change.won
    return current


def _current_ceilings(book: MonthBook) -> dict[int, dict[str, int]]:
    """The most that each earning gives by layer, where a budget cut it, by number."""
    current = {earning.number: dict(earning.ceilings) for earning in book.earnings if earning.ceilings}
    for correction in book.corrections:
        for number, ceilings in correction.ceilings.items():
            current.setdefault(number, {}).update(ceilings)
    return current
