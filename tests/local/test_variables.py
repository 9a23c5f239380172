"""Variables of `make` are checked before anything begins; each command here is what a developer types."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local import places, variables
from local.city import City
from local.clock import CityClock
from local.emulator import free_port
from local.failure import CityFailure

MAKEFILE = (places.ROOT / "Makefile").read_text()


def make(*given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `make` as in a terminal, also when these tests run under `make test`: an inner make would print the folder it enters."""
    terminal = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", *given],
        cwd=places.ROOT,
        env={**terminal, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("PROT=4600", "There is no variable PROT; is PORT meant?"),
        ("POLCY=A.json", "There is no variable POLCY; is POLICY meant?"),
        ("port=4600", "There is no variable port; is PORT meant?"),
        ("PORT=abc", "PORT=abc: abc is no port: it must be a whole number from 1 to 65535, such as 4600."),
        ("PORT=99999", "PORT=99999: 99999 is no port: it must be a whole number from 1 to 65535, such as 4600."),
        ("PORT=0", "PORT=0: 0 is no port: it must be a whole number from 1 to 65535, such as 4600."),
        ("PORT=-1", "PORT=-1: -1 is no port: it must be a whole number from 1 to 65535, such as 4600."),
        ("AT=tomorrow", "AT=tomorrow: tomorrow is neither `now` nor an instant such as 2021-01-31T23:58+09:00."),
        ("STAGE=", "STAGE is empty: leave it out for its default, or give it a value."),
        ("STAGE=production", "STAGE=production: production is unknown; there are dev, prod."),
        ("CITY=staging", "CITY=staging: staging is unknown; there are local, dev, prod."),
        ("TARGET=arm", "TARGET=arm: arm is unknown; is arm64 meant?"),
        ("SECONDS=soon", "SECONDS=soon: soon is no number such as 60 or 2.5."),
        ("OPS=many", "OPS=many: many is no whole number from 1 on."),
        ("OPS=0", "OPS=0: 0 is no whole number from 1 on."),
        ("SEED=1.5", "SEED=1.5: 1.5 is no whole number from 0 on."),
        ("CITY_SHARE=10001", "CITY_SHARE=10001: 10001 is no whole number from 1 to 10,000."),
        ("FORMS=no", "FORMS=no: no is unknown: give yes, or leave it out."),
        ("POLICY=A.json B.json", "POLICY=A.json B.json: A.json does not exist."),
        ("EVENT=events/none.json", "EVENT=events/none.json: events/none.json does not exist."),
        ("TESTS=tests/none", "TESTS=tests/none: tests/none does not exist."),
        ("FUNCTION=PaymentFunction", "FUNCTION=PaymentFunction: PaymentFunction is unknown; is PaymentAuthorisationFunction meant?"),
        ("RELEASE=zzz", "RELEASE=zzz: zzz is no short commit, such as 66fc083."),
        ("RELEASE=../../66fc083", "RELEASE=../../66fc083: ../../66fc083 is no short commit, such as 66fc083."),
        ("EMAILS=a@city.kr ;id", "EMAILS=a@city.kr ;id: ;id is no e-mail address."),
        ("MEMBERS=0", "MEMBERS=0: 0 is no whole number from 1 to 1,000,000,000,000."),
        ("YEARS=0", "YEARS=0: 0 is no number of years above 0, such as 1 or 2.5."),
        ("IDENTITY=cognito", "IDENTITY=cognito: cognito is unknown; is cognito-lite meant?"),
        ("QUOTED='; echo broken", "There is no variable QUOTED; there are"),
    ],
)  # fmt: skip
def test_a_wrong_name_or_value_is_one_sentence_and_nothing_is_done(given: str, sentence: str) -> None:
    refused = make("-n", "run", given)

    assert refused.returncode == 2
    assert refused.stdout == ""
    first, last = refused.stderr.splitlines()
    assert first.startswith(f"make: {sentence}")
    assert re.fullmatch(r"Makefile:\d+: \*\*\* Nothing was done\.  Stop\.", last)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "abc", "PORT=abc: abc is no port: it must be a whole number from 1 to 65535, such as 4600."),
        ("PORT", "4600; echo broken", "PORT=4600; echo broken: 4600; echo broken is no port: it must be"),
        ("CITY", "staging", "CITY=staging: staging is unknown; there are local, dev, prod."),
        ("AT", "tomorrow", "AT=tomorrow: tomorrow is neither `now` nor an instant"),
    ],
)
@pytest.mark.parametrize("target", ["run", "demo", "help"])
def test_a_wrong_value_in_the_environment_is_one_sentence_too(
    target: str, name: str, value: str, sentence: str
) -> None:
    refused = make("-n", target, **{name: value})

    assert (refused.returncode, refused.stdout) == (2, "")
    first, last = refused.stderr.splitlines()
    assert first.startswith(f"make: {sentence}")
    assert last.endswith("*** Nothing was done.  Stop.")


