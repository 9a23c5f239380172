"""Nothing that a simulated city stores may be dead-lettered, or left by a catch-up: whatever wrote it can be posted."""

from collections.abc import Iterable

FAULTS_OF_CODE = ("TypeError", "AttributeError", "NameError")
"""What a patch of the wrong form causes in the product, which dead-letters it like any other error: such a mutant proves nothing."""


def check_nothing_is_given_up(reasons: Iterable[str]) -> None:
    """`AssertionError` for the first of the reasons, `RuntimeError` (which is no check) where the code itself is at fault."""
    for reason in reasons:
        said = f"a posting is given up: {reason}"
        if any(fault in reason for fault in FAULTS_OF_CODE):
            raise RuntimeError(said)
        raise AssertionError(said)
