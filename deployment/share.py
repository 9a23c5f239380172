"""`python3 deployment/share.py ENVIRONMENT`: files that another environment has as well are stored once, as hard links.

Four environments have the same SDK, each in a version of its own; most of its files are the same. Python and pip replace files and
never write into them, so that an environment that is made again leaves the others as they are.
"""

import filecmp
import os
import sys
from pathlib import Path

SMALLEST = 4096
"""In bytes; below a block nothing is saved."""


def share(environment: Path) -> int:
    """Links what is the same at the same place, and returns how many bytes that saved."""
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
