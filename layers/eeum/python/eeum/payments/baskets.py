"""Baskets: several payments of one wallet in one transaction, all or none. Pure functions.

The payments are judged in order, each on the wallet as the payments before it leave it. A single payment is a basket of one.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eeum.ids import request_digest
from eeum.merchants.rules import Merchant
from eeum.payments.rules import Debit, Decline, Order, Payment, Till, authorise, judge, used_after, wallet_after
from eeum.policy.rules import PolicyVersion
from eeum.request import Acceptance, Request
from eeum.storage import Write
from eeum.wallet.participants import Participant
from eeum.wallet.rules import Wallet


class Basket(NamedTuple):
    """The payments that answer one request, in the order of the request: all approved or held, or all declined."""

    payments: tuple[Payment, ...]

    @property
    def acceptance(self) -> Acceptance:
        """The acceptance of the first payment, which has the request's own payment key."""
        return self.payments[0].acceptance

    @property
    def is_declined(self) -> bool:
        return self.payments[0].decline is not None


class Judged(NamedTuple):
    """A judged basket: its payments, the debits, and the participants' writes. A declined basket has no debits and no writes."""

    basket: Basket
    debits: tuple[Debit, ...] = ()
    writes: tuple[Write, ...] = ()


def requests_of(request: Request, payments: int) -> tuple[Request, ...]:
    """The request of each payment of a basket. The first has the request's own payment key; the keys of the others follow from it."""
    own = (
        request._replace(digest=request_digest("basket", request.wallet_id, f"{request.digest}#{number}"))
        for number in range(1, payments)
    )
    return request, *own


def judge_basket(
    wallet: Wallet,
    merchants: Mapping[str, Merchant | None],
    policy: PolicyVersion,
    asked: Sequence[tuple[Acceptance, Order]],
    participants: Sequence[Participant],
) -> Judged:
    """Decide whether all orders of `asked` may be paid. The first that may not has the reason; the others are declined with it."""
    debits: list[Debit] = []
    writes: list[Write] = []
    for acceptance, order in asked:
        till = Till(merchants[order.merchant_id], policy, acceptance.accepted_at)
        judgement = judge(wallet, till, order, participants, acceptance.digest)
        payment = authorise(judgement, acceptance, order)
        if payment.decline:
            return Judged(Basket(_declined_with(payment, wallet, merchants, policy, asked)))
        debits.append(Debit(payment, judgement.draws, used_after(wallet, payment)))
        writes += judgement.shares.writes
        if len(debits) < len(asked):
            wallet = wallet_after(wallet, payment, judgement.draws)
    return Judged(Basket(tuple(each.payment for each in debits)), tuple(debits), tuple(writes))


def _declined_with(
    payment: Payment,
    wallet: Wallet,
    merchants: Mapping[str, Merchant | None],
    policy: PolicyVersion,
    asked: Sequence[tuple[Acceptance, Order]],
) -> tuple[Payment, ...]:
    """All payments of a basket, declined because `payment` is declined."""

    def declined(acceptance: Acceptance, order: Order) -> Payment:
        judgement = judge(wallet, Till(merchants[order.merchant_id], policy, acceptance.accepted_at), order)
        return authorise(judgement.refused(Decline.BASKET_DECLINED), acceptance, order)

    return tuple(
        payment if acceptance == payment.acceptance else declined(acceptance, order) for acceptance, order in asked
    )
