"""From a captured payment to the earning that is posted for it: pure functions over plain values. Amounts are whole won."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, month_of, previous_month
from eeum.ids import Digest
from eeum.journal.accounts import CASHBACK, REFUND_PENDING, added, funder, merchant_reward, purse
from eeum.payments.progress import Capture
from eeum.payments.rules import Payment, Portions, eligible_base
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import NOTHING, LayerReward, PolicyVersion

WHOLE = 0
"""The number of the capture that takes a payment whole, at once; the captures of a hold count from 1."""

Usage = Mapping[str, int]
"""Won used by limit and window: `monthly-spend@2021-01`. The window is in the key, so the month turns by itself."""


class Captured(NamedTuple):
    """What earns: a payment captured whole, or one capture of a hold, with the facts it is judged by. Amounts are won."""

    wallet_id: str
    digest: Digest
    capture: int
    payment_id: str
    merchant_id: str
    accepted_at: datetime
    start: int
    end: int
    paid_from: Portions
    facts: Facts

    @property
    def month(self) -> Month:
        return month_of(self.accepted_at)


def captured_of(entry: Payment | Capture) -> Captured:
    acceptance = entry.acceptance
    if isinstance(entry, Payment):
        return Captured(
            acceptance.wallet_id,
            acceptance.digest,
            WHOLE,
            acceptance.id,
            entry.order.merchant_id,
            acceptance.accepted_at,
            0,
            entry.order.amount,
            entry.paid_from,
            entry.facts,
        )
    return Captured(
        acceptance.wallet_id,
        entry.payment,
        entry.number,
        entry.payment_id,
        entry.merchant_id,
        acceptance.accepted_at,
        entry.start,
        entry.end,
        entry.paid_from,
        entry.facts,
    )


@dataclass(frozen=True, slots=True)
class Earning:
    """An entry: what one capture earned and why, of the payment's won from `start` to `end`.

    `number` orders the wallet's postings; `used` is by how much each limit was used.
    """

    wallet_id: str
    digest: Digest
    capture: int
    payment_id: str
    merchant_id: str
    start: int
    end: int
    number: int
    accepted_at: datetime
    posted_at: datetime
    policy: str
    base: int
    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]

    @property
    def won(self) -> int:
        return sum(reward.won for reward in self.rewards)

    @property
    def month(self) -> Month:
        return month_of(self.accepted_at)


def window_key(limit_id: str, month: Month) -> str:
    return f"{limit_id}@{month}"


def used_in(usage: Usage, month: Month) -> dict[str, int]:
    """Use by limit within the windows of `month`."""
    return {key.partition("@")[0]: won for key, won in usage.items() if key.endswith(f"@{month}")}


class Quote(NamedTuple):
    """What a payment would earn, and on which part of it."""

    policy: str
    base: int
    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]


def quote(
    policy: PolicyVersion, facts: Facts, paid: Iterable[tuple[str, int]], at: datetime, used_before: Mapping[str, int]
) -> Quote:
    """What a payment made of `paid` (purses and won) at `at` earns under the policy in force then, on what was used before.

    After the end of the last version nothing is paid and no limit is used.
    """
    base = eligible_base(paid, policy.earns_from)
    evaluation = evaluate(policy, facts, base, used_before) if policy.pays_at(at) else NOTHING
    return Quote(policy.version, base, evaluation.rewards, evaluation.used)


def earn(
    captured: Captured, policy: PolicyVersion, number: int, used_before: Mapping[str, int], posted_at: datetime
) -> Earning:
    """The earning of a capture, as number `number` of its wallet: month and policy are those of its own acceptance."""
    quoted = quote(policy, captured.facts, captured.paid_from, captured.accepted_at, used_before)
    return Earning(
        wallet_id=captured.wallet_id,
        digest=captured.digest,
        capture=captured.capture,
        payment_id=captured.payment_id,
        merchant_id=captured.merchant_id,
        start=captured.start,
        end=captured.end,
        number=number,
        accepted_at=captured.accepted_at,
        posted_at=posted_at,
        policy=quoted.policy,
        base=quoted.base,
        rewards=quoted.rewards,
        used=quoted.used,
    )


def postings_of(earning: Earning) -> dict[str, int]:
    """Won by account, summing to zero: from each funder to the cashback purse. What the merchant funds is its own account."""
    postings: dict[str, int] = {}
    for reward in earning.rewards:
        for name, won in reward.funders:
            account = account_of(name, earning.merchant_id)
            postings[account] = postings.get(account, 0) - won
    funded = {account: won for account, won in postings.items() if won}
    return {**funded, purse(CASHBACK): earning.won} if earning.won else {}


def account_of(name: str, merchant_id: str) -> str:
    """The account of a layer's funder: what the merchant funds is its own."""
    return merchant_reward(merchant_id) if name == "merchant" else funder(name)


