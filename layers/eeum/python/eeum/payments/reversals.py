"""Reversing a request whose answer never came (망취소): by the key of the original, as often as is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from eeum.calendar import whole_milliseconds
from eeum.errors import CancellationExceedsPayment, HoldClosed, NothingCaptured, PaymentVoided
from eeum.ids import is_id
from eeum.once import Answer, Decision, Entry, answer_once
from eeum.payments.cancellations import Funders, cancel_payment
from eeum.payments.holds import void_hold
from eeum.payments.progress import REVERSED, Cancellation, Release, reversal_digest
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Decline, Order, Payment, PaymentStatus, authorise, judge
from eeum.payments.store import PaymentStore, Read
from eeum.payments.use_cases import UnknownCard, known_wallet
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.unit_of_work import Patience

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets

Kept = TypeVar("Kept", bound=Entry)


class Reversal(NamedTuple):
    """The payment that was reversed, what was cancelled of it and what was released; neither when it had not arrived or was declined.

    `replayed` says that an earlier reversal did it, and this one stored nothing.
    """

    payment: Payment
    cancellation: Cancellation | None
    release: Release | None
    replayed: bool = False

    @property
    def outcome(self) -> str:
        """`never_arrived`: the late original will be declined. `declined`: there was nothing to reverse. `reversed`: all was given back."""
        if self.payment.decline is Decline.REVERSED:
            return "never_arrived"
        return "declined" if self.payment.decline else "reversed"


def reverse_payment(
    payments: PaymentStore,
    store: ProgressStore,
    policies: PolicyBook,
    patience: Patience,
    request: Request,
    order: Order,
    now: Callable[[], datetime],
    budgets: Callable[[], Budgets] | None = None,
) -> Reversal:
    """Undoes the payment that `request` asked for, with the original's key and body, whether or not it arrived; repeatable.

    One that has not arrived leaves its entry, declined as reversed, so that the late original finds it and is declined too. An approved
    one is cancelled whole, and what is held is released.

    Raises:
        UnknownCard: the wallet or the card is not known; the original cannot be approved either.
        ProgrammeNotRunning: no policy version is in force.
        IdempotencyKeyReused: the original had another body.
        Busy: the time ran out; the same request goes on from there.
    """
    payment, was_there = _original(payments, policies, patience, request, order, now)
    if payment.decline:
        # Whoever finds it declined for another reason reverses nothing, however often.
        return Reversal(payment, None, None, was_there and payment.decline is Decline.REVERSED)
    # Entries of its own, under digests that follow from the original's: repeating finds them.
    own = request._replace(digest=reversal_digest(request.wallet_id, request.digest))
    released = cancelled = None
    if payment.status is PaymentStatus.HELD:
        released = _unless_done(
            lambda: void_hold(store, patience, own, payment.acceptance.id, lambda _: True, now, REVERSED)
        )
    funders = Funders(policies, budgets)
    cancelled = _unless_done(
        lambda: cancel_payment(
            store, patience, own, payment.acceptance.id, None, REVERSED, lambda _: True, now, funders
        )
    )
    done = [step.replayed for step in (released, cancelled) if step]
    return Reversal(
        payment, cancelled.entry if cancelled else None, released.entry if released else None, bool(done) and all(done)
    )


def _original(
    payments: PaymentStore,
    policies: PolicyBook,
    patience: Patience,
    request: Request,
    order: Order,
    now: Callable[[], datetime],
) -> Answer[Payment]:
    """The stored payment, or the entry that keeps it from ever being approved."""
    if not is_id(request.wallet_id):
        raise UnknownCard

    def read() -> tuple[Payment | None, Read]:
        found = payments.read_for_authorisation(request.wallet_id, request.digest, order.merchant_id)
        return found.payment, found

    def decide(found: Read) -> Decision[Payment]:
        wallet = known_wallet(found.wallet, order)
        accepted_at = whole_milliseconds(now())
        judgement = judge(wallet, found.merchant, policies.running_at(accepted_at), accepted_at, order)
        refused = replace(judgement, decline=Decline.REVERSED, draws=())
        payment = authorise(refused, request.accept(accepted_at), order)
        return Decision(payment, lambda: payments.record_decline(payment))

    return answer_once(request, patience, read, decide)


def _unless_done(step: Callable[[], Answer[Kept]]) -> Answer[Kept] | None:
    """What a step stored, now or before; None when there was nothing left to do."""
    try:
        return step()
    except (HoldClosed, PaymentVoided, NothingCaptured, CancellationExceedsPayment):
        return None
