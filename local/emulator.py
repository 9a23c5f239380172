"""The AWS emulator as a child process: start it on loopback, wait until it is healthy, and stop it so that it saves its state."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local import places
from local.failure import CityFailure

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30
#: A function's further processes end after this long without a request; each takes some 50 MB.
IDLE_SECONDS = 60
#: The access key of the emulator's administrator; for all other callers the policies of their roles apply.
ACCESS_KEY = SECRET_KEY = "test"
#: Passed on from the caller's environment. AWS settings are not: a developer's own profile must have no effect here.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Emulator:
    """MiniStack with identity enforced (`AUTH=true`) and its state kept below one folder."""

    def __init__(self, data: Path, port: int, functions: Mapping[str, str] | None = None) -> None:
        """`functions` are environment variables that every function gets besides its own."""
        self.port = port
        self.endpoint = f"http://{HOST}:{port}"
        self.log = data / "emulator.log"
        self._data = data
        self._python = places.program("emulator", "python")
        self._functions = dict(functions or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}

    def check(self) -> None:
        """Raise anything that would prevent the start."""
        if not self._python.exists():
            raise CityFailure("The emulator's environment is missing; `make install` sets it up.")
        refuse_taken(self.port)

    def start(self, keeps: Sequence[int] = ()) -> None:
        """Start it and wait until it answers; `keeps` are file descriptors that stay open until it ends."""
        self.check()
        temporary = self._data / "temporary"
        shutil.rmtree(temporary, ignore_errors=True)  # code the emulator unpacked for an earlier run
        temporary.mkdir(parents=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._python), str(Path(__file__).with_name("emulated.py"))],
                env=self._environment(temporary),
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches a whole process group: in a session of its own the emulator lives until it is drained.
                start_new_session=True,
                pass_fds=keeps,
            )
        self._await_health()

    def stop(self) -> None:
        """Ask the emulator to save its state and end; kill it only if it does not."""
        self.close()
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int:
        assert self._process, "The emulator was not started."
        return self._process.pid

    def client(self, service: str) -> Any:
        """The administrator's client of a service; one each, which threads may share."""
        if service not in self._clients:
            session = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name=places.REGION)
            self._clients[service] = session.client(
                service,  # type: ignore[call-overload]  # any service
                endpoint_url=self.endpoint,
                config=Config(retries={"max_attempts": 1}, read_timeout=120, max_pool_connections=32),
            )
        return self._clients[service]

    def close(self) -> None:
        """Close the connections of its clients."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _environment(self, temporary: Path) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return (
            inherited
            | self._functions
            | {
                "BIND_HOST": HOST,
                "GATEWAY_PORT": str(self.port),
                "MINISTACK_REGION": places.REGION,
                "AUTH": "true",
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self._data / "state"),
                "TMPDIR": str(temporary),
                "IOT_MTLS_ENABLED": "0",
                "LAMBDA_WARM_TTL_SECONDS": str(IDLE_SECONDS),
                "SFTP_ENABLED": "0",
                "LOG_LEVEL": "INFO",
                "NO_PROXY": "*",
            }
        )

    def _await_health(self) -> None:
        # Imported late: commands that only reach the emulator also run in the simulator's environment, which lacks it.
        import httpx

        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise CityFailure(f"The emulator ended while starting; its last output: {self._last_words()}")
            try:
                if httpx.get(f"{self.endpoint}/_ministack/health", timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        self.stop()
        raise CityFailure(f"The emulator did not answer within {START_SECONDS} seconds; see {self.log}.")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "none"


def port_is_taken(port: int) -> bool:
    """Whether something listens there. Binding is a sure test; a connection may be refused by chance."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def refuse_taken(port: int) -> None:
    """Raise `CityFailure` when something listens on the port already."""
    if port_is_taken(port):
        raise CityFailure(
            f"Port {port} on {HOST} is taken, perhaps by another local city;"
            " stop that, or choose a free one with PORT=…."
        )


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
