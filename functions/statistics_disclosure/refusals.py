"""Why a release is not published: each refusal has a stable code and a sentence."""


class Refused(Exception):
    """A release that is not published."""

    code = "refused"


class NotComputed(Refused):
    """The document is no computed release."""

    code = "not_a_computed_release"


class TablesDisagree(Refused):
    """Two cells that must be equal, or a total and its parts, differ."""

    code = "tables_disagree"


class WrongStructuralZero(Refused):
    """A cell that is said to be zero by its structure has a value."""

    code = "structural_zero_with_a_value"


class UnknownCell(Refused):
    """A figure follows from a cell that the release does not have."""

    code = "unknown_cell"


class CannotProtect(Refused):
    """No suppression protects a cell: too much of what it follows from was published before."""

    code = "cannot_protect"


class RevisionWithheld(Refused):
    """A month must keep the revision that was published: its correction would disclose a cell. `months` names them."""

    code = "revision_withheld"

    def __init__(self, months: tuple[str, ...], detail: str) -> None:
        super().__init__(detail)
        self.months = months


class AuditFailed(Refused):
    """The audit found a suppressed cell that can be computed too closely from what would be published."""

    code = "disclosure_audit_failed"


class AlreadyPassed(Refused):
    """A later release was published: what this one would disclose beside it is not audited."""

    code = "release_already_passed"