def test_a_variable_on_the_command_line_wins_over_the_environment() -> None:
    taken = make("-n", "help", "PORT=4600", PORT="abc")

    assert (taken.returncode, taken.stderr) == (0, "")


def test_what_commands_take_from_the_environment_is_checked_there() -> None:
    (exported,) = re.findall(r"^export (.*)$", MAKEFILE, re.MULTILINE)
    (checked,) = re.findall(r"^GIVEN \+= \$\(foreach each,([A-Z ]+),", MAKEFILE, re.MULTILINE)

    assert checked == exported


@pytest.mark.parametrize(
    "given",
    ["PORT=4600", "PORT=", "AT=now", "AT=", "AT=2021-01-31T23:58+09:00", "STAGE=prod", "CITY=dev", "OPS=20_000", "FORMS=yes",
     "FORMS=", "TESTS=tests/unit/test_money.py::test_x -k x", "OPTIONS=--debug -d 5890", "BUDGET=city=1 national=2", "SHELL=/bin/sh",
     "RELEASE=66fc083"],
)  # fmt: skip
def test_a_right_one_is_taken(given: str) -> None:
    taken = make("-n", "help", given)

    assert (taken.returncode, taken.stderr) == (0, "")


def test_each_variable_of_the_makefile_is_known() -> None:
    defaults = set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE))
    targets = MAKEFILE.partition("# --- ")[2]
    used = set(re.findall(r"\$\((?:if |filter \w+,|foreach each,)?\$?\(?([A-Z_]+)\)", targets))
    described = set(re.findall(r"\b([A-Z_]{2,})=", "\n".join(re.findall(r"## (.*)", MAKEFILE))))
    tools = set(re.findall(r"^([A-Z_]+) :=", MAKEFILE, re.MULTILINE)) | {"MAKE", "MAKEFILE_LIST"}

    assert defaults | (used - tools) | described <= set(variables.VARIABLES)
    assert set(variables.VARIABLES) - defaults - used - described - {"PYTEST_OPTIONS"} == set(), (
        "none that has no effect"
    )


@pytest.mark.parametrize(
    "target", ["check-policy", "explain-policy", "try-policy", "simulate-policy", "compare-evaluators"]
)
def test_what_a_target_needs_is_named_with_an_example(target: str) -> None:
    refused = make("-n", target)

    assert refused.returncode == 2
    example = re.search(
        rf"\*\*\* {target} needs POLICY: make {target} (POLICY=\S+)(?: (EVENTS=\S+))?\.  Stop\.", refused.stderr
    )
    assert example, refused.stderr
    assert make("-n", target, *filter(None, example.groups())).returncode == 0


def test_make_alone_lists_every_target_in_groups_a_line_each() -> None:
    listed = make().stdout.splitlines()
    groups = [line for line in listed if line and not line.startswith(" ")]
    targets = [line.split()[0] for line in listed if line.startswith("  ")]
    callable_ = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))

    assert len(groups) == 7
    assert len(targets) == len(set(targets))
    assert callable_ - set(targets) == {"help"}
    assert all(len(line.split(maxsplit=1)) == 2 for line in listed if line.startswith("  "))
    assert max(map(len, listed)) <= 150


@pytest.mark.parametrize("module", ["local.run", "operations.fold", "operations.audit"])
@pytest.mark.parametrize("port", ["abc", "99999"])
def test_a_command_by_itself_takes_no_wrong_port_from_its_environment_either(module: str, port: str) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", module],
        cwd=places.ROOT,
        env={**os.environ, "PYTHONPATH": "layers/eeum/python:.", "PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert f"argument --port: {port} is no port" in refused.stderr


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59+09:00", "0001-01-01T00:00:00+23:00", "2200-01-01", "tomorrow"])
def test_a_time_that_no_clock_can_have_is_a_sentence(tmp_path: Path, at: str) -> None:
    with pytest.raises(CityFailure, match=f"^AT={re.escape(at)} is "):
        CityClock(tmp_path / "clock.json").start(at)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "1999-01-01"])
def test_a_time_before_the_first_policy_is_a_sentence(tmp_path: Path, at: str) -> None:
    city = City(tmp_path, free_port())
    with pytest.raises(CityFailure, match="The programme's first policy starts too late for AT="):
        city.check(at)
    city.lock.release()


@pytest.mark.parametrize("given", [[], ["zzz"], ["../66fc083"]], ids=["nothing", "no commit", "a path"])
def test_a_fixture_is_named_after_a_commit(given: list[str]) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "tests.upgrade", *given],
        cwd=places.ROOT,
        env={**os.environ, "PYTHONPATH": "layers/eeum/python:functions:."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert "release" in refused.stderr.splitlines()[-1]
