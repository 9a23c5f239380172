"""Say whether what was built has bytecode for Lambda's Python: `python3 deployment/compiled.py FOLDER`.

`sam build` hides what its makefiles print, so a build without bytecode would go unnoticed (deployment/bytecode.sh says why there is none).
"""

from __future__ import annotations

import sys
from pathlib import Path

LAMBDA = "cpython-313"


def sentence(build: Path) -> str:
    """What was compiled for which Python, as an operator should read it."""
    compiled = {path.suffixes[-2].lstrip(".") for path in build.rglob("*.pyc")}
    if LAMBDA in compiled:
        return "What was built is compiled for Lambda's Python 3.13."
    if compiled:
        return f"What was built is compiled for {', '.join(sorted(compiled))}, not for Lambda's Python 3.13: it is for this machine."
    return (
        "What was built has no bytecode, since this machine has no python3.13: every first call of a function compiles it again, and"
        " starts more slowly. Install Python 3.13 and build again."
    )


if __name__ == "__main__":
    print(f"· {sentence(Path(sys.argv[1]))}")