class CancelledCapture(NamedTuple):
    """Won of the price that a correction takes from one capture of a payment; of them `discount` were never paid."""

    payment: Digest
    capture: int
    won: int
    discount: int = 0

    @property
    def refund(self) -> int:
        return self.won - self.discount


class RewardChange(NamedTuple):
    """By how many won what a layer gives for the earning of this number changes."""

    number: int
    layer: str
    won: int


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry: what a cancellation changes in the cashback of one month, and where its refund goes.

    `cashback` is by account as in postings: funders, merchants and the cashback purse; `recovered` won of the refund went to a cashback
    balance below zero, `released` to the purses that the payment was made from.
    """

    wallet_id: str
    month: Month
    digest: Digest
    number: int
    payment_id: str
    cancellation_id: str
    accepted_at: datetime
    posted_at: datetime
    cancelled: tuple[CancelledCapture, ...]
    changes: tuple[RewardChange, ...]
    used: Mapping[str, int]
    cashback: Mapping[str, int]
    recovered: int
    released: Portions

    @property
    def amount(self) -> int:
        """Won of the price that were cancelled."""
        return sum(each.won for each in self.cancelled)

    @property
    def refund(self) -> int:
        """The refund that this correction gives, in won."""
        return sum(each.refund for each in self.cancelled)

    @property
    def won(self) -> int:
        """By how much cashback changes; below zero it is taken back."""
        return self.cashback.get(purse(CASHBACK), 0)

    @property
    def postings(self) -> dict[str, int]:
        refund = {purse(REFUND_PENDING): -self.refund}
        recovered = {purse(CASHBACK): self.recovered}
        return added(self.cashback, refund, recovered, {purse(each): won for each, won in self.released})


def usage_with(usage: Usage, month: Month, used: Mapping[str, int]) -> dict[str, int]:
    """The usage with that of one entry added. A window that comes to zero stays: it tells which months a wallet carries."""
    after = dict(usage)
    for limit, won in used.items():
        key = window_key(limit, month)
        after[key] = after.get(key, 0) + won
    return after


def usage_to_keep(usage: Usage) -> dict[str, int]:
    """The windows that a wallet carries: those of its latest month and of the one before, for what is posted late."""
    if not usage:
        return {}
    oldest = previous_month(latest_month(usage))
    return {key: won for key, won in usage.items() if key.partition("@")[2] >= oldest}


def latest_month(usage: Usage) -> Month:
    return max(key.partition("@")[2] for key in usage)


def is_kept(usage: Usage, month: Month) -> bool:
    """Whether the wallet still carries what was used in `month`; of an older one it must be added up from its earnings."""
    return not usage or month >= previous_month(latest_month(usage))


def used_by(entries: Iterable[Earning | Correction]) -> dict[str, int]:
    """Use by limit, added up from all earnings and corrections of one month."""
    total: dict[str, int] = {}
    for entry in entries:
        for limit, won in entry.used.items():
            total[limit] = total.get(limit, 0) + won
    return total


class MonthBook(NamedTuple):
    """All earnings and corrections of a wallet in one month, each by number."""

    earnings: tuple[Earning, ...]
    corrections: tuple[Correction, ...]

    def has(self, payment: Digest, capture: int) -> bool:
        return any(earning.digest == payment and earning.capture == capture for earning in self.earnings)

    @property
    def used(self) -> dict[str, int]:
        """Use by limit as it stands."""
        return used_by([*self.earnings, *self.corrections])
