"""Runs in the emulator's environment: MiniStack, tied to the life of the process that started it.

The kernel ends it, in order, should that process be killed: nothing is left behind.
"""

import ctypes
import os
import runpy
import signal
import sys

_SIGNAL_ON_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(_SIGNAL_ON_PARENTS_DEATH, signal.SIGTERM)
    if os.getppid() == 1:  # it died before this line
        sys.exit(1)

runpy.run_module("ministack", run_name="__main__")
