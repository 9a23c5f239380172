"""Authorising and reading payments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from eeum.calendar import whole_milliseconds
from eeum.errors import NotFound
from eeum.ids import is_id
from eeum.once import Answer, Decision, answer_once
from eeum.payments.rules import Order, Payment, authorise, judge
from eeum.payments.store import PaymentStore, Read
from eeum.policy.rules import AT_PAYMENT
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Write
from eeum.unit_of_work import Patience
from eeum.wallet.giving import after
from eeum.wallet.granting import Granting, OneGrant
from eeum.wallet.rules import Wallet

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets

NO_SUCH_PAYMENT = "There is no such payment, or it is not yours."


class Attempt(NamedTuple):
    """An instant, what was read then, and what can be granted by it."""

    accepted_at: datetime
    read: Read
    grants: OneGrant


class UnknownCard(Exception):
    """No wallet has this card: the caller is told a decline (14), the same for both, and nothing is stored."""


def authorise_payment(
    store: PaymentStore,
    policies: PolicyBook,
    patience: Patience,
    request: Request,
    order: Order,
    now: Callable[[], datetime],
    budgets: Callable[[], Budgets] | None = None,
) -> Answer[Payment]:
    """Approves or declines a payment from the request's wallet, once; a decline is stored as an approval is.

    Two round trips: what the decision needs, and what it makes. A discount that budgets have no money for is not given, and the payment
    stands; where the part of the money that it draws on is used up, that is refilled first. However many want the last won at once, it is
    decided in a bounded number of reads (`eeum.budget.funding.Funding`).

    Raises:
        UnknownCard: the wallet, or the card in it, is not known.
        ProgrammeNotRunning: no policy version is in force.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    if not is_id(request.wallet_id):
        raise UnknownCard

    granting = Granting(budgets, request.wallet_id, AT_PAYMENT)

    def read() -> tuple[Payment | None, Attempt]:
        # The instant is taken before the read: the policy then in force says what is needed besides.
        accepted_at = whole_milliseconds(now())
        others = () if order.hold else granting.keys(policies.in_force_at(accepted_at), accepted_at)
        found = store.read_for_authorisation(request.wallet_id, request.digest, order.merchant_id, others)
        return found.payment, Attempt(accepted_at, found, granting.grants(found.others))

    def decide(attempt: Attempt) -> Decision[Payment]:
        accepted_at, found, grants = attempt
        wallet = known_wallet(found.wallet, order)
        policy = policies.running_at(accepted_at)
        judgement = judge(wallet, found.merchant, policy, accepted_at, order, grants.source)
        payment = authorise(judgement, request.accept(accepted_at), order)
        if payment.decline:
            return Decision(payment, lambda: store.record_decline(payment))
        taken = after(wallet.taken, payment.taken.used, accepted_at) if payment.taken.version else None

        def store_it(patience: Patience, funding: Sequence[Write]) -> None:
            store.debit_and_record(payment, judgement.draws, taken, funding, patience)

        return Decision(payment, lambda: grants.keep(store_it, patience))

    return answer_once(request, patience, read, decide)


def known_wallet(wallet: Wallet | None, order: Order) -> Wallet:
    if wallet is None or (order.card is not None and wallet.card(order.card) is None):
        raise UnknownCard
    return wallet


def readable_payment(
    store: PaymentStore, wallet_id: str, payment_id: str, may_read: Callable[[Payment], bool]
) -> Payment:
    """A payment that the caller may read; raises `NotFound` for any other, whether or not it exists."""
    payment = store.payment(wallet_id, payment_id)
    if payment is None or not may_read(payment):
        raise NotFound(NO_SUCH_PAYMENT)
    return payment
