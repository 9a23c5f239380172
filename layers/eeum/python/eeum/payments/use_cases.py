"""Authorising and reading payments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from eeum.calendar import whole_milliseconds
from eeum.errors import NotFound
from eeum.ids import is_id
from eeum.once import Answer, Decision, answer_once
from eeum.payments.baskets import Basket, judge_basket, requests_of
from eeum.payments.rules import Order, Payment
from eeum.payments.store import PaymentStore, Read
from eeum.policy.rules import AT_PAYMENT
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Write
from eeum.unit_of_work import Patience
from eeum.wallet.budget_draws import keep_joined, keys_of, rewarding
from eeum.wallet.participants import Asked, Participant
from eeum.wallet.rules import Wallet

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets
    from eeum.payments.progress_store import ProgressStore

May = Callable[[Payment], bool]
"""Whether the caller may do this to that payment."""

NO_SUCH_PAYMENT = "There is no such payment, or it is not yours."


class PaymentDependencies(NamedTuple):
    """What the use cases of payments depend on; `composition` makes it.

    `policies` are read only when something is judged by them, `budgets` only when something is given or goes back. `participants` join each
    authorisation after the policy's discounts.
    """

    payments: PaymentStore
    progress: ProgressStore
    policies: Callable[[], PolicyBook]
    patience: Patience
    clock: Callable[[], datetime]
    budgets: Callable[[], Budgets] | None = None
    participants: Callable[[], Sequence[Participant]] = tuple


class Authorise(NamedTuple):
    """Pay `order` from the wallet of the request."""

    request: Request
    order: Order


class AuthoriseBasket(NamedTuple):
    """Pay several orders from the wallet of one request, all or none, in this order."""

    request: Request
    orders: tuple[Order, ...]


class Attempt(NamedTuple):
    """One attempt: an instant, and what was read then."""

    accepted_at: datetime
    read: Read


class UnknownCard(Exception):
    """No wallet has this card. The API answers with a decline (14), the same for an unknown wallet, and nothing is stored."""


def authorise_payment(command: Authorise, using: PaymentDependencies) -> Answer[Payment]:
    """Approve or decline one payment from the request's wallet, once."""
    request, order = command
    answer = authorise_basket(AuthoriseBasket(request, (order,)), using)
    return Answer(answer.entry.payments[0], answer.replayed)


def authorise_basket(command: AuthoriseBasket, using: PaymentDependencies) -> Answer[Basket]:
    """Approve or decline payments from the request's wallet, all or none, once. A decline is stored too.

    It takes two round trips: one read, one transaction. A discount that the budgets have no money for is not given, and the payment stands.
    If the wallet's budget shard lacks money, the shard is refilled first. Near the end of a budget the number of reads is bounded, however
    many compete for the last of it (`eeum.budget.funding.Funding`).

    Raises:
        UnknownCard: the wallet, or a card in it, is not known.
        ProgrammeNotRunning: no policy version is in force.
        TooManyItems: too many payments or participants for one transaction; nothing was sent.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, orders = command
    if not orders:
        raise ValueError("a basket has at least one payment")
    if not is_id(request.wallet_id):
        raise UnknownCard
    requests = requests_of(request, len(orders))
    payment_keys = [each.digest for each in requests]
    policies = using.policies()
    merchants = tuple(dict.fromkeys([order.merchant_id for order in orders]))
    captures_now = not all(order.hold for order in orders)
    participants = (*rewarding(using.budgets, AT_PAYMENT), *using.participants())

    def read() -> tuple[Basket | None, Attempt]:
        # The instant is taken before the read, since the policy in force then says what else to read.
        at = whole_milliseconds(using.clock())
        asked = Asked(request.wallet_id, at, policies.in_force_at(at), merchants, captures_now)
        others = keys_of(participants, asked)
        found = using.payments.read_for_authorisation(request.wallet_id, payment_keys, merchants, others)
        for each in participants:
            each.begin(found.others)
        return Basket(found.payments) if found.payments else None, Attempt(at, found)

    def decide(attempt: Attempt) -> Decision[Basket]:
        at, found = attempt
        wallet = known_wallet(found.wallet, orders)
        policy = policies.running_at(at)
        asked = [(each.accept(at), order) for each, order in zip(requests, orders, strict=True)]
        judged = judge_basket(wallet, found.merchants, policy, asked, participants)
        if judged.basket.is_declined:
            return Decision(judged.basket, lambda: using.payments.record_declines(judged.basket.payments))

        def store(writes: Sequence[Write], patience: Patience) -> None:
            using.payments.debit_and_record(judged.debits, writes, patience)

        return Decision(judged.basket, lambda: keep_joined(participants, judged.writes, store, using.patience))

    return answer_once(request, using.patience, read, decide)


def known_wallet(wallet: Wallet | None, orders: Sequence[Order]) -> Wallet:
    """Return the wallet if it exists and has all named cards; else raise `UnknownCard`."""
    if wallet is None or any(order.card is not None and wallet.card(order.card) is None for order in orders):
        raise UnknownCard
    return wallet


def readable_payment(store: PaymentStore, wallet_id: str, payment_id: str, may_read: May) -> Payment:
    """A payment that the caller may read. Raises `NotFound` for any other, whether or not it exists."""
    payment = store.payment(wallet_id, payment_id)
    if payment is None or not may_read(payment):
        raise NotFound(NO_SUCH_PAYMENT)
    return payment
