"""One process at a time holds a city's folder, which is free when that process has ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.city import City
from local.emulator import free_port
from local.failure import CityFailure
from local.lock import FILE, FolderLock, port_of_running_city

ROOT = Path(__file__).parents[2]
#: A process that takes and keeps the lock of a folder, for a city on a port. With a third argument, a child process keeps it too.
HOLDER = """
import subprocess, sys, time
from pathlib import Path
from local.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.take(int(sys.argv[2]))
if sys.argv[3]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=lock.descriptors)
    print(child.pid, flush=True)
else:
    print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def held(data: Path, port: int, child: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds the folder, and its output."""
    command = [sys.executable, "-c", HOLDER, str(data), str(port), child]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_the_refusal_of_a_second_city_in_a_folder_names_the_first_one_s_port(tmp_path: Path) -> None:
    with held(tmp_path, 4810):
        with pytest.raises(CityFailure, match=r"^A city already runs from this folder, on port 4810; stop it first"):
            City(tmp_path, free_port()).check(None)
        assert port_of_running_city(tmp_path) == 4810
    city = City(tmp_path, free_port())
    city.check(None)
    assert port_of_running_city(tmp_path) == city.emulator.port
    city.lock.release()


def test_a_start_that_is_refused_changes_nothing_in_the_folder(tmp_path: Path) -> None:
    with held(tmp_path, 4810):
        (tmp_path / "clock.json").write_text("{}")
        with pytest.raises(CityFailure, match="already runs"):
            City(tmp_path, free_port()).start(tmp_path / "template.yaml")
        assert sorted(part.name for part in tmp_path.iterdir()) == [FILE, "clock.json"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_folder_is_free_when_its_process_is_gone(tmp_path: Path, ending: signal.Signals) -> None:
    with held(tmp_path, 4810) as (process, _):
        process.send_signal(ending)
        process.wait()
        assert port_of_running_city(tmp_path) is None
        assert can_be_taken(tmp_path)


def can_be_taken(data: Path) -> bool:
    lock = FolderLock(data)
    try:
        lock.take(4811)
    except CityFailure:
        return False
    lock.release()
    return True


def test_the_folder_is_not_free_while_the_emulator_still_saves(tmp_path: Path) -> None:
    with held(tmp_path, 4810, child="yes") as (process, child):
        process.kill()
        process.wait()
        try:
            assert not can_be_taken(tmp_path)
            assert port_of_running_city(tmp_path) == 4810
        finally:
            os.kill(int(child), signal.SIGKILL)
        assert can_be_taken(tmp_path)


def test_the_holder_of_the_folder_may_take_it_again_and_releases_it(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "city")
    lock.take(4810)
    lock.take(4810)
    assert port_of_running_city(tmp_path / "city") == 4810
    lock.release()
    assert port_of_running_city(tmp_path / "city") is None
    assert port_of_running_city(tmp_path / "elsewhere") is None


def command(module: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the local city on a folder, as `make` does."""
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, "EEUM_LOCAL_DATA": str(data), "PORT": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_city_that_runs_is_not_emptied_whatever_port_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with held(tmp_path, 4810):
        for port in ("", str(free_port())):
            refused = command("local.reset", tmp_path, PORT=port)
            assert refused.returncode == 1
            assert refused.stderr == (
                "make reset: A city already runs from this folder, on port 4810; stop it first (Ctrl-C).\n"
            )
        assert (tmp_path / "state").exists()
    assert command("local.reset", tmp_path).returncode == 0
    assert [part.name for part in tmp_path.iterdir()] == [FILE]


def test_visitors_find_the_city_wherever_it_is(tmp_path: Path) -> None:
    port = free_port()
    with held(tmp_path, port):
        refused = command("local.demo", tmp_path)
        assert (refused.returncode, refused.stderr) == (
            1,
            f"make demo: The local city, on port {port}, is still opening; wait until it says that it is open.\n",
        )
    refused = command("local.demo", tmp_path)
    assert refused.stderr == "make demo: The local city is not open; `make run`, in another terminal, starts it.\n"


def test_an_invocation_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.touch(mode=0o755)
    event = ROOT / "events" / "payment_authorisation" / "http.json"
    refused = subprocess.run(
        [sys.executable, "-m", "local.invoke", "--check", "PaymentAuthorisationFunction", str(event)],
        cwd=ROOT,
        env={**os.environ, "EEUM_LOCAL_DATA": str(tmp_path), "PATH": f"{docker.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr == "make invoke: The local city is not open; `make run`, in another terminal, starts it.\n"


def test_make_invoke_asks_before_it_builds() -> None:
    planned = subprocess.run(["make", "-n", "invoke"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert planned.index("local.invoke --check") < planned.index("sam build") < planned.rindex("local.invoke")
