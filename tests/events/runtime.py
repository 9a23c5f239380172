"""A built function under the real Lambda Runtime Interface Emulator, which ships with the SAM CLI, and the real runtime client.

The function has what it has in Lambda: its own code, its layers and the runtime client, and no other installed package.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from local import places
from local.emulator import HOST, free_port

ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
#: The packages of awslambdaric, the only ones that a function shares with the tests.
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot_restore_py")
INVOCATIONS = "/2015-03-31/functions/function/invocations"


def interface_emulator() -> Path:
    library = sysconfig.get_path("purelib", vars={"base": "", "platbase": ""}).lstrip("/")
    folder = places.ENVIRONMENTS / "sam" / library / "samcli" / "local" / "rapid"
    return folder / f"aws-lambda-rie-{ARCHITECTURES[platform.machine()]}"


def runtime_client(folder: Path) -> Path:
    """A folder with only the runtime client."""
    folder.mkdir()
    installed = Path(sysconfig.get_path("platlib"))
    found = [*(installed / name for name in RUNTIME_CLIENT), *installed.glob("runtime_client*.so")]
    for part in found:
        (folder / part.name).symlink_to(part)
    return folder


class Function:
    """One function of the built template, in a process group of its own."""

    def __init__(
        self,
        name: str,
        handler: str,
        code: Path,
        layers: list[Path],
        client: Path,
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        self.name = name
        self.log = log
        port, api = free_port(), free_port()
        self._address = f"http://{HOST}:{port}{INVOCATIONS}"
        # The order is that of Lambda: the code first, then the layers, which the runtime unpacks into /opt.
        search = [code, *(layer / "python" for layer in layers), client]
        python = str(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
        # Without `site`, so that no installed package replaces one that the layers lack.
        command = [python, "-S", "-m", "awslambdaric", handler]
        emulated = [
            str(interface_emulator()),
            "--runtime-interface-emulator-address",
            f"{HOST}:{port}",
            "--runtime-api-address",
            f"{HOST}:{api}",
        ]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*emulated, *command],
                cwd=code,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": os.pathsep.join(str(path) for path in search),
                    "LAMBDA_TASK_ROOT": str(code),
                    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
                    "AWS_LAMBDA_FUNCTION_NAME": name,
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                    "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._connection = httpx.Client(
            transport=httpx.HTTPTransport(retries=8), trust_env=False, timeout=httpx.Timeout(90, connect=10)
        )

    def invoke(self, event: Any) -> Any:
        """The function's answer; if it raised, `{"errorMessage": …, "errorType": …, …}`."""
        answer = self._connection.post(self._address, json=event)
        assert answer.status_code == httpx.codes.OK, f"{self.name}: {answer.text}\n{self.log.read_text()}"
        return answer.json()

    def stop(self) -> None:
        self._connection.close()
        # The interface emulator starts the function in its own process group.
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
