"""Capturing, voiding and expiring holds."""

from datetime import datetime
from typing import NamedTuple

from eeum.calendar import whole_milliseconds
from eeum.errors import HoldClosed, NotFound
from eeum.ids import Digest, entry_id
from eeum.once import Answer, Decision, answer_once
from eeum.payments.progress import EXPIRED, VOIDED, Capture, Release, capture, is_expired, release
from eeum.payments.progress_store import State
from eeum.payments.use_cases import NO_SUCH_PAYMENT, May, PaymentDependencies
from eeum.request import Acceptance, Request
from eeum.storage import ConditionsFailed

SCHEDULE = "schedule/hold_expiry"
"""The caller in the entries of holds that expired."""


class CaptureHold(NamedTuple):
    """Capture `amount` won of a hold; None: all that is held."""

    request: Request
    payment_id: str
    amount: int | None
    may: May


class VoidHold(NamedTuple):
    """Release what is still held."""

    request: Request
    payment_id: str
    may: May
    reason: str = VOIDED


class ExpireHolds(NamedTuple):
    """Release at most `limit` holds that expired at `at` or before."""

    at: datetime
    limit: int


def capture_hold(command: CaptureHold, using: PaymentDependencies) -> Answer[Capture]:
    """Pay the merchant part or all of a hold, once. Each capture earns cashback at its own instant.

    Raises:
        NotFound: no such payment, or the caller may not capture it.
        PaymentDeclined, NotAHold, HoldClosed, HoldExpired, CaptureExceedsHold: see `eeum.payments.progress.capture`; nothing is stored.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, payment_id, amount, may = command

    def read() -> tuple[Capture | None, State]:
        entry, state = using.progress.for_capture(request.wallet_id, payment_id, request.digest)
        return entry, allowed(state, may)

    def decide(state: State) -> Decision[Capture]:
        acceptance = request.accept(whole_milliseconds(using.clock()))
        entry, progress = capture(state.payment, state.progress, acceptance, amount, state.payment_hash)
        return Decision(entry, lambda: using.progress.capture(entry, progress, state.progress))

    return answer_once(request, using.patience, read, decide)


def void_hold(command: VoidHold, using: PaymentDependencies) -> Answer[Release]:
    """Release what is still held to the member, once.

    Raises:
        NotFound: no such payment, or the caller may not void it.
        HoldClosed: another request released the hold, or all was captured.
        PaymentDeclined, NotAHold: see `eeum.payments.progress.release`.
        IdempotencyKeyReused, Busy: see `eeum.once.answer_once`.
    """
    request, payment_id, may, reason = command

    def read() -> tuple[Release | None, State]:
        entry, state = using.progress.for_release(request.wallet_id, payment_id)
        known = allowed(state, may)
        if entry is not None and entry.acceptance.digest != request.digest:
            raise HoldClosed("The hold was released before.")
        return entry, known

    def decide(state: State) -> Decision[Release]:
        acceptance = request.accept(whole_milliseconds(using.clock()))
        entry, progress = release(
            state.payment, state.progress, acceptance, reason, state.payment_hash, state.wallet.debts
        )
        return Decision(entry, lambda: using.progress.release(entry, progress, state))

    return answer_once(request, using.patience, read, decide)


def expire_holds(command: ExpireHolds, using: PaymentDependencies) -> int:
    """Release expired holds, the longest expired first, and return how many were released.

    It may run late, twice, or at the same time as another run: a hold is released once.
    """
    due = using.progress.due_to_expire(command.at, command.limit)
    return sum(_expire(using, wallet_id, payment_key, command.at) for wallet_id, payment_key in due)


def _expire(using: PaymentDependencies, wallet_id: str, payment_key: Digest, now: datetime) -> bool:
    """Release one hold. False when another request released or captured it after the index was read."""
    attempt = 0
    while True:
        state = using.progress.of_payment(wallet_id, payment_key)
        if state is None or state.progress.held == 0 or not is_expired(state.progress, now):
            return False
        at = whole_milliseconds(now)
        acceptance = Acceptance(entry_id(at, payment_key), wallet_id, payment_key, "", SCHEDULE, at)
        entry, progress = release(
            state.payment, state.progress, acceptance, EXPIRED, state.payment_hash, state.wallet.debts
        )
        try:
            using.progress.release(entry, progress, state)
            return True
        except ConditionsFailed:
            attempt += 1
            using.patience.wait(attempt)


def allowed(state: State | None, may: May) -> State:
    """The state of the payment. Raises `NotFound` for a missing payment and for one of another caller, so that both look the same."""
    if state is None or not may(state.payment):
        raise NotFound(NO_SUCH_PAYMENT)
    return state
