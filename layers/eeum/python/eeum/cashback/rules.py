"""Computes the earning of a captured payment: pure functions over plain values. Amounts are whole won."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, month_of
from eeum.cashback.usage import usage_at, use_in_windows, used_by
from eeum.ids import Digest
from eeum.journal.accounts import CASHBACK, REFUND_PENDING, added, funded_by, purse
from eeum.payments.progress import Capture
from eeum.payments.rules import Payment, Portions, eligible_base
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import LayerReward, PolicyVersion
from eeum.policy.usage import Usage
from eeum.wallet.command_rewards import NONE, UNLIMITED, Cover, RewardFunds
from eeum.wallet.debts import Repaid
from eeum.wallet.purses import purse_of

WHOLE = 0
"""The capture number of a payment that is captured whole at authorisation. The captures of a hold count from 1."""

CaptureKey = tuple[Digest, int]
"""A payment key and a capture number."""


class Captured(NamedTuple):
    """What earns: a payment captured whole, or one capture of a hold, with its facts. Amounts are in won."""

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
    """An entry: what one capture, from `start` to `end` won of its payment, earned and why.

    Attributes:
        number: the order among the wallet's accruals.
        used: how much each limit was used, with the window where it is not the month.
        funded_amounts: won by layer, where budgets paid less than the whole reward. Later appropriations do not raise them; a correction
            may lower them.
        into: the purse by layer for each reward that is not cashback.
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
    funded_amounts: Mapping[str, int] = field(default_factory=dict)
    into: Mapping[str, str] = field(default_factory=dict)

    @property
    def won(self) -> int:
        """All rewards together, in every purse."""
        return sum(reward.won for reward in self.rewards)

    @property
    def postings(self) -> dict[str, int]:
        return postings_of(self)

    @property
    def month(self) -> Month:
        return month_of(self.accepted_at)


class Quote(NamedTuple):
    """What a payment would earn, and on which part of it."""

    policy: str
    base: int
    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]


def quote(
    policy: PolicyVersion,
    facts: Facts,
    paid: Iterable[tuple[str, int]],
    amount: int,
    at: datetime,
    usage: Usage,
    funded_amounts: Mapping[str, int] = NONE,
) -> Quote:
    """What a payment of the price `amount` earns under the policy in force at `at`. `paid` is won by purse.

    `usage` is the limit usage before it, `funded_amounts` are won by layer. After the end of the last version nothing is paid, and no
    limit is used.
    """
    base = eligible_base(paid, policy.earns_from)
    if not policy.pays_at(at):
        return Quote(policy.version, base, (), {})
    known = replace(facts, amount=amount, accepted_at=at)
    used, carried = usage_at(policy, at, usage)
    evaluation = evaluate(policy, known, base, used, carried=carried, funded_amounts=funded_amounts)
    return Quote(policy.version, base, evaluation.rewards, use_in_windows(policy, at, evaluation.used))


def earn(
    captured: Captured,
    policy: PolicyVersion,
    number: int,
    usage: Usage,
    posted_at: datetime,
    funds: RewardFunds = UNLIMITED,
) -> Earning:
    """The earning of a capture, as accrual `number` of its wallet. Windows, policy and budgets are those of the capture's acceptance."""
    price, at = captured.end - captured.start, captured.accepted_at

    def under(funded_amounts: Mapping[str, int]) -> Quote:
        return quote(policy, captured.facts, captured.paid_from, price, at, usage, funded_amounts)

    cover = Cover(policy, policy.after_payment, at, funds)
    quoted = cover.funded(under)
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
        # The funded amounts report what budgets cut.
        rewards=tuple([reward._replace(uncut=None) for reward in quoted.rewards]) if cover.cut else quoted.rewards,
        used=quoted.used,
        funded_amounts=cover.cut,
        into=purses_of(policy, quoted.rewards, at),
    )


