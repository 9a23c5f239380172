"""Quoting what a payment would get before it is made. It posts nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.cashback.rules import Quote, purses_of, quote
from eeum.merchants.store import MerchantStore
from eeum.payments.rules import Decline, Order, judge
from eeum.policy.rules import LayerReward
from eeum.policy.use_cases import PolicyBook
from eeum.wallet.giving import UNLIMITED
from eeum.wallet.rules import Wallet


class QuoteAnswer(NamedTuple):
    """What would be taken off a payment and what it would earn, or why it would be declined. `into` names the purse, by layer, of what is
    no cashback."""

    decline: Decline | None
    quote: Quote
    discounts: tuple[LayerReward, ...]
    into: Mapping[str, str]


def quote_cashback(
    wallet: Wallet, merchants: MerchantStore, policies: PolicyBook, order: Order, now: datetime
) -> QuoteAnswer:
    """What `order` would get if it were paid now, and budgets had the money. Payments whose cashback is on its way are not counted yet.

    Raises `ProgrammeNotRunning` before the first policy starts.
    """
    policy = policies.running_at(now)
    judgement = judge(wallet, merchants.merchant(order.merchant_id), policy, now, order, UNLIMITED)
    quoted = quote(policy, judgement.facts, judgement.paid_from, order.amount, now, wallet.usage)
    into = purses_of(policy, quoted.rewards, now)
    return QuoteAnswer(judgement.decline, quoted, judgement.given.rewards, into)
