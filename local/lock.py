"""A lock on a city's folder: one process holds it at a time, and the operating system releases it when that process ends.

The emulator is given the lock too: it may outlive its runner for the seconds in which it saves its state, and until then no one
else may begin in the same folder.
"""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import TextIO

from local.failure import CityFailure

FILE = "city.lock"
#: A command that only checks the lock holds it for an instant; a start waits this long for it.
PATIENCE_SECONDS = 1.0


class FolderLock:
    """The lock of a city's folder. The file names the port that the city is on, for those who visit it."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE
        self._held: TextIO | None = None

    def take(self, port: int | None = None) -> None:
        """Lock the folder, for a city on `port` if one is given. Raises `CityFailure` when another process has the lock."""
        if self._held:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        file = self._file.open("a+")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                where = f", on port {held}" if (held := _port_in(file)) else ""
                file.close()
                raise CityFailure(f"A city already runs from this folder{where}; stop it first (Ctrl-C).")
            time.sleep(0.05)
        file.truncate(0)
        file.write(f"{port or ''}\n")
        file.flush()
        self._held = file

    def release(self) -> None:
        if self._held:
            fcntl.flock(self._held, fcntl.LOCK_UN)
            self._held.close()
            self._held = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The file descriptors with which a child process holds the lock as well."""
        return (self._held.fileno(),) if self._held else ()


def port_of_running_city(data: Path) -> int | None:
    """The port of the city that runs from a folder, or is about to open there; None when there is none."""
    try:
        file = (data / FILE).open()
    except FileNotFoundError:
        return None
    with file:
        return None if _locked(file, fcntl.LOCK_SH) else _port_in(file)


def _locked(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _port_in(file: TextIO) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text else None