def purses_of(policy: PolicyVersion, rewards: Iterable[LayerReward], at: datetime) -> dict[str, str]:
    """The purse by layer of each reward that is not cashback, for what was accepted at `at`."""
    rewarding = {reward.layer for reward in rewards}
    purses = {layer.id: purse_of(policy, layer, at).id for layer in policy.after_payment if layer.id in rewarding}
    return {layer: purse_id for layer, purse_id in purses.items() if purse_id != CASHBACK}


def postings_of(earning: Earning) -> dict[str, int]:
    """Won by account, summing to zero: from each funder to the purses of rewards. A merchant's part comes from that merchant's account."""
    postings: dict[str, int] = {}
    for reward in earning.rewards:
        for name, won in reward.funders:
            account = funded_by(name, earning.merchant_id)
            postings[account] = postings.get(account, 0) - won
        into = purse(earning.into.get(reward.layer, CASHBACK))
        postings[into] = postings.get(into, 0) + reward.won
    return {account: won for account, won in postings.items() if won}


class CancelledCapture(NamedTuple):
    """The part of the price that a correction takes from one capture of a payment. The member never paid `discount` of it."""

    payment: Digest
    capture: int
    won: int
    discount: int = 0

    @property
    def refund(self) -> int:
        return self.won - self.discount


class RewardChange(NamedTuple):
    """The change of a layer's reward in won, for the earning of this number."""

    number: int
    layer: str
    won: int


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry: how a cancellation changes the rewards of one month, and where its refund goes.

    Attributes:
        cashback: won by account, as in postings: funders, merchants, purses of rewards, and expired rewards.
        expired: what was taken back by purse from expired rewards.
        spent: what was taken from cashback, by purse, since these rewards had been spent.
        recovered: the part of the refund that filled a cashback balance below zero.
        recovered_from: the purses that would have got it; empty in corrections of earlier versions.
        released: the rest of the refund by purse: those that the payment was made from, or those that these owe.
        repaid: the debts that the refund repaid.
        funded_amounts: won by the earning's number and layer, where budgets pay less than the whole reward. They replace earlier ones.
        part: its place among the parts of one correction, from 0, and how many there are (`eeum.cashback.parts`).
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
    funded_amounts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    expired: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)
    recovered_from: Mapping[str, int] = field(default_factory=dict)
    repaid: tuple[Repaid, ...] = ()
    part: tuple[int, int] = (0, 1)

    @property
    def amount(self) -> int:
        """The cancelled amount of the price, in won."""
        return sum(each.won for each in self.cancelled)

    @property
    def refund(self) -> int:
        """The refund, in won."""
        return sum(each.refund for each in self.cancelled)

    @property
    def won(self) -> int:
        """The change of all rewards together, in every purse; below zero they are taken back."""
        return sum(change.won for change in self.changes)

    @property
    def postings(self) -> dict[str, int]:
        refund = {purse(REFUND_PENDING): -self.refund}
        recovered = {purse(CASHBACK): self.recovered}
        return added(self.cashback, refund, recovered, {purse(each): won for each, won in self.released})


class MonthBook(NamedTuple):
    """All earnings and corrections of a wallet in one month, or in months whose cashback depends on each other, by number."""

    earnings: tuple[Earning, ...]
    corrections: tuple[Correction, ...]

    def has(self, payment: Digest, capture: int) -> bool:
        return any(earning.digest == payment and earning.capture == capture for earning in self.earnings)

    def up_to(self, number: int) -> "MonthBook":
        """The book when the wallet had `number` accruals: entries stored during the read may be in it only in part, and are dropped."""
        return MonthBook(
            tuple(earning for earning in self.earnings if earning.number <= number),
            tuple(correction for correction in self.corrections if correction.number <= number),
        )

    @property
    def used(self) -> dict[str, int]:
        """Limit usage by limit and window after all of these entries."""
        return used_by([*self.earnings, *self.corrections])
