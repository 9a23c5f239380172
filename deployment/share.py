"""`python3 deployment/share.py ENVIRONMENT`: store files that environments share once, as hard links.

Four environments have the SDK, each in its own version; most of the files are the same. Python and pip replace files and never write
into them, so making one environment again leaves the others unchanged.
"""

import filecmp
import os
import sys
from pathlib import Path

SMALLEST = 4096
"""In bytes. A link to a file smaller than a block saves nothing."""


def share(environment: Path) -> int:
    """Link equal files at the same path; return how many bytes that saved."""
    others = [each for each in environment.parent.iterdir() if each != environment and each.is_dir()]
    saved = 0
    for file in environment.glob("lib/**/*"):
        if file.is_symlink() or not file.is_file() or file.stat().st_size < SMALLEST:
            continue
        for other in (each / file.relative_to(environment) for each in others):
            if other.is_file() and _same(file, other):
                saved += 0 if other.samefile(file) else file.stat().st_size
                _link(file, other)
                break
    return saved


def _same(file: Path, other: Path) -> bool:
    one, two = file.stat(), other.stat()
    return (one.st_size, one.st_mode) == (two.st_size, two.st_mode) and filecmp.cmp(file, other, shallow=False)


def _link(file: Path, other: Path) -> None:
    linked = file.with_name(f"{file.name}.linked")
    try:
        os.link(other, linked)
    except OSError:  # a file system without links keeps its copy
        return
    linked.replace(file)


if __name__ == "__main__":
    share(Path(sys.argv[1]).resolve())
