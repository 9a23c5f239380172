"""Where the local city finds its parts, and where it keeps what it must remember."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / ".environments"

#: The city's files, and beside them what developers had written there: reports, exports, simulated payments, logs of builds.
DATA = Path(os.environ.get("EEUM_LOCAL_DATA") or ROOT / ".local")

#: What is the city's own in `DATA`, by names that earlier versions used too: `make reset` removes these and nothing else.
#: The lock stays, since the one who resets holds it.
CITY_FILES = (
    "city.json",
    "clock.json",
    "clock.partial",
    "emulator.log",
    "environment.json",
    "roots",
    "state",
    "temporary",
    "tokens.env",
)

#: The host's build has a folder of its own, so that it never passes for one that is deployed to AWS.
BUILD = ROOT / ".aws-sam" / "local"

#: Layers that are unpacked for the emulator, each under the digest of its contents; cities share them.
LAYERS = ROOT / ".aws-sam" / "local-layers"

#: The pages, and what `npm run build` makes of them.
WEB = ROOT / "web"
PAGES = WEB / "dist"

POLICIES = ROOT / "policies"

#: The names of tables and queues follow from the stack's name, so it is fixed: `local/environment.json` relies on it.
STACK = "eeum-local"
PROGRAMME = "incheon"
REGION = "ap-northeast-2"
DEFAULT_PORT = 4566


def program(environment: str, name: str) -> Path:
    """An executable of one of the virtual environments that `make` sets up."""
    return ENVIRONMENTS / environment / "bin" / name
