"""Roots and reports in a local folder: read-only files take the place of the cloud's object lock."""

import json
from collections.abc import Sequence
from pathlib import Path

from eeum.audit.roots import AnotherRoot, Line, Root


class RootFolder:
    """A root document and its heads for each day; `eeum.audit.roots.RootStore` documents the functions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def dates(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def root(self, date: str) -> Root | None:
        path = self._folder / f"{date}.json"
        try:
            return Root(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def heads(self, date: str) -> list[Line]:
        path = self._folder / f"{date}.heads"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def add(self, root: Root, heads: Sequence[Line]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # The document is written last: once it exists, its heads exist too.
        self._write(f"{root.date}.heads", "".join(f"{line}\n" for line in heads))
        self._write(f"{root.date}.json", root.document())

    def _write(self, name: str, contents: str) -> None:
        path = self._folder / name
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(contents)
        except FileExistsError:
            if path.read_text(encoding="utf-8") != contents:
                raise AnotherRoot(f"{name} exists with other contents; roots are never overwritten") from None
            return
        path.chmod(0o444)
