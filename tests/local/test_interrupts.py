"""After Ctrl-C, a closed output or a missing file, each command ends with at most one sentence, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import places
from tests.local.installed import installed  # noqa: F401

pytestmark = pytest.mark.usefixtures("installed")

SHARED = {**os.environ, "MAKEFLAGS": "", "PYTHONPATH": "layers/eeum/python:functions:."}


def interrupted(command: list[str], after: float) -> subprocess.CompletedProcess[str]:
    """Run the command in a process group of its own, as a terminal does, and interrupt the whole group."""
    process = subprocess.Popen(
        command,
        cwd=places.ROOT,
        env=SHARED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        deadline = time.monotonic() + 10  # Python's process for shared memory ends a moment after its parent
        while (left := alive(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
    assert not left, "a process that it started is still running"
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# During its imports, and while its processes work. Before `local.command` runs, Python itself handles Ctrl-C.
@pytest.mark.parametrize("after", [3.0, 8.0])
@pytest.mark.parametrize("target", ["simulate", "simulated-city"])
def test_a_command_of_make_that_is_interrupted_shows_no_traceback(tmp_path: Path, target: str, after: float) -> None:
    ended = interrupted(["make", target, "OPS=10_000_000", "CITY_SHARE=10000", f"PAYMENTS={tmp_path / 'city'}"], after)

    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "KeyboardInterrupt" not in ended.stdout + ended.stderr


PROGRAM = """
import sys
import time

print("began", flush=True)
{body}
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(SHARED, "PYTHONPATH", f"{places.ROOT}:{tmp_path}")
    return tmp_path / "program_to_run.py"


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.command", "program_to_run", *arguments]
    return subprocess.run(command, cwd=places.ROOT, env=SHARED, capture_output=True, text=True, check=False)


def test_an_interrupted_command_says_that_it_stopped(program: Path) -> None:
    program.write_text(PROGRAM.format(body="time.sleep(60)"))
    ended = interrupted([sys.executable, "-m", "local.command", "program_to_run"], 1.5)

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "began\n", "Stopped.\n")


def test_processes_that_it_started_end_with_it(program: Path) -> None:
    body = """
import multiprocessing
from local.command import starting_processes

if __name__ == "__main__":
    with starting_processes():
        child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
        child.start()
    child.join()
"""
    program.write_text(PROGRAM.format(body=body))
    ended = interrupted([sys.executable, "-m", "local.command", "program_to_run"], 3)

    assert (ended.returncode, ended.stderr) == (130, "Stopped.\n")


def test_a_missing_file_is_named_and_a_fault_of_the_program_is_not_hidden(program: Path) -> None:
    program.write_text(PROGRAM.format(body="open(sys.argv[1])"))
    missing = run_command("/none/such")
    assert (missing.returncode, missing.stderr) == (
        2,
        "program_to_run: /none/such cannot be used: No such file or directory.\n",
    )

    program.write_text(PROGRAM.format(body="1 / 0"))
    assert "ZeroDivisionError" in run_command().stderr


@pytest.mark.parametrize("status", [0, 3])
def test_the_status_of_a_command_is_its_own(program: Path, status: int) -> None:
    program.write_text(PROGRAM.format(body=f"sys.exit({status})"))
    assert run_command().returncode == status


def test_a_closed_output_is_not_a_fault() -> None:
    piped = subprocess.run(
        ["sh", "-c", "./eeum policy schema | head -1"],
        cwd=places.ROOT,
        env=SHARED,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (piped.stdout, piped.stderr) == ("{\n", "")
