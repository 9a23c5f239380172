"""Cancelling what was captured, in part or whole, by who brought the payment or by the merchant it was made to."""

from collections.abc import Callable
from datetime import datetime

from eeum.calendar import whole_milliseconds
from eeum.once import Answer, Decision, answer_once
from eeum.payments.holds import allowed
from eeum.payments.progress import Cancellation, cancel
from eeum.payments.progress_store import ProgressStore, State
from eeum.payments.rules import Payment
from eeum.request import Request
from eeum.unit_of_work import Patience


def cancel_payment(
    store: ProgressStore,
    patience: Patience,
    request: Request,
    payment_id: str,
    amount: int | None,
    reason: str | None,
    may: Callable[[Payment], bool],
    now: Callable[[], datetime],
) -> Answer[Cancellation]:
    """Takes `amount` won of a payment back from the merchant, or all that is left, once.

    The refund waits in `refund_pending` until the cashback of the payment's month is worked out anew (`eeum.cashback`), a moment later.

    Raises:
        NotFound: no such payment, or the caller may not.
        PaymentDeclined, PaymentVoided, NothingCaptured, CancellationExceedsPayment: see `eeum.payments.progress.cancel`; nothing is stored.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """

    def read() -> tuple[Cancellation | None, State]:
        entry, state = store.for_cancellation(request.wallet_id, payment_id, request.digest)
        return entry, allowed(state, may)

    def decide(state: State) -> Decision[Cancellation]:
        acceptance = request.accept(whole_milliseconds(now()))
        entry, progress = cancel(state.payment, state.progress, acceptance, amount, reason)
        return Decision(entry, lambda: store.cancel(entry, progress, state))

    return answer_once(request, patience, read, decide)
