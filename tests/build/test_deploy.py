"""`make deploy` into an embedded AWS: it deploys what was built, and publishes a changed layer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import ACCESS_KEY, SECRET_KEY, Emulator, free_port
from tests.template.template import ROOT, functions

PROJECT = ("template.yaml", "samconfig.toml", "functions", "layers", "deployment", "simulator")

pytestmark = [pytest.mark.build, pytest.mark.xdist_group("deployment")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, in which a source can be changed."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    (copy / ".environments").symlink_to(ROOT / ".environments")
    template = copy / "template.yaml"
    template.write_text(without_gradual_deployments(without_summed_alarms(template.read_text())))
    _add_pages(copy)
    return copy


def without_summed_alarms(template: str) -> str:
    """The template without the alarms on a sum of metrics, which the emulator refuses."""
    parts = re.split(r"(?m)^(?=  [A-Z]\w+:$)", template)
    kept = [part for part in parts if not ("AWS::CloudWatch::Alarm" in part and "\n      Metrics:\n" in part)]
    assert len(kept) < len(parts), "there are none: this is not needed any longer"
    return "".join(kept)


def without_gradual_deployments(template: str) -> str:
    """The template without what needs CodeDeploy, which the emulator does not have."""
    kept, changed = re.subn(r"(?m)^      DeploymentPreference: .*\n", "", template)
    assert changed, "there are none: this is not needed any longer"
    return kept


def _add_pages(project: Path) -> None:
    """Pages that are built in an instant, by npm as the real ones are."""
    web = project / "web"
    web.mkdir()
    build = "mkdir -p dist/resident dist/local dist/assets && cp page.html dist/resident/index.html && cp page.html dist/local/index.html"
    package = {"name": "pages", "version": "1.0.0", "scripts": {"build": f"{build} && cp page.html dist/assets/a-1.js"}}
    (web / "package.json").write_text(json.dumps(package))
    lock = {
        "name": "pages",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {"": {"name": "pages", "version": "1.0.0"}},
    }
    (web / "package-lock.json").write_text(json.dumps(lock))
    (web / "page.html").write_text("<!doctype html>")
    (project / "docs").mkdir()
    (project / "docs" / "openapi.json").write_text("{}")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Emulator]:
    data = tmp_path / "cloud"
    data.mkdir()
    emulator = Emulator(data, free_port())
    emulator.start()
    yield emulator
    emulator.stop()


def deploy(project: Path, cloud: Emulator, stage: str) -> subprocess.CompletedProcess[str]:
    identity = {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "NO_PROXY": "*",
    }
    return subprocess.run(
        [sys.executable, "-m", "deployment.deploy", stage],
        cwd=project,
        env={**os.environ, **identity},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def live(cloud: Emulator) -> dict[str, dict[str, Any]]:
    """The version of each function's alias, by the function's logical id."""
    stack = cloud.client("cloudformation").describe_stacks(StackName="eeum-dev")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    service = cloud.client("lambda")
    return {
        name: service.get_function_configuration(FunctionName=outputs[name], Qualifier="live") for name in functions()
    }


def published(cloud: Emulator, function: str) -> list[int]:
    """The versions of a function, by its name."""
    pages = cloud.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=function)
    return [int(each["Version"]) for page in pages for each in page["Versions"] if each["Version"] != "$LATEST"]


def pages(cloud: Emulator) -> set[str]:
    """The keys in the bucket of the pages."""
    stack = cloud.client("cloudformation").describe_stacks(StackName="eeum-dev")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    listed = cloud.client("s3").list_objects_v2(Bucket=outputs["WebBucket"])
    return {each["Key"] for each in listed["Contents"]}


def layers(version: dict[str, Any]) -> list[str]:
    return [layer["Arn"] for layer in version["Layers"]]


def test_callers_use_a_changed_layer_after_it_was_deployed(project: Path, cloud: Emulator) -> None:
    first = deploy(project, cloud, "dev")
    said = first.stdout + first.stderr
    assert not first.returncode, said
    assert "architecture: arm64" in said, "the build must be for the processors that it prints"
    assert "x86_64" not in said
    before = live(cloud)
    assert "set WebAddress=https://" in said, "the pools return people to another address"
    assert pages(cloud) == {"assets/a-1.js", "config.json", "resident/index.html"}

    money = project / "layers" / "eeum" / "python" / "eeum" / "money.py"
    money.write_text(money.read_text() + "\nCHANGED = True\n")
    second = deploy(project, cloud, "dev")
    assert not second.returncode, second.stdout + second.stderr
    after = live(cloud)

    for function in functions():
        assert int(after[function]["Version"]) > int(before[function]["Version"])
        dependencies, domain, *_ = layers(before[function])
        assert layers(after[function])[0] == dependencies
        assert layers(after[function])[1] != domain
        assert after[function]["Architectures"] == ["arm64"]
        assert int(before[function]["Version"]) in published(cloud, after[function]["FunctionName"]), (
            "kept to go back to"
        )


def without_credentials(project: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """`make deploy` without any configuration, on a machine outside AWS."""
    nothing = str(project / "no-such-file")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    no_credentials = {
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        [sys.executable, "-m", "deployment.deploy", "dev"],
        cwd=project,
        env=kept | no_credentials | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_credentials_the_command_says_what_to_set_before_it_builds(project: Path) -> None:
    refused = without_credentials(project)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("make deploy: There are no AWS credentials. Set AWS_PROFILE to")
    assert not (project / ".aws-sam").exists()


def test_a_missing_profile_is_named_before_anything_is_built(project: Path) -> None:
    refused = without_credentials(project, AWS_PROFILE="somebody-else")
    assert refused.returncode == 1
    assert "somebody-else" in refused.stderr
    assert not (project / ".aws-sam").exists()


def test_an_unknown_stage_is_not_deployed(project: Path, cloud: Emulator) -> None:
    refused = deploy(project, cloud, "moon")
    assert refused.returncode == 1
    assert refused.stderr == "make deploy: samconfig.toml deploys no stage moon; it knows dev, prod.\n"
    assert cloud.client("cloudformation").list_stacks()["StackSummaries"] == []
