"""Nothing that a simulated city stores may be dead-lettered, or left by a catch-up: all of it can be posted."""

from collections.abc import Iterable

FAULTS_OF_CODE = ("TypeError", "AttributeError", "NameError")
"""Errors that a malformed patch causes in the product, which dead-letters their records: such a mutant proves nothing."""


def check_nothing_is_given_up(reasons: Iterable[str]) -> None:
    """Raise `AssertionError` for the first reason, or `RuntimeError` (not a failed check) if it is an error of the code itself."""
    for reason in reasons:
        said = f"a posting is given up: {reason}"
        if any(fault in reason for fault in FAULTS_OF_CODE):
            raise RuntimeError(said)
        raise AssertionError(said)
