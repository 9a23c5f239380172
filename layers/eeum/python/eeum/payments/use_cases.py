"""Authorising and reading payments."""

from collections.abc import Callable
from datetime import datetime

from eeum.calendar import whole_milliseconds
from eeum.errors import NotFound
from eeum.ids import is_id
from eeum.once import Answer, Decision, answer_once
from eeum.payments.rules import Order, Payment, authorise, judge
from eeum.payments.store import PaymentStore, Read
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.unit_of_work import Patience
from eeum.wallet.rules import Wallet

NO_SUCH_PAYMENT = "There is no such payment, or it is not yours."


class UnknownCard(Exception):
    """No wallet has this card: the caller is told a decline (14), the same for both, and nothing is stored."""


def authorise_payment(
    store: PaymentStore,
    policies: PolicyBook,
    patience: Patience,
    request: Request,
    order: Order,
    now: Callable[[], datetime],
) -> Answer[Payment]:
    """Approves or declines a payment from the request's wallet, once; a decline is stored as an approval is.

    Two round trips: what the decision needs, and what it makes.

    Raises:
        UnknownCard: the wallet, or the card in it, is not known.
        ProgrammeNotRunning: no policy version is in force.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    if not is_id(request.wallet_id):
        raise UnknownCard

    def read() -> tuple[Payment | None, Read]:
        found = store.read_for_authorisation(request.wallet_id, request.digest, order.merchant_id)
        return found.payment, found

    def decide(found: Read) -> Decision[Payment]:
        wallet = known_wallet(found.wallet, order)
        accepted_at = whole_milliseconds(now())
        policy = policies.running_at(accepted_at)
        judgement = judge(wallet, found.merchant, policy, accepted_at, order)
        payment = authorise(judgement, request.accept(accepted_at), order)
        if payment.decline:
            return Decision(payment, lambda: store.record_decline(payment))
        return Decision(payment, lambda: store.debit_and_record(payment, judgement.draws))

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
