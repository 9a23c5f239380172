"""Cancelling what was captured, in part or whole, by the caller that brought the payment or by its merchant."""

from collections.abc import Sequence
from typing import NamedTuple

from eeum.calendar import whole_milliseconds
from eeum.once import Answer, Decision, answer_once
from eeum.payments.holds import allowed
from eeum.payments.progress import Cancellation, cancel, numbered
from eeum.payments.progress_store import State
from eeum.payments.use_cases import May, PaymentDependencies
from eeum.policy.rules import AT_PAYMENT
from eeum.request import Request
from eeum.storage import Write
from eeum.unit_of_work import Patience
from eeum.wallet.budget_draws import BudgetDraws, keep_joined
from eeum.wallet.participants import Asked


class CancelPayment(NamedTuple):
    """Cancel `amount` won of a payment's price; None: all that is left."""

    request: Request
    payment_id: str
    amount: int | None
    reason: str | None
    may: May


def cancel_payment(command: CancelPayment, using: PaymentDependencies) -> Answer[Cancellation]:
    """Cancel part or all of a payment's price, once.

    The refund waits in `refund_pending` until the cashback of the payment's month is recomputed (`eeum.cashback`), a moment later. The
    discount on the cancelled amount goes back to its funders, which costs one more round trip.

    Raises:
        NotFound: no such payment, or the caller may not cancel it.
        PaymentDeclined, PaymentVoided, NothingCaptured, CancellationExceedsPayment: see `eeum.payments.progress.cancel`; nothing is stored.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, payment_id, amount, reason, may = command
    draws = BudgetDraws(using.budgets, AT_PAYMENT)

    def read() -> tuple[Cancellation | None, State]:
        entry, found = using.progress.for_cancellation(request.wallet_id, payment_id, request.digest)
        state = allowed(found, may)
        if entry is None and state.payment.discounts:
            at = state.payment.acceptance.accepted_at
            keys = draws.keys(Asked(request.wallet_id, at, using.policies().running_at(at)))
            draws.begin(using.progress.others(keys) if keys else {})
        return entry, state

    def decide(state: State) -> Decision[Cancellation]:
        acceptance = request.accept(whole_milliseconds(using.clock()))
        decided, progress = cancel(state.payment, state.progress, acceptance, amount, reason)
        entry = numbered(decided, state.wallet.limit_usage)
        if entry.discounts:
            at = state.payment.acceptance.accepted_at
            draws.give_back(using.policies().running_at(at), entry.discounts, at)

        def store(returns: Sequence[Write], _: Patience) -> None:
            using.progress.cancel(entry, progress, state, *returns)

        return Decision(entry, lambda: keep_joined([draws], (), store, using.patience))

    return answer_once(request, using.patience, read, decide)
