"""All refusals, as types that carry their data. `eeum.aws.problems` has the one table from these to HTTP.

A declined payment or top-up is not an error: it is an answer, stored under its request (`eeum.payments`, `eeum.wallet`).
"""


class Refusal(Exception):
    """A request that is refused and changes nothing. `code` is stable: clients may depend on it."""

    code = "refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(Refusal):
    """A value that is not allowed, with the field that has it."""

    code = "invalid_request"

    def __init__(self, field: str, why: str, code: str = "invalid_value") -> None:
        super().__init__(f"{field} {why}.")
        self.field = field
        self.why = why
        self.reason = code


class NotFound(Refusal):
    """The thing does not exist, or is not the caller's: the answer does not reveal which."""

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
    """The id has another application than the one that was reviewed."""

    code = "application_changed"


class PolicyRefused(Refusal):
    """A policy document that cannot be loaded; `problems` has path, code and reason of each fault."""

    code = "policy_invalid"

    def __init__(self, detail: str, problems: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(detail)
        self.problems = problems


class PolicyStartsTooSoon(Refusal):
    """A version must be stored 120 s before its start, so that every cache has it in time."""

    code = "policy_starts_too_soon"


class PolicyInstantTaken(Refusal):
    """Another version starts at this instant, or has this name."""

    code = "policy_instant_taken"


class DraftExists(Refusal):
    """There is a draft, or a version, of this name."""

    code = "draft_exists"


class DraftChanged(Refusal):
    """The draft was edited after the revision that the operator read."""

    code = "draft_changed"


class DraftClosed(Refusal):
    """The draft was approved, rejected or withdrawn, which allows no further step of this kind."""

    code = "draft_closed"


class DraftNotChecked(Refusal):
    """This revision was not checked, its check found faults, or it was checked against a version that it no longer follows."""

    code = "draft_not_checked"


class SimulationMissing(Refusal):
    """The check names no finished simulation of this document, and the draft gives no emergency reason."""

    code = "simulation_missing"


class ApprovalByAuthor(Refusal):
    """A second operator must approve: no one who wrote any part of it."""

    code = "approval_by_author"


class AmendmentRefused(Refusal):
    """An invalid amendment; `problems` has path, code and reason of each fault."""

    code = "amendment_invalid"

    def __init__(self, detail: str, problems: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(detail)
        self.problems = problems


class AmendmentTooLate(Refusal):
    """An amendment must be stored 120 s before it changes anything, so that every cache has it in time."""

    code = "amendment_too_late"


class AmendmentClosed(Refusal):
    """The amendment was approved, rejected or withdrawn before."""

    code = "amendment_closed"


class ProgrammeNotEmpty(Refusal):
    """History can only be loaded into an empty programme."""

    code = "programme_not_empty"


class BudgetLineTaken(Refusal):
    """Another line of the fiscal year has this id, or already pays for the same layers."""

    code = "budget_line_taken"


class BudgetLineAppliesTooSoon(Refusal):
    """A line must be stored 120 s before it applies, so that every cache has it in time."""

    code = "budget_line_applies_too_soon"


class FiscalYearClosed(Refusal):
    """The fiscal year was closed: no money can be added to it any more."""

    code = "fiscal_year_closed"


class FiscalYearNotOver(Refusal):
    """Payments or accruals of the fiscal year may still follow."""

    code = "fiscal_year_not_over"


class Busy(Refusal):
    """Other requests write to the same items. Nothing was done, or the same request again finds its stored answer."""

    code = "busy"


class PaymentDeclined(Refusal):
    """A declined payment moved no money, so nothing can be captured, released or cancelled."""

    code = "payment_declined"


class PaymentVoided(Refusal):
    """The hold was released before anything was captured."""

    code = "payment_voided"


class NothingCaptured(Refusal):
    """The hold has no captures yet: void it instead of cancelling."""

    code = "nothing_captured"


class CancellationExceedsPayment(Refusal):
    """The amount is more than the rest of the payment."""

    code = "cancellation_exceeds_payment"


class TooManyCancellations(Refusal):
    """The payment has only one cancellation left, which must take the whole rest, and this one takes a part."""

    code = "too_many_cancellations"


class NotAHold(Refusal):
    """The payment was captured at once."""

    code = "not_a_hold"


class HoldClosed(Refusal):
    """The hold is empty: all of it was captured or released."""

    code = "hold_closed"


class HoldExpired(Refusal):
    """The hold can no longer be captured."""

    code = "hold_expired"


class CaptureExceedsHold(Refusal):
    """The capture exceeds what is left of the hold, or the hold has as many captures as it may."""

    code = "capture_exceeds_hold"
