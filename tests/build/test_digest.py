"""Every change of code or configuration is published: the digest in the template, and the versions that SAM makes from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from deployment.digest import NothingToStamp, digest, stamp
from tests.template.template import ROOT, functions, translated

PARAMETERS = ("Stage=dev", "Programme=incheon")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build folder like that of `sam build`: functions and layers, each in a folder, and the template."""
    folder = tmp_path / "build"
    shutil.copytree(ROOT / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "DependenciesLayer").mkdir()
    (folder / "DependenciesLayer" / "package.py").write_text("VERSION = 1\n")
    (folder / "EeumLayer").mkdir()
    (folder / "EeumLayer" / "rules.py").write_text("RATE = 1_000\n")
    shutil.copy(ROOT / "template.yaml", folder)
    return folder


def versions(build: Path, *parameters: str) -> set[str]:
    """The logical ids of the function versions that a deployment of the build would have."""
    stamp(build, parameters or PARAMETERS)
    plain = translated(yaml_parse((build / "template.yaml").read_text()))["Resources"]
    return {name for name, resource in plain.items() if resource["Type"] == "AWS::Lambda::Version"}


def test_every_function_has_one_version_and_the_same_for_the_same_build(build: Path, tmp_path: Path) -> None:
    first = versions(build)
    assert len(first) == len(functions())
    elsewhere = shutil.copytree(build, tmp_path / "elsewhere")
    assert versions(build) == versions(elsewhere) == first


@pytest.mark.parametrize(
    "changed", ["EeumLayer/rules.py", "DependenciesLayer/package.py", "functions/member_wallet/app.py"]
)
def test_a_change_in_a_layer_or_a_function_publishes_every_function(build: Path, changed: str) -> None:
    before = versions(build)
    with (build / changed).open("a") as file:
        file.write("# another line\n")
    assert not versions(build) & before


def test_a_file_that_came_or_went_publishes_every_function(build: Path) -> None:
    before = versions(build)
    (build / "EeumLayer" / "rules.py").rename(build / "EeumLayer" / "renamed.py")
    assert not versions(build) & before


def test_a_change_in_the_template_publishes_every_function(build: Path) -> None:
    before = versions(build)
    template = build / "template.yaml"
    template.write_text(template.read_text().replace("MemorySize: 1024", "MemorySize: 2048"))
    assert not versions(build) & before


def test_another_parameter_publishes_every_function(build: Path) -> None:
    assert not versions(build, "Programme=gimpo") & versions(build, "Programme=incheon")


def test_an_earlier_stamp_is_no_part_of_the_digest(build: Path) -> None:
    unstamped = digest(build)
    assert stamp(build) == unstamped
    assert stamp(build) == unstamped


def test_a_template_without_functions_is_not_taken_for_one_that_was_stamped(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    with pytest.raises(NothingToStamp):
        stamp(tmp_path)
