"""Quoting cashback before a payment is made. It posts nothing."""

from datetime import datetime
from typing import NamedTuple

from eeum.cashback.rules import Quote, quote
from eeum.merchants.store import MerchantStore
from eeum.payments.rules import Decline, Order, judge
from eeum.policy.use_cases import PolicyBook
from eeum.wallet.rules import Wallet


class QuoteAnswer(NamedTuple):
    """What a payment would earn, or why it would be declined."""

    decline: Decline | None
    quote: Quote


def quote_cashback(
    wallet: Wallet, merchants: MerchantStore, policies: PolicyBook, order: Order, now: datetime
) -> QuoteAnswer:
    """What `order` would earn if it were paid now. Payments whose cashback is on its way are not counted yet.

    Raises `ProgrammeNotRunning` before the first policy starts.
    """
    policy = policies.running_at(now)
    judgement = judge(wallet, merchants.merchant(order.merchant_id), policy, now, order)
    quoted = quote(policy, judgement.facts, judgement.paid_from, order.amount, now, wallet.usage)
    return QuoteAnswer(judgement.decline, quoted)
