"""Quotes what a payment would get before it is made. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from eeum.calendar import whole_milliseconds
from eeum.cashback.rules import WHOLE, Captured, Earning, earn
from eeum.cashback.usage import asked_for, is_kept
from eeum.errors import NotFound
from eeum.journal.accounts import CHARGED
from eeum.merchants.rules import Merchant
from eeum.payments.rules import Judgement, Order, Till, judge
from eeum.payments.store import PaymentStore
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import applies
from eeum.policy.rules import AT_PAYMENT, Layer, LayerId, LimitId, PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.wallet.command_rewards import RewardFunds
from eeum.wallet.participants import PolicyRewards
from eeum.wallet.rules import Purse, Wallet, wallet_id_of
from eeum.wallet.use_cases import NO_SUCH_WALLET

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets


class Reason(StrEnum):
    """Why cashback may differ from the quote. The names are part of the API."""

    BUDGET_IS_SHARED = "budget_is_shared"
    EARLIER_CASHBACK_PENDING = "earlier_cashback_pending"
    EARLIER_USE_NOT_READ = "earlier_use_not_read"
    CAPTURED_LATER = "captured_later"
    PLANNED_AHEAD = "planned_ahead"


class NotGuaranteed(NamedTuple):
    """A reason, and the layers that it affects."""

    reason: Reason
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoting:
    """What quotes depend on."""

    store: PaymentStore
    policies: PolicyBook
    budgets: Budgets


class Plan(NamedTuple):
    """When a payment is planned: `at` is the instant whose policy and windows apply; None is now.

    With `topped_up` the wallet is taken to hold enough, so that the answer says what would be earned, not what is missing.
    """

    at: datetime | None = None
    topped_up: bool = False


NOW = Plan()


class AskedQuote(NamedTuple):
    """The command: what `order` would get in the wallet of `member`, now at the instant `at` or as `plan` says."""

    member: str
    wallet_id: str
    order: Order
    at: datetime
    plan: Plan = NOW


class QuoteAnswer(NamedTuple):
    """The decision on the payment if it were made now, and the earning of its capture if nothing happened in between."""

    judgement: Judgement
    earning: Earning
    not_guaranteed: tuple[NotGuaranteed, ...]

    @property
    def funded_amounts(self) -> Mapping[str, int]:
        """The funded amounts by layer, where budgets have less than the whole reward."""
        return {**self.judgement.given.funded_amounts, **self.earning.funded_amounts}


def quote_cashback(asked: AskedQuote, quoting: Quoting) -> QuoteAnswer:
    """Quote what the order would get if the member paid it from the own wallet, now or as planned. A plan for the past is one for now.

    It reads what the payment would read, in one round trip. If the wallet's budget shard has too little, the payment would refill it. A
    quote moves nothing: it reads all money of the year instead.

    Raises:
        NotFound: the wallet is not the member's.
        ProgrammeNotRunning: before the first policy starts.
    """
    wallet_id, order = asked.wallet_id, asked.order
    if wallet_id != wallet_id_of(asked.member):
        raise NotFound(NO_SUCH_WALLET)
    now, plan = asked.at, asked.plan
    at = whole_milliseconds(max(now, plan.at) if plan.at else now)
    policy = quoting.policies.running_at(at)
    funding = quoting.budgets.funding(wallet_id, at)
    found = quoting.store.read_for_quote(wallet_id, order.merchant_id, funding.keys([(policy, at)]))
    if found.wallet is None:
        raise NotFound(NO_SUCH_WALLET)
    wallet = _topped_up(found.wallet, order.amount) if plan.topped_up else found.wallet
    funds = funding.funds(found.others)
    judgement, earning = _quoted(wallet, found.merchants[order.merchant_id], policy, order, at, funds)
    if funds.missing:
        funds = quoting.budgets.in_all(policy, at)
        judgement, earning = _quoted(wallet, found.merchants[order.merchant_id], policy, order, at, funds)
    if judgement.decline:
        return QuoteAnswer(judgement, earning, ())
    applying = _applying(policy, replace(judgement.facts, amount=order.amount, accepted_at=at), earning)
    not_guaranteed = (
        *_planned(applying, order, at > now),
        *_by_the_wallet(wallet, policy, applying, at),
        *_by_others(policy, earning, funds),
    )
    return QuoteAnswer(judgement, earning, not_guaranteed)


def _topped_up(wallet: Wallet, amount: int) -> Wallet:
    """The wallet with at least `amount` won of loaded balance, which alone would be enough."""
    loaded = max(wallet.balance(CHARGED), amount)
    others = tuple(purse for purse in wallet.purses if purse.id != CHARGED)
    return replace(wallet, purses=(Purse(CHARGED, loaded), *others))


def _quoted(
    wallet: Wallet, merchant: Merchant | None, policy: PolicyVersion, order: Order, at: datetime, funds: RewardFunds
) -> tuple[Judgement, Earning]:
    """The decision and the earning of its capture. The discount is funded first, as in a payment."""
    rewards = PolicyRewards(lambda: funds, AT_PAYMENT)
    judgement = judge(wallet, Till(merchant, policy, at), order, [rewards])
    captured = Captured(
        wallet_id=wallet.id,
        digest="",
        capture=WHOLE,
        payment_id="",
        merchant_id=order.merchant_id,
        accepted_at=at,
        start=0,
        end=order.amount,
        paid_from=judgement.paid_from,
        facts=judgement.facts,
    )
    earning = earn(captured, policy, wallet.accrued + 1, wallet.usage, at, funds)
    return judgement, replace(
        earning, rewards=(), used={}, funded_amounts={}, into={}
    ) if judgement.decline else earning


class Shared(Protocol):
    """Budgets that other commands and accruals draw on, too."""

    def is_shared(self, layer: Layer, at: datetime, /) -> bool: ...


def _applying(policy: PolicyVersion, facts: Facts, earning: Earning) -> list[Layer]:
    """The layers whose cashback may change. They need no quoted reward: a limit that leaves nothing now may leave something later."""
    if not (earning.base and policy.pays_at(earning.accepted_at)):
        return []
    return [layer for layer in policy.after_payment if applies(layer, facts)]


def _planned(applying: Sequence[Layer], order: Order, ahead: bool) -> Iterator[NotGuaranteed]:
    """What an instant or a capture to come may change: each layer that applies."""
    layers = tuple(layer.id for layer in applying)
    if ahead:
        yield NotGuaranteed(Reason.PLANNED_AHEAD, layers)
    if order.hold:
        yield NotGuaranteed(Reason.CAPTURED_LATER, layers)


def _by_the_wallet(
    wallet: Wallet, policy: PolicyVersion, applying: Sequence[Layer], at: datetime
) -> Iterator[NotGuaranteed]:
    """What the wallet's own usage of limits may change. Which layer of an exclusive group counts depends on the rewards of the others."""
    limited = tuple(layer.id for layer in applying if layer.limits or layer.exclusive)
    if limited and wallet.due != wallet.accrued:
        yield NotGuaranteed(Reason.EARLIER_CASHBACK_PENDING, limited)
    if limited and any(key not in wallet.usage and not is_kept(wallet.usage, key) for key in asked_for(policy, at)):
        yield NotGuaranteed(Reason.EARLIER_USE_NOT_READ, limited)


def _by_others(policy: PolicyVersion, earning: Earning, funds: Shared) -> Iterator[NotGuaranteed]:
    """What other wallets may change: layers that a shared budget pays, and later ones with a reward limit of these, which a cut spares."""
    shared: list[LayerId] = []
    uncertain: set[LimitId] = set()
    for layer in _quoted_layers(policy, earning):
        limits = {limit.id for limit in layer.reward_limits}
        if funds.is_shared(layer, earning.accepted_at) or limits & uncertain:
            shared.append(layer.id)
            uncertain |= limits
    if shared:
        yield NotGuaranteed(Reason.BUDGET_IS_SHARED, tuple(shared))


def _quoted_layers(policy: PolicyVersion, earning: Earning) -> list[Layer]:
    """The layers that accept some of the payment, in the policy's order, also where limits or budgets leave them nothing."""
    quoted = {reward.layer for reward in earning.rewards}
    return [layer for layer in policy.after_payment if layer.id in quoted]
