"""An earlier release, unpacked from the repository's history: its own code builds it, runs its city and audits it.

The drill uses only the release's commands, so that the release's code may differ from this checkout's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from local import places
from local.failure import CityFailure

RELEASES = Path(__file__).with_name("releases.txt")
FOLDER = places.ROOT / ".aws-sam" / "releases"
OPENING_SECONDS = 300
COMMAND_SECONDS = 600
STOPPING_SECONDS = 120
LAST_LINES = 15


class ReleaseMissing(CityFailure):
    """The repository has no such commit: a shallow clone, or an unpacked archive."""


def latest() -> str:
    """The commit of the latest release that cities run."""
    lines = [line.strip() for line in RELEASES.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")][-1]


def commit_of(name: str) -> str:
    """The commit of a tag, branch or short hash. Raises `ReleaseMissing`."""
    found = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found.returncode:
        raise ReleaseMissing(
            f"The repository has no commit {name}; `git fetch --unshallow` or `git fetch origin {name}` brings it."
        )
    return found.stdout.decode().strip()


class Release:
    """A release's sources in a folder of their own, with this checkout's environments."""

    def __init__(self, commit: str) -> None:
        self.commit = commit
        self.folder = FOLDER / commit

    @classmethod
    def unpacked(cls, name: str) -> Release:
        """The release of that commit or tag. Raises `ReleaseMissing`."""
        release = cls(commit_of(name))
        if not release.folder.exists():
            release._unpack()
        return release

    def build(self) -> Path:
        """Build the release as its own `make run` would; return the path of the built template."""
        output = self._finished("-c", "from local import building; print(building.build())")
        return Path(output.splitlines()[-1])

    @contextmanager
    def running(self, data: Path, port: int, at: str) -> Iterator[None]:
        """Run the release's own `make run` in the folder `data`; stop it properly at the end."""
        opened = data / "tokens.env"
        opened.unlink(missing_ok=True)
        data.parent.mkdir(parents=True, exist_ok=True)
        # Beside the folder, since a city empties the folder when it opens.
        with data.with_suffix(".log").open("ab") as log:
            city = self._started(data, log, "-m", "local.run", "--port", str(port), "--at", at)
            try:
                _await(opened, city, log.name)
                yield
            finally:
                _stop(city)

    def command(self, data: Path, *words: str) -> str:
        """Return the output of a command of the release, on the city that runs from `data`. Raises `CityFailure` unless it exits with 0."""
        return self._finished("-m", *words, data=data)

    def _unpack(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=FOLDER, suffix=".partial"))
        archive = partial / "sources.tar"
        packed = _git("archive", "--format=tar", f"--output={archive}", self.commit)
        if packed.returncode:
            raise CityFailure(f"The release {self.commit} cannot be unpacked: {packed.stderr.decode()[:300]}")
        subprocess.run(["tar", "-xf", str(archive), "-C", str(partial)], check=True)
        archive.unlink()
        # Not installed again: the drill does not test the release's pinned tools.
        (partial / ".environments").symlink_to(places.ENVIRONMENTS.resolve())
        try:
            partial.rename(self.folder)
        except OSError:  # another drill was faster
            shutil.rmtree(partial)

    def _started(self, data: Path | None, output: IO[bytes] | int, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(places.program("development", "python")), *words],
            cwd=self.folder,
            env=self._environment(data),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def _finished(self, *words: str, data: Path | None = None) -> str:
        command = self._started(data, subprocess.PIPE, *words)
        try:
            output = command.communicate(timeout=COMMAND_SECONDS)[0].decode()
        except BaseException:
            _stop(command)
            raise
        if command.returncode:
            raise CityFailure(
                f"`python {' '.join(words)}` of {self.commit[:7]} ended with {command.returncode}: {_end(output)}"
            )
        return output

    def _environment(self, data: Path | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in {"AT", "PORT", "CITY", "PYTHONPATH"}}
        there = {"EEUM_LOCAL_DATA": str(data)} if data else {}
        return kept | there | {"PYTHONPATH": str(self.folder / "layers" / "eeum" / "python")}


def _await(opened: Path, city: subprocess.Popen[bytes], log: str) -> None:
    deadline = time.monotonic() + OPENING_SECONDS
    while not opened.exists():
        if city.poll() is not None or time.monotonic() > deadline:
            raise CityFailure(f"The release's city did not open: {_end(Path(log).read_text(errors='replace'))}")
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOPPING_SECONDS)
        return
    process.kill()
    process.wait()


def _end(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LAST_LINES:])


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=places.ROOT, capture_output=True, check=False)
