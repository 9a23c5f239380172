"""The memory of the local city's processes while it is under load: of the emulator, and of each function."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

from local.killer import children_of

EVERY_SECONDS = 5.0
MIB = 1024 * 1024
PAGE_BYTES = 4096
FUNCTION = "AWS_LAMBDA_FUNCTION_NAME"
EMULATOR = "emulator"


def resident(process: int) -> int | None:
    """The resident memory of a process, in bytes; None if it ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return None


def function_of(process: int) -> str | None:
    """The Lambda function that a process runs; None for another one, or one that ended."""
    try:
        variables = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    named = dict(each.decode(errors="replace").partition("=")[::2] for each in variables)
    return named.get(FUNCTION)


class Memory:
    """Within its `with` block, reads the memory of the city's processes; `samples` are MiB in order, by function or `emulator`."""

    def __init__(self, emulator_process: int) -> None:
        self.samples: dict[str, list[float]] = defaultdict(list)
        self._emulator = emulator_process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read_on, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _read_on(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self.read()

    def read(self) -> None:
        """One sample of each process; of several copies of a function, the largest."""
        now: dict[str, float] = {}
        for process in (self._emulator, *children_of(self._emulator)):
            name = EMULATOR if process == self._emulator else function_of(process)
            size = resident(process)
            if name and size is not None:
                now[name] = max(now.get(name, 0.0), size / MIB)
        for name, mebibytes in now.items():
            self.samples[name].append(mebibytes)
