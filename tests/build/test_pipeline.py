"""The pipeline file for a city's own repository: its commands exist, and no secret is stored in it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from deployment.deploy import parameters_of
from tests.template.template import ROOT

FILE = ROOT / "deployment" / "pipeline.yaml"


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())["jobs"]
    return found


def commands(job: str) -> list[str]:
    return [step["run"] for step in jobs()[job]["steps"] if "run" in step]


def test_its_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    called = {name for job in jobs() for name in re.findall(r"make ([a-z-]+)", " ".join(commands(job)))}

    assert called == {"lint", "test", "build", "deploy"}
    for name in called:
        assert re.search(rf"(?m)^{name}:", makefile), name


def test_what_is_not_tested_is_not_deployed_and_production_comes_last() -> None:
    assert [job.get("needs") for job in jobs().values()] == [None, "test", "dev"]
    for stage in ("dev", "prod"):
        assert parameters_of(stage)
        assert jobs()[stage]["environment"] == stage
        assert jobs()[stage]["if"] == "github.ref == 'refs/heads/main'"
        assert any("make deploy" in command for command in commands(stage))


def test_only_deployments_may_ask_for_a_role() -> None:
    document = yaml.safe_load(FILE.read_text())
    assert document["permissions"] == {"contents": "read"}
    assert "permissions" not in jobs()["test"]
    assert "secrets." not in FILE.read_text()
