"""Clients that public tools generate from docs/openapi.json can pay: the document is complete and correct."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deployment.openapi import DESCRIPTION
from local import inhabitants, places
from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member

TILLS = Path(__file__).with_name("generated_clients")
CLIENTS = places.ENVIRONMENTS / "clients"
SHOP = inhabitants.shops()[0].name
OPERATIONS = {
    operation["operationId"]
    for operations in json.loads(DESCRIPTION.read_text())["paths"].values()
    for operation in operations.values()
}


def run(folder: Path, *command: str | Path) -> str:
    """The output of a command; the test fails with the command's error."""
    # Generators call other programs of their environment.
    environment = os.environ | {"PATH": f"{CLIENTS / 'bin'}:{os.environ['PATH']}", "NO_COLOR": "1"}
    finished = subprocess.run(
        [str(each) for each in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="session")
def python_till(tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    """The command that runs a till with the client of openapi-python-client."""
    folder = tmp_path_factory.mktemp("python-client")
    generate = (CLIENTS / "bin" / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning")
    run(folder, *generate, "--path", DESCRIPTION, "--output-path", folder / "eeum_client")
    made = {path.stem for path in (folder / "eeum_client" / "api").glob("*/*.py")} - {"__init__"}
    assert made == OPERATIONS, "every operation is there"
    shutil.copy(TILLS / "pay.py", folder)
    return CLIENTS / "bin" / "python", folder / "pay.py"


@pytest.fixture(scope="session")
def typescript_till(tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    """The command that runs a till with the client of @hey-api/openapi-ts, after a strict type check."""
    folder = tmp_path_factory.mktemp("typescript-client")
    tools = CLIENTS / "node_modules" / ".bin"
    generate = (tools / "openapi-ts", "--input", DESCRIPTION, "--output", folder / "eeum_client", "--no-log-file")
    run(folder, *generate, "--client", "@hey-api/client-fetch")
    exported = re.findall(r"^export const (\w+) = ", (folder / "eeum_client" / "sdk.gen.ts").read_text(), re.MULTILINE)
    assert {_snake_case(name) for name in exported} == OPERATIONS, "every operation is there"
    shutil.copy(TILLS / "pay.ts", folder)
    strict = ("--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")
    run(folder, tools / "tsc", *strict, "--module", "commonjs", "--moduleResolution", "node10", "pay.ts")
    return "node", folder / "pay.js"


def _snake_case(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


@pytest.mark.parametrize("till", ["python_till", "typescript_till"])
def test_a_generated_client_pays(
    till: str,
    request: pytest.FixtureRequest,
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
) -> None:
    member = new_member(charged=50_000)
    command = request.getfixturevalue(till)

    said: dict[str, Any] = json.loads(
        run(Path.cwd(), *command, api.base, tokens.acquirer, member.card, shops[SHOP], "12000", f"till-{uuid4()}")
    )

    assert (said["status"], said["paid"], said["merchant_name"]) == ("approved", 12_000, SHOP)
    assert (said["again"], said["replayed"]) == (said["id"], "true")
    assert (said["refused"], said["fault"]) == ("invalid_request", "greater_than_equal")
    seen = datetime.fromisoformat(said["time"])
    assert abs((seen - city.clock.now()).total_seconds()) < 60, "the city's time, years from the machine's"
    assert member.balances()["charged"] == 38_000
