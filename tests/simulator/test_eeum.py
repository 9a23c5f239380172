"""The command `eeum`, which works without installing the project's packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.command import main
from tests.simulator.cities import POLICY, layer


@pytest.mark.parametrize("arguments", [[], ["policy"], ["policy", "burn"], ["politics", "check"], ["simulate"]])
def test_an_unknown_command_prints_the_known_ones(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "eeum policy simulate POLICY" in capsys.readouterr().err


def test_documents_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY | {"layers": [layer()]}))
    assert main(["policy", "check", str(path)]) == 0
    assert "is valid" in capsys.readouterr().out


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "schema"]) == 0
    assert "layers" in json.loads(capsys.readouterr().out)["properties"]
