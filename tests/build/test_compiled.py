"""A build says whether Lambda's Python finds bytecode in it, and a deployment refuses addresses that are no city's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deployment.compiled import sentence
from deployment.deploy import ExampleAddress, check_addresses, parameters_of
from tests.template.template import ROOT


def built(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / "EeumLayer" / "python" / "__pycache__" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def test_bytecode_of_lambda_s_python_is_said_to_be_there(tmp_path: Path) -> None:
    assert sentence(built(tmp_path, "money.cpython-313.pyc")) == "What was built is compiled for Lambda's Python 3.13."


def test_bytecode_of_another_python_is_for_this_machine(tmp_path: Path) -> None:
    assert "cpython-311, not for Lambda's Python 3.13" in sentence(built(tmp_path, "money.cpython-311.pyc"))


def test_a_build_without_bytecode_says_so_and_why(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "deployment/compiled.py", str(built(tmp_path))],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.startswith("· What was built has no bytecode, since this machine has no python3.13: ")


def test_the_stages_of_the_project_have_no_city_s_addresses_yet() -> None:
    check_addresses("dev", parameters_of("dev"))
    with pytest.raises(ExampleAddress) as refused:
        check_addresses("prod", parameters_of("prod"))
    assert str(refused.value) == (
        "samconfig.toml gives prod addresses below .example, where no one is: replace WebAddress, ResidentAppCallbackUrls,"
        " MerchantAppCallbackUrls, StaffConsoleCallbackUrls, AlarmEmail by the city's own."
    )


@pytest.mark.parametrize(
    "value",
    [
        "https://app.example",
        "https://app.example/x",
        "https://app.city.kr,https://shop.EXAMPLE",
        "a@b.example",
        "https://app.example:8443/",
    ],
)
def test_an_address_below_example_is_refused(value: str) -> None:
    with pytest.raises(ExampleAddress, match="replace WebAddress by"):
        check_addresses("prod", ["Stage=prod", f"WebAddress={value}"])


@pytest.mark.parametrize(
    "value", ["https://app.example.kr", "https://example.com", "https://app.examples", "eeum-example"]
)
def test_another_address_is_a_city_s(value: str) -> None:
    check_addresses("prod", [f"WebAddress={value}"])
