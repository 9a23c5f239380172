"""The variables that `make` takes: `python3 local/variables.py NAME=value …` reports an invalid one, before anything begins.

make itself accepts any name and any value: it would ignore a misspelt one without an error. It runs on the machine's own Python,
before there is an environment.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Callable
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Variables of the Makefile and of make itself. A value replaces a tool, and is not checked.
TOOLS = frozenset(
    {"SHELL", "MAKEFLAGS", "ENVIRONMENTS", "PYTHON", "BROWSER_PYTHON", "SIMULATOR_PYTHON", "SAM", "EEUM_LOCAL_DATA"}
)
Wrong = argparse.ArgumentTypeError


def port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        raise Wrong(f"{text} is no port: it must be a whole number from 1 to 65535, such as 4600")
    return int(text)


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    def check(text: str) -> int:
        digits = text.replace("_", "")
        if not (digits.isascii() and digits.isdecimal() and least <= int(digits) <= (most or int(digits))):
            upper = f" to {most:,}" if most else ""
            raise Wrong(f"{text} is no whole number from {least:,}{upper or ' on'}")
        return int(digits)

    return check


def number(text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text, re.ASCII):
        raise Wrong(f"{text} is no number such as 60 or 2.5")
    return float(text)


def years(text: str) -> float:
    if not re.fullmatch(r"\d{1,2}(\.\d+)?", text, re.ASCII) or float(text) == 0:
        raise Wrong(f"{text} is no number of years above 0, such as 1 or 2.5")
    return float(text)


def instant(text: str) -> str:
    try:
        if text not in ("", "now"):
            datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{text} is neither `now` nor an instant such as 2021-01-31T23:58+09:00") from None
    return text


def day(text: str) -> str:
    try:
        if text:
            date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{text} is no day such as 2020-12-20") from None
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in choices:
            near = difflib.get_close_matches(text, choices, n=1)
            raise Wrong(
                f"{text} is unknown; is {near[0]} meant?"
                if near
                else f"{text} is unknown; there are {', '.join(choices)}"
            )
        return text

    return check


def switch(word: str) -> Callable[[str], str]:
    """Check a variable whose only value turns something on. Another value, even `no`, would turn it on too, so it is refused."""

    def check(text: str) -> str:
        if text not in ("", word):
            raise Wrong(f"{text} is unknown: give {word}, or leave it out")
        return text

    return check


def files(text: str) -> str:
    """Check that one or more files exist: documents, folders of them, folders or parts of tests. A value after an option belongs to it."""
    for name in takewhile(lambda word: not word.startswith("-"), text.split()):
        if not Path(ROOT, name.partition("::")[0]).exists():
            raise Wrong(f"{name} does not exist")
    return text


def commit(text: str) -> str:
    """Check a short commit. A file is named after it, so a tag or path is refused."""
    if not re.fullmatch(r"[0-9a-f]{7,40}", text, re.ASCII):
        raise Wrong(f"{text} is no short commit, such as 66fc083")
    return text


def addresses(text: str) -> str:
    """The shell gets them as they are."""
    for each in text.split():
        if not re.fullmatch(r"[\w.+-]+@[\w.-]+", each, re.ASCII):
            raise Wrong(f"{each} is no e-mail address")
    return text


def anything(text: str) -> str:
    return text


def stages() -> list[str]:
    """What samconfig.toml deploys."""
    return re.findall(r"^\[(\w+)\.deploy\.parameters\]", (ROOT / "samconfig.toml").read_text(), re.MULTILINE)


def functions() -> list[str]:
    return list(json.loads((ROOT / "local" / "environment.json").read_text()))


VARIABLES: dict[str, Callable[[str], object]] = {
    "AT": instant,
    "PORT": port,
    "CITY": one_of("local", *stages()),
    "TARGET": one_of("x86_64", "arm64", "host"),
    "STAGE": one_of(*stages()),
    "FUNCTION": one_of(*functions()),
    "EVENT": files,
    "OPTIONS": anything,
    "SECONDS": number,
    "RATE": number,
    "FILE": files,
    "TESTS": files,
    "PYTEST_OPTIONS": anything,
    "OPS": whole_number(1),
    "SEED": whole_number(0),
    "FORMS": switch("yes"),
    "MUTANTS": anything,
    "ROOTS": switch("all"),
    "POLICY": files,
    "AGAINST": files,
    "EVENTS": files,
    "JSON": switch("yes"),
    "PAYMENTS": anything,
    "CITY_SHARE": whole_number(1, 10_000),
    "EXPORT": anything,
    "BUDGET": anything,
    "OUTPUT": anything,
    "SOURCE": anything,
    "FROM": anything,
    "SINCE": instant,
    "UNTIL": instant,
    "KINDS": anything,
    "RELEASE": commit,
    "SCREENS": anything,
    "AS_OF": day,
    "INPUTS": anything,
    "SCALE": whole_number(1, 1_000),
    "GENERATED": anything,
    "EMAILS": addresses,
    "MEMBERS": whole_number(1, 10**12),
    "YEARS": years,
    "IDENTITY": one_of("own", "cognito-lite", "cognito-essentials"),
    "CATCH_UP": one_of("index", "scan"),
    "OLD_PRICES": switch("yes"),
    "AVERAGE": whole_number(1_000, 900_000),
    "PARTNER": one_of("acquirer", "bank"),
    "STEP": one_of("fetch", "begin", "finish"),
    "CONFIRMED": switch("yes"),
}
#: An empty value is not the Makefile's default: it replaces the default by nothing.
NEVER_EMPTY = frozenset(
    {
        "TARGET",
        "STAGE",
        "FUNCTION",
        "EVENT",
        "SECONDS",
        "TESTS",
        "OPS",
        "PAYMENTS",
        "CITY_SHARE",
        "EXPORT",
        "SOURCE",
        "SCREENS",
        "GENERATED",
    }
)


def fault(name: str, value: str) -> str | None:
    """What is wrong with a variable, in a sentence; None if nothing is."""
    if name in TOOLS:
        return None
    if name not in VARIABLES:
        near = difflib.get_close_matches(name.upper(), VARIABLES, n=1, cutoff=0.5)
        return f"There is no variable {name}" + (
            f"; is {near[0]} meant?" if near else f"; there are {', '.join(VARIABLES)}."
        )
    if not value.strip():
        return f"{name} is empty: leave it out for its default, or give it a value." if name in NEVER_EMPTY else None
    try:
        VARIABLES[name](value)
    except Wrong as wrong:
        return f"{name}={value}: {str(wrong).rstrip('?')}{'?' if str(wrong).endswith('?') else '.'}"
    return None


def main(given: list[str]) -> int:
    faults = [found for each in given if (found := fault(*each.split("=", 1)))]
    for each in faults:
        print(f"make: {each}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
