"""If a program is missing on the machine, one sentence says so, before anything is made or removed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.template import ROOT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with all programs of the machine: at first those that every machine has."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname"):
        path = next(Path(folder, name) for folder in ("/bin", "/usr/bin") if Path(folder, name).exists())
        (programs / name).symlink_to(path)
    return programs


def install_python(machine: Path, *, answer: str) -> None:
    """Install a Python that answers as the test says, by the program after `-c`."""
    program = machine / "python3"
    program.write_text(f'#!/bin/sh\ncase "$*" in\n{answer}\nesac\n')
    program.chmod(0o755)


def make_environment(machine: Path, name: str) -> str:
    command = ["sh", str(ROOT / "deployment" / "environment.sh"), name]
    finished = subprocess.run(command, env={"PATH": str(machine)}, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    return finished.stderr


def test_no_python(machine: Path) -> None:
    said = make_environment(machine, "development")
    assert said == (
        "make: Python is missing; install Python 3.11 or later (Debian: apt-get install python3 python3-venv).\n"
    )


def test_a_python_that_is_too_old(machine: Path) -> None:
    install_python(machine, answer="--version) echo Python 3.9.2;;\n*version_info*) exit 1;;")
    assert (
        make_environment(machine, "development") == "make: Python 3.9.2 is too old; Python 3.11 or later is needed.\n"
    )


def test_a_python_without_virtual_environments(machine: Path) -> None:
    install_python(machine, answer="*ensurepip*) exit 1;;")
    assert make_environment(machine, "development") == (
        "make: Python's venv module is missing; install it (Debian: apt-get install python3-venv).\n"
    )


def test_no_npm(machine: Path) -> None:
    (machine / "python3").symlink_to(Path(sys.executable).resolve())
    assert make_environment(machine, "node") == (
        "make: npm is missing, which fetches what the tests need; install it (Debian: apt-get install npm).\n"
    )
