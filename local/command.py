"""`python -m local.command MODULE …` runs a command of this project as `python -m MODULE …` does, with two differences.

Ctrl-C ends the command and the processes that it started with one line, and a file that cannot be used is named in one sentence:
neither shows a traceback. The module is imported here, so that this holds from the first moment on. Only the standard library is
used: commands of every environment are run by it.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
UNUSABLE = 2


@contextmanager
def starting_processes() -> Iterator[None]:
    """Processes started within this block ignore Ctrl-C, which reaches the whole process group: their parent ends them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def main(module: str, arguments: list[str]) -> int:
    """The command's exit status; 130 after Ctrl-C, as from a shell."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as `nohup` and a shell's `&` leave it
        signal.signal(signal.SIGINT, _interrupt)
    sys.argv = [module, *arguments]
    try:
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        finally:
            sys.stdout.flush()  # here, where a closed output is expected; Python's own attempt at its end would report it
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has ended, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE
    except OSError as problem:
        if problem.filename is None:
            raise
        print(f"{module}: {problem.filename} cannot be used: {problem.strerror}.", file=sys.stderr)
        return UNUSABLE
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    for child in multiprocessing.active_children():
        child.terminate()
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
