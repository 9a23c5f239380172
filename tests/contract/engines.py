"""The engines that the contract runs on, each started and stopped here.

MiniStack runs the local city, so it must pass, but its validation is laxer than DynamoDB's: it settles no question. dynoxide is the
strictest. moto is correct with one thread only.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from moto import mock_aws

from local import places
from local.emulator import HOST, Emulator, free_port

DYNOXIDE = places.ENVIRONMENTS / "node" / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
START_SECONDS = 30


def client_of(endpoint: str | None) -> Any:
    """A botocore client with the functions' configuration; the engines accept any credentials."""
    return botocore.session.get_session().create_client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=places.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 2}),
    )


@contextmanager
def moto() -> Iterator[Any]:
    with mock_aws():
        client = client_of(None)
        yield client
        client.close()


@contextmanager
def dynoxide(folder: Path) -> Iterator[Any]:
    port = free_port()
    with (folder / "dynoxide.log").open("wb") as log:
        process = subprocess.Popen(
            [str(DYNOXIDE), "--host", HOST, "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"dynoxide did not start: {(folder / 'dynoxide.log').read_text()}")
            time.sleep(0.02)
        client = client_of(f"http://{HOST}:{port}")
        yield client
        client.close()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def ministack(folder: Path) -> Iterator[Any]:
    emulator = Emulator(folder, free_port())
    emulator.start()
    try:
        client = client_of(emulator.endpoint)
        yield client
        client.close()
    finally:
        emulator.stop()


def _listens(port: int) -> bool:
    # The check connects rather than binds: binding could take the port from the engine that is starting.
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
