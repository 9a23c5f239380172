"""Reversing a request whose answer never came (망취소), by the key of the original. It can be repeated."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from eeum.calendar import whole_milliseconds
from eeum.errors import CancellationExceedsPayment, HoldClosed, NothingCaptured, PaymentVoided
from eeum.ids import is_id
from eeum.once import Answer, Decision, Entry, answer_once
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.holds import VoidHold, void_hold
from eeum.payments.progress import REVERSED, Cancellation, Release, reversal_digest
from eeum.payments.rules import Decline, Order, Payment, PaymentStatus, Till, authorise, judge
from eeum.payments.store import Read
from eeum.payments.use_cases import PaymentDependencies, UnknownCard, known_wallet
from eeum.request import Request

Kept = TypeVar("Kept", bound=Entry)


class Reverse(NamedTuple):
    """Undo the payment of this request and order, whether or not it arrived."""

    request: Request
    order: Order


class Reversal(NamedTuple):
    """The reversed payment, its cancellation and its release. It has neither when the original never arrived or was declined.

    `replayed` says that an earlier reversal undid the payment, and this one stored nothing.
    """

    payment: Payment
    cancellation: Cancellation | None
    release: Release | None
    replayed: bool = False

    @property
    def outcome(self) -> str:
        """`never_arrived`: the original will be declined if it still arrives. `declined`: nothing to reverse. `reversed`: all was given
        back.
        """
        if self.payment.decline is Decline.REVERSED:
            return "never_arrived"
        return "declined" if self.payment.decline else "reversed"


def reverse_payment(command: Reverse, using: PaymentDependencies) -> Reversal:
    """Undo the payment that `request` asked for, with the original's key and body, whether or not it arrived. Repeatable.

    If the original has not arrived, an entry is stored under its key, declined as reversed, so that a late original is declined too. An
    approved payment is cancelled whole, and its hold is released.

    Raises:
        UnknownCard: the wallet or the card is not known; the original cannot be approved either.
        ProgrammeNotRunning: no policy version is in force.
        IdempotencyKeyReused: the original had another body.
        Busy: the time ran out; the same request continues from there.
    """
    request = command.request
    payment, was_there = _original(command, using)
    if payment.decline:
        # A payment that was declined for another reason has nothing to reverse.
        return Reversal(payment, None, None, was_there and payment.decline is Decline.REVERSED)
    # The reversal's entries have digests that follow from the original's, so that a repeated reversal finds them.
    own = request._replace(digest=reversal_digest(request.wallet_id, request.digest))
    payment_id = payment.acceptance.id
    released = cancelled = None
    if payment.status is PaymentStatus.HELD:
        released = _unless_done(lambda: void_hold(VoidHold(own, payment_id, _anybody, REVERSED), using))
    cancelled = _unless_done(lambda: cancel_payment(CancelPayment(own, payment_id, None, REVERSED, _anybody), using))
    done = [step.replayed for step in (released, cancelled) if step]
    return Reversal(
        payment, cancelled.entry if cancelled else None, released.entry if released else None, bool(done) and all(done)
    )


def _anybody(_: Payment) -> bool:
    """Allow every caller that has the key and the body of the payment."""
    return True


def _original(command: Reverse, using: PaymentDependencies) -> Answer[Payment]:
    """The stored payment, or the entry that prevents it from being approved."""
    request, order = command
    if not is_id(request.wallet_id):
        raise UnknownCard

    def read() -> tuple[Payment | None, Read]:
        found = using.payments.read_for_authorisation(request.wallet_id, [request.digest], [order.merchant_id])
        return next(iter(found.payments), None), found

    def decide(found: Read) -> Decision[Payment]:
        wallet = known_wallet(found.wallet, [order])
        at = whole_milliseconds(using.clock())
        judgement = judge(wallet, Till(found.merchants[order.merchant_id], using.policies().running_at(at), at), order)
        payment = authorise(judgement.refused(Decline.REVERSED), request.accept(at), order)
        return Decision(payment, lambda: using.payments.record_declines([payment]))

    return answer_once(request, using.patience, read, decide)


def _unless_done(step: Callable[[], Answer[Kept]]) -> Answer[Kept] | None:
    """What a step stored, now or before; None when there was nothing left to do."""
    try:
        return step()
    except (HoldClosed, PaymentVoided, NothingCaptured, CancellationExceedsPayment):
        return None
