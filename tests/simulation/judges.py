"""The judges of a simulated run: two oracles, and the checks of answers and events. A run can continue until each has found something.

No judge changes what another one sees. So one run shows for each of them whether it finds a fault by itself.
"""

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

REFERENCE = "reference"
"""`tests.simulation.reference`: it follows each transaction."""

AUDIT = "audit"
"""`eeum.audit`, with the sums of budgets in `tests.invariants_of_budgets`: it recomputes everything from what is stored."""

ANSWERS = "answers"
"""Everything else: answers to clients, events, codes and stamps of cards, and that nothing is dead-lettered."""

ORACLES = frozenset({REFERENCE, AUDIT})

TESTS = Path(__file__).resolve().parents[1]


class Found(BaseException):
    """A judge found a violation; its cause is the failed check. No product code may catch this."""


class Verdicts:
    """The first finding of each judge. If a run `goes_on`, a finding does not end it."""

    def __init__(self, *, goes_on: bool = False) -> None:
        self.goes_on = goes_on
        self.by: dict[str, str] = {}

    def failed(self, judge: str, fault: BaseException) -> None:
        """Note what a judge found. Raises `Found` if that ends the run, or if something else than a check failed.

        After its first finding a judge's state may be wrong, and after any finding the city's: what follows is ignored.
        """
        failed_check = is_of_a_check(fault)
        if not self.goes_on or not (failed_check or self.by):
            raise Found from fault
        if failed_check and judge not in self.by:
            self.by[judge] = said_by(fault)

    def note(self, checks: Iterable[tuple[str, Callable[[], None]]]) -> None:
        """Run checks, each for its judge."""
        for judge, check in checks:
            try:
                check()
            except Exception as fault:  # noqa: BLE001 - any exception is a finding
                self.failed(judge, fault)


def is_of_a_check(fault: BaseException) -> bool:
    """Whether an assertion of the tests failed: the product has none, and its exceptions are not failed checks."""
    if isinstance(fault, Found) and fault.__cause__ is not None:
        fault = fault.__cause__
    *_, last = traceback.extract_tb(fault.__traceback__)
    return isinstance(fault, AssertionError) and TESTS in Path(last.filename).parents


def said_by(fault: BaseException) -> str:
    """One line about a failed check."""
    lines = [line.strip() for line in traceback.format_exception(fault) if line.strip()]
    return " ".join(lines[-1].split())[:120]
