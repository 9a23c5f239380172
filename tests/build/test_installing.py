"""Making an environment prints its size and its progress, and installs only what is needed."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from local import places
from tests.template.template import ROOT

SCRIPT = ROOT / "deployment" / "environment.sh"
STATED = {name: int(takes) for name, takes in re.findall(r"^(\w+)\) takes=(\d+)", SCRIPT.read_text(), re.MULTILINE)}
CONTENTS = {
    "tiny/__init__.py": "VALUE = 1\n",
    "tiny/data.txt": "shared " * 2_000,
    "tiny/tests/test_tiny.py": "never shipped\n",
}


@pytest.mark.parametrize("name", STATED)
def test_what_is_stated_is_what_it_takes(name: str) -> None:
    """The size without later bytecode, and as if no files were shared."""
    environment = places.ENVIRONMENTS / name
    files = [path for path in environment.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    measured = sum(path.lstat().st_blocks * 512 for path in files) / 1e6

    assert measured == pytest.approx(STATED[name], rel=0.15, abs=3)


def test_the_readme_states_the_sum_of_what_make_run_makes() -> None:
    of_run = sum(STATED[name] for name in ("installer", "development", "emulator", "sam"))
    (stated,) = re.findall(r"up to (\d+) MB in `.environments/`", (ROOT / "README.md").read_text())

    assert of_run <= int(stated) <= of_run * 1.1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two environments that need one package, which exists as a wheel."""
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    (project / ".environments").mkdir()
    shutil.copytree(ROOT / "deployment", project / "deployment", ignore=shutil.ignore_patterns("__pycache__"))
    (project / ".environments" / "installer").symlink_to((places.ENVIRONMENTS / "installer").resolve())
    digest = hashlib.sha256(wheel(tmp_path / "wheels").read_bytes()).hexdigest()
    for name in ("emulator", "sam"):
        (project / "requirements" / f"{name}.txt").write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n")
    return project


def wheel(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "tiny-1.0-py3-none-any.whl"
    about = {
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (CONTENTS | about).items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(text)}")
        archive.writestr("tiny-1.0.dist-info/RECORD", "\n".join([*record, "tiny-1.0.dist-info/RECORD,,"]) + "\n")
    return path


def install(project: Path, name: str) -> subprocess.CompletedProcess[str]:
    wheels = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project.parent / "wheels"), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["sh", str(project / "deployment" / "environment.sh"), name],
        env={**os.environ, **wheels},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_said_before_and_meanwhile_and_only_what_is_needed_is_there(project: Path) -> None:
    made = install(project, "emulator")

    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.splitlines() == [
        f"· Making the environment emulator, for the embedded AWS: {STATED['emulator']} MB in .environments/emulator, once.",
        "  1 of 1",
        "  Unpacking 1 packages.",
    ]
    (package,) = (project / ".environments" / "emulator" / "lib").glob("python*/site-packages/tiny")
    assert {path.name for path in package.rglob("*")} == {"__init__.py", "data.txt"}, "no tests, no bytecode"
    assert (project / ".environments" / "emulator" / ".complete").exists()


def test_what_two_environments_have_is_stored_once_and_each_may_be_made_again(project: Path) -> None:
    for name in ("emulator", "sam", "emulator"):
        assert install(project, name).returncode == 0
    one, other = sorted((project / ".environments").glob("*/lib/python*/site-packages/tiny/data.txt"))

    assert one.samefile(other)
    shutil.rmtree(project / ".environments" / "sam")
    assert one.read_text() == CONTENTS["tiny/data.txt"]


def test_what_cannot_be_installed_is_a_sentence_with_pip_s_reason(project: Path) -> None:
    (project / "requirements" / "sam.txt").write_text(f"tiny==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    refused = install(project, "sam")

    assert refused.returncode == 1
    assert "DO NOT MATCH" in refused.stderr
    assert refused.stderr.splitlines()[-1] == (
        "make: the packages of requirements/sam.txt could not be installed; is there a network?"
    )
    assert not (project / ".environments" / "sam" / ".complete").exists()
