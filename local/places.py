"""Where the local city finds its parts and stores its data."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / ".environments"

#: The city's files, and files that developers keep beside them: reports, exports, simulated payments, logs of builds.
DATA = Path(os.environ.get("EEUM_LOCAL_DATA") or ROOT / ".local")

#: The city's own files in `DATA`, also under earlier versions' names: `make reset` removes these and nothing else.
#: The lock stays, since the reset itself holds it.
CITY_FILES = (
    "city.json",
    "clock.json",
    "clock.partial",
    "emulator.log",
    "environment.json",
    "roots",
    "state",
    "statistics",
    "temporary",
    "tokens.env",
)

#: The build for this machine has a folder of its own, so that it is never deployed to AWS by mistake.
BUILD = ROOT / ".aws-sam" / "local"

#: Layers that are unpacked for the emulator, each under the digest of its contents; cities share them.
LAYERS = ROOT / ".aws-sam" / "local-layers"

#: The pages, and the output of `npm run build`.
WEB = ROOT / "web"
PAGES = WEB / "dist"

POLICIES = ROOT / "policies"

#: Fixed, since the names of tables and queues follow from it and `local/environment.json` lists them.
STACK = "eeum-local"
PROGRAMME = "incheon"
REGION = "ap-northeast-2"
DEFAULT_PORT = 4566


def program(environment: str, name: str) -> Path:
    """An executable of one of the virtual environments that `make` sets up."""
    return ENVIRONMENTS / environment / "bin" / name
