"""A short soak: a city under load, with kills, restarted and audited; and how its memory is judged."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.load.__main__ import main
from bench.load.memory import Memory, function_of, resident
from bench.load.running import Loaded
from bench.load.soak import Soaked, soak
from eeum.audit.report import Report

CLEAN = Report("2021-01-05T00:00:00.000+09:00", {}, [], [], None)


def soaked(memory: Mapping[str, list[float]], unposted: int = 0) -> Soaked:
    return Soaked(Loaded([], 1.0, 0.0), 0, dict(memory), {"pay": 512}, {"posted": 0, "unposted": unposted}, CLEAN)


def test_a_function_that_outgrows_its_memory_fails_the_soak() -> None:
    assert soaked({"pay": [100.0, 511.0], "emulator": [5_000.0]}).holds
    assert soaked({}).holds
    assert not soaked({"pay": [100.0, 513.0, 90.0]}).holds
    assert soaked({"pay": [513.0]}).too_large == ["pay"]
    assert not soaked({}, unposted=1).holds


def test_memory_is_read_from_the_processes_of_the_emulator_by_function() -> None:
    hold = "import sys; held = bytearray(80_000_000); print('ready', flush=True); sys.stdin.read()"
    variables = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "pay"}
    with subprocess.Popen(
        [sys.executable, "-c", hold], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as function:
        assert function.stdout
        assert function.stdout.readline() == b"ready\n"
        assert function_of(function.pid) == "pay"
        memory = Memory(os.getpid())
        memory.read()
        function.communicate(b"")
    assert 80 < memory.samples["pay"][0] < 200
    assert memory.samples["emulator"][0] == pytest.approx((resident(os.getpid()) or 0) / 2**20, rel=0.2)
    assert resident(function.pid) is None
    assert function_of(function.pid) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stage", "prod"], "make load: prod has members' money. Load a stage that has none, such as dev.\n"),
        (["--stage", "dev"], "make load: a deployed city needs a file with its cards and merchants: FILE=cards.json\n"),
        (
            ["--rate", "0"],
            "make load: a load needs a rate and a number of seconds above 0, such as RATE=5 SECONDS=60\n",
        ),
        (["--stage", "moon"], "make load: samconfig.toml deploys no stage moon.\n"),
    ],
)
def test_a_load_that_must_not_be_is_refused_in_a_sentence(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("CITY", "FILE", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["load", *arguments])
    assert main() == 2
    assert capsys.readouterr().err == said


@pytest.mark.city
@pytest.mark.xdist_group("soak")
def test_a_city_under_load_and_kills_loses_nothing(tmp_path: Path) -> None:
    found = soak(tmp_path / "city", rate=4, seconds=15, seed=11)
    assert found.holds, (found.too_large, found.audited.deviations)
    assert len(found.load.answers) > 30
    assert {each.status for each in found.load.answers} & {200, 201}
    assert found.killed >= 1
    assert any(name != "emulator" for name in found.memory)
    assert set(found.memory) - {"emulator"} <= set(found.allowed), (
        "each function's memory is compared with the template's"
    )
    checked = found.audited.checked
    assert sum(checked.values()) > 30, "the audit saw what the load stored"
