"""Building the functions and layers for this machine's Python, when their sources have changed since the last time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local import places
from local.failure import CityFailure

SOURCES = ("template.yaml", "functions", "layers", "simulator")
_IGNORED = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def build() -> Path:
    """Return the path of the built template; `sam build` runs only when a source has changed since the last build."""
    sam = places.program("sam", "sam")
    if not sam.exists():
        raise CityFailure("The SAM CLI is missing; `make install` sets it up.")
    if shutil.which("make") is None:
        raise CityFailure("`make` is missing, which builds the functions; install it with your package manager.")
    places.BUILD.parent.mkdir(parents=True, exist_ok=True)
    with (places.BUILD.parent / "local.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a city and a test run may build at once
        return _build(sam)


def _build(sam: Path) -> Path:
    built = places.BUILD / "template.yaml"
    mark = places.BUILD / "sources.sha256"
    sources = digest(places.ROOT)
    if built.exists() and mark.exists() and mark.read_text() == sources:
        return built
    finished = subprocess.run(
        [str(sam), "build", "--build-dir", str(places.BUILD), "--parallel"],
        cwd=places.ROOT,
        env={**os.environ, "TARGET": "host", "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        log = places.DATA / "build.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(finished.stdout + finished.stderr)
        raise CityFailure(f"The build failed: {_reason(finished.stderr)} (all of it: {log})")
    mark.write_text(sources)
    return built


def digest(root: Path) -> str:
    """A digest of everything that a build reads."""
    total = hashlib.sha256()
    for path in _files(root):
        total.update(f"{path.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        path = root / source
        if path.is_file():
            yield path
        else:
            yield from sorted(
                part for part in path.rglob("*") if part.is_file() and not _IGNORED & set(part.relative_to(root).parts)
            )


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no reason was given."])[-1]
