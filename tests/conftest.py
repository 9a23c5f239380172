"""What holds for every test."""

import gc
import os
import signal
import sys

import pytest

# A function freezes what its start has made, once. Tests start functions hundreds of times in one process: whatever garbage there is
# at each start would never be collected, 8 GB of it in the end.
gc.freeze = lambda: None

# A shell starts a command in the background with interrupts ignored, and every process that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure when it happens, so that a run that is cut off shows it too."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        reasons = [line for line in report.longreprtext.splitlines() if line.startswith("E ")] or [""]
        sys.__stderr__.write(f"\nFailed in {report.when}: {report.nodeid}: {reasons[0][:300]}\n")
