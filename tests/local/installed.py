"""Tests that run `make` need environments that are up to date: an interrupted installation would leave none."""

from __future__ import annotations

import subprocess

import pytest

from local import places


@pytest.fixture(scope="session")
def installed() -> None:
    """Fail before the test when a target would make an environment again."""
    wanted = [f".environments/{name}/.complete" for name in ("development", "emulator", "sam", "simulator")]
    if subprocess.run(["make", "--question", *wanted], cwd=places.ROOT, capture_output=True, check=False).returncode:
        pytest.fail("The environments are not up to date: run `make install` first.")
