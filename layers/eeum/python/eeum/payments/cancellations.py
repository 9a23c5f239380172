"""Cancelling what was captured, in part or whole, by who brought the payment or by the merchant it was made to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from eeum.calendar import whole_milliseconds
from eeum.once import Answer, Decision, answer_once
from eeum.payments.holds import allowed
from eeum.payments.progress import Cancellation, cancel, numbered
from eeum.payments.progress_store import ProgressStore, State
from eeum.payments.rules import Payment
from eeum.policy.rules import AT_PAYMENT
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Write
from eeum.unit_of_work import Patience
from eeum.wallet.granting import Granting, OneGrant

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets


class Funders(NamedTuple):
    """Whom discounts go back to when their payment is cancelled: the budgets of the policy that gave them."""

    policies: PolicyBook
    budgets: Callable[[], Budgets] | None


class Attempt(NamedTuple):
    """What was read of the payment, and where its discounts may be given back to."""

    state: State
    grants: OneGrant


def cancel_payment(
    store: ProgressStore,
    patience: Patience,
    request: Request,
    payment_id: str,
    amount: int | None,
    reason: str | None,
    may: Callable[[Payment], bool],
    now: Callable[[], datetime],
    funders: Funders | None = None,
) -> Answer[Cancellation]:
    """Takes `amount` won of a payment's price back from the merchant, or all that is left, once.

    The refund waits in `refund_pending` until the cashback of the payment's month is recomputed (`eeum.cashback`), a moment later. Of
    a discounted payment the discount of those won goes back to who funded it, which is read in a round trip of its own.

    Raises:
        NotFound: no such payment, or the caller may not.
        PaymentDeclined, PaymentVoided, NothingCaptured, CancellationExceedsPayment: see `eeum.payments.progress.cancel`; nothing is stored.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """

    granting = Granting(funders.budgets if funders else None, request.wallet_id, AT_PAYMENT)

    def read() -> tuple[Cancellation | None, Attempt]:
        entry, found = store.for_cancellation(request.wallet_id, payment_id, request.digest)
        state = allowed(found, may)
        if entry is not None or not funders or not state.payment.discounts:
            return entry, Attempt(state, OneGrant())
        at = state.payment.acceptance.accepted_at
        keys = granting.keys(funders.policies.running_at(at), at)
        return entry, Attempt(state, granting.grants(store.others(keys) if keys else {}))

    def decide(attempt: Attempt) -> Decision[Cancellation]:
        state, grants = attempt
        acceptance = request.accept(whole_milliseconds(now()))
        decided, progress = cancel(state.payment, state.progress, acceptance, amount, reason)
        entry = numbered(decided, state.wallet.taken)
        if funders:
            at = state.payment.acceptance.accepted_at
            grants.give_back(funders.policies.running_at(at), entry.discounts, at)

        def store_it(_: Patience, returns: Sequence[Write]) -> None:
            store.cancel(entry, progress, state, *returns)

        return Decision(entry, lambda: grants.keep(store_it, patience))

    return answer_once(request, patience, read, decide)
