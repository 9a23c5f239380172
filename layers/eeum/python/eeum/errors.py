"""What can be refused, as types that carry their data. `eeum.aws.problems` has the one table from these to HTTP.

A declined payment or top-up is no error: it is an answer, stored under its request (`eeum.payments`, `eeum.wallet`).
"""


class Refusal(Exception):
    """A request that is refused and changes nothing. `code` is stable: clients may depend on it."""

    code = "refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(Refusal):
    """A value that is not what it must be, with the field it stands in."""

    code = "invalid_request"

    def __init__(self, field: str, why: str, code: str = "invalid_value") -> None:
        super().__init__(f"{field} {why}.")
        self.field = field
        self.why = why
        self.reason = code


class NotFound(Refusal):
    """There is no such thing, or it is not the caller's: nobody learns which."""

    code = "not_found"


class Forbidden(Refusal):
    """The caller's role does not give this right."""

    code = "forbidden"


class IdempotencyKeyReused(Refusal):
    """The key was used before, with another body."""

    code = "idempotency_key_reused"


class BankReferenceUsed(Refusal):
    """The bank has credited this reference before, to another wallet or with another amount."""

    code = "bank_reference_used"


class TooManyItems(Refusal):
    """One transaction would read or write more items than the database takes: nothing was sent."""

    code = "too_many_items"


class ProgrammeNotRunning(Refusal):
    """No policy version is in force at the instant of the request."""

    code = "programme_not_running"


class MerchantExcluded(Refusal):
    """The programme excludes merchants of this category or revenue."""

    code = "merchant_excluded"


class AlreadyApplied(Refusal):
    """An application with this business registration number is waiting or approved."""

    code = "already_applied"


class AlreadyDecided(Refusal):
    """The application was approved or rejected before."""

    code = "already_decided"


class ApplicationChanged(Refusal):
    """Under this id stands another application than the one that was reviewed."""

    code = "application_changed"


class PolicyRefused(Refusal):
    """A policy document that cannot be loaded; `problems` has path, code and reason of each fault."""

    code = "policy_invalid"

    def __init__(self, detail: str, problems: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(detail)
        self.problems = problems


class PolicyStartsTooSoon(Refusal):
    """A version must be stored 120 s before it starts, so that every cache knows it in time."""

    code = "policy_starts_too_soon"


class PolicyInstantTaken(Refusal):
    """Another version starts at this instant, or has this name."""

    code = "policy_instant_taken"


class DraftExists(Refusal):
    """There is a draft, or a version, of this name."""

    code = "draft_exists"


class DraftChanged(Refusal):
    """The draft is no longer at the revision that was seen."""

    code = "draft_changed"


class DraftClosed(Refusal):
    """The draft was approved, rejected or withdrawn, and this cannot be done to it any more."""

    code = "draft_closed"


class DraftNotChecked(Refusal):
    """This revision was not checked, or not against the version that it would follow now, or its check found faults."""

    code = "draft_not_checked"


class SimulationMissing(Refusal):
    """The check names no finished simulation of this document, and the draft gives no emergency reason."""

    code = "simulation_missing"


class ApprovalByAuthor(Refusal):
    """A second operator approves: not one who wrote any of it."""

    code = "approval_by_author"


class AmendmentRefused(Refusal):
    """An amendment that cannot be made; `problems` has path, code and reason of each fault."""

    code = "amendment_invalid"

    def __init__(self, detail: str, problems: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(detail)
        self.problems = problems


class AmendmentTooLate(Refusal):
    """An amendment must be stored 120 s before it changes anything, so that every cache knows it in time."""

    code = "amendment_too_late"


class AmendmentClosed(Refusal):
    """The amendment was approved, rejected or withdrawn before."""

    code = "amendment_closed"


class ProgrammeNotEmpty(Refusal):
    """History can be loaded into an empty programme only."""

    code = "programme_not_empty"


class BudgetLineTaken(Refusal):
    """Another line of the fiscal year has this id, or would pay the same."""

    code = "budget_line_taken"


class BudgetLineAppliesTooSoon(Refusal):
    """A line must be stored 120 s before it applies, so that every cache knows it in time."""

    code = "budget_line_applies_too_soon"


class FiscalYearClosed(Refusal):
    """The fiscal year was closed: nothing is appropriated to it any more."""

    code = "fiscal_year_closed"


class FiscalYearNotOver(Refusal):
    """Something may still be accepted, or posted, in the fiscal year."""

    code = "fiscal_year_not_over"


class Busy(Refusal):
    """Others write to the same items; nothing was done, or the stored answer is found by the same request again."""

    code = "busy"


class PaymentDeclined(Refusal):
    """A declined payment moved no money: there is nothing to capture, release or cancel."""

    code = "payment_declined"


class PaymentVoided(Refusal):
    """The hold was released before anything was captured."""

    code = "payment_voided"


class NothingCaptured(Refusal):
    """The hold has no captures yet: it is voided, not cancelled."""

    code = "nothing_captured"


class CancellationExceedsPayment(Refusal):
    """More than what is left of a payment."""

    code = "cancellation_exceeds_payment"


class TooManyCancellations(Refusal):
    """A part of a payment, which has as many cancellations as it may have but one: the last one takes all that is left."""

    code = "too_many_cancellations"


class NotAHold(Refusal):
    """The payment was captured at once."""

    code = "not_a_hold"


class HoldClosed(Refusal):
    """Nothing is held any more: all was captured or released."""

    code = "hold_closed"


class HoldExpired(Refusal):
    """The hold can no longer be captured."""

    code = "hold_expired"


class CaptureExceedsHold(Refusal):
    """More than what is held, or in more parts than a hold has."""

    code = "capture_exceeds_hold"
