"""`./eeum policy`: every verb, from any folder, in the smallest environment that it needs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from local import places
from tests.local.installed import installed  # noqa: F401

pytestmark = pytest.mark.usefixtures("installed")

POLICY = str(places.POLICIES / "incheon" / "incheon-2021-01-01.json")
EXAMPLE = places.POLICIES / "examples" / "carry-over.json"
VERBS = ("check", "explain", "try", "simulate", "schema")


def eeum(*arguments: str, folder: Path = places.ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(places.ROOT / "eeum"), *arguments],
        cwd=folder,
        env={**os.environ, "MAKEFLAGS": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_listed_and_describes_itself(verb: str) -> None:
    listed, described = eeum("policy", "--help"), eeum("policy", verb, "--help")

    assert f"eeum policy {verb} " in listed.stdout
    assert (listed.returncode, described.returncode, described.stderr) == (0, 0, "")
    assert described.stdout.startswith(f"usage: eeum policy {verb}")


def test_a_policy_is_checked_explained_and_tried_from_another_folder(tmp_path: Path) -> None:
    assert (
        "incheon-2021-01-01 from 2021-01-01T00:00:00+09:00 is valid"
        in eeum("policy", "check", POLICY, folder=tmp_path).stdout
    )
    assert "10 % up to 500,000 won" in eeum("policy", "explain", POLICY, folder=tmp_path).stdout
    course = str(EXAMPLE.with_suffix(".events.json"))
    assert isinstance(
        json.loads(eeum("policy", "try", str(EXAMPLE), course, "--json", folder=tmp_path).stdout), list | dict
    )
    assert "layers" in json.loads(eeum("policy", "schema", folder=tmp_path).stdout)["properties"]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["policy", "burn", "A.json"], 2, "usage: eeum policy check"),
        (
            ["policy", "burn", "A.json"],
            2,
            "eeum: policy burn is unknown; there are check, explain, try, simulate, schema.",
        ),
        (["policy", "chekc", "A.json"], 2, "eeum: policy chekc is unknown; is policy check meant?"),
        (["check", "A.json"], 2, "eeum: check is unknown; is policy check meant?"),
        (["policy"], 2, "usage: eeum policy check"),
        (["policy", "try", "A.json"], 2, "the following arguments are required: EVENTS"),
        (
            ["policy", "check", "none.json"],
            1,
            "none.json: document: the file cannot be read: No such file or directory [unreadable]",
        ),
        (["policy", "explain", "/"], 1, "/: document: the file cannot be read: Is a directory [unreadable]"),
        (
            ["policy", "simulate", "none.json", "--payments", "none"],
            1,
            "the file cannot be read: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tmp_path: Path, arguments: list[str], status: int, sentence: str) -> None:
    refused = eeum(*arguments, folder=tmp_path)

    assert refused.returncode == status
    assert sentence in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr
