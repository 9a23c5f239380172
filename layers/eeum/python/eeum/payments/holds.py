"""Capturing, voiding and expiring what is held for a payment."""

from collections.abc import Callable
from datetime import datetime

from eeum.calendar import whole_milliseconds
from eeum.errors import HoldClosed, NotFound
from eeum.ids import Digest, entry_id
from eeum.once import Answer, Decision, answer_once
from eeum.payments.progress import EXPIRED, VOIDED, Capture, Release, capture, is_expired, release
from eeum.payments.progress_store import ProgressStore, State
from eeum.payments.rules import Payment
from eeum.payments.use_cases import NO_SUCH_PAYMENT
from eeum.request import Acceptance, Request
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience

SCHEDULE = "schedule/hold_expiry"
"""Who releases what has expired."""


def capture_hold(
    store: ProgressStore,
    patience: Patience,
    request: Request,
    payment_id: str,
    amount: int | None,
    may: Callable[[Payment], bool],
    now: Callable[[], datetime],
) -> Answer[Capture]:
    """Pays the merchant `amount` won of what is held, or all of it, once. Each capture earns at its own instant.

    Raises:
        NotFound: no such payment, or the caller may not.
        PaymentDeclined, NotAHold, HoldClosed, HoldExpired, CaptureExceedsHold: see `eeum.payments.progress.capture`; nothing is stored.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """

    def read() -> tuple[Capture | None, State]:
        entry, state = store.for_capture(request.wallet_id, payment_id, request.digest)
        return entry, allowed(state, may)

    def decide(state: State) -> Decision[Capture]:
        acceptance = request.accept(whole_milliseconds(now()))
        entry, progress = capture(state.payment, state.progress, acceptance, amount, state.payment_hash)
        return Decision(entry, lambda: store.capture(entry, progress, state.progress))

    return answer_once(request, patience, read, decide)


def void_hold(
    store: ProgressStore,
    patience: Patience,
    request: Request,
    payment_id: str,
    may: Callable[[Payment], bool],
    now: Callable[[], datetime],
    reason: str = VOIDED,
) -> Answer[Release]:
    """Gives back what is still held, once.

    Raises:
        NotFound: no such payment, or the caller may not.
        HoldClosed: another request released it, or all was captured.
        PaymentDeclined, NotAHold: see `eeum.payments.progress.release`.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """

    def read() -> tuple[Release | None, State]:
        entry, state = store.for_release(request.wallet_id, payment_id)
        known = allowed(state, may)
        if entry is not None and entry.acceptance.digest != request.digest:
            raise HoldClosed("The hold was released before.")
        return entry, known

    def decide(state: State) -> Decision[Release]:
        acceptance = request.accept(whole_milliseconds(now()))
        entry, progress = release(
            state.payment, state.progress, acceptance, reason, state.payment_hash, state.wallet.debts
        )
        return Decision(entry, lambda: store.release(entry, progress, state))

    return answer_once(request, patience, read, decide)


def expire_holds(store: ProgressStore, patience: Patience, now: datetime, limit: int) -> int:
    """Gives back what is held past its time, at most `limit` holds, the longest expired first; says how many were released.

    It may run late, twice or beside itself: a hold is released once.
    """
    return sum(
        _expire(store, patience, wallet_id, payment, now) for wallet_id, payment in store.due_to_expire(now, limit)
    )


def _expire(store: ProgressStore, patience: Patience, wallet_id: str, payment: Digest, now: datetime) -> bool:
    """Whether this call released the hold; another may have, or captured it, since the index was read."""
    attempt = 0
    while True:
        state = store.of_payment(wallet_id, payment)
        if state is None or state.progress.held == 0 or not is_expired(state.progress, now):
            return False
        at = whole_milliseconds(now)
        acceptance = Acceptance(entry_id(at, payment), wallet_id, payment, "", SCHEDULE, at)
        entry, progress = release(
            state.payment, state.progress, acceptance, EXPIRED, state.payment_hash, state.wallet.debts
        )
        try:
            store.release(entry, progress, state)
            return True
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)


def allowed(state: State | None, may: Callable[[Payment], bool]) -> State:
    """Raises `NotFound` for what is not there and for what is somebody else's: nobody learns which."""
    if state is None or not may(state.payment):
        raise NotFound(NO_SUCH_PAYMENT)
    return state
