"""Runs MiniStack in the emulator's environment, for as long as the process that started it. If that process is killed, the kernel
asks MiniStack to end, so that nothing stays behind.
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
