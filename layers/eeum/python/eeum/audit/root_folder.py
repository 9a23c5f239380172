"""Roots and reports in a local folder: read-only files take the place of the cloud's object lock."""

import filecmp
import json
from collections.abc import Iterable, Iterator
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

    def heads(self, date: str) -> Iterator[Line]:
        try:
            with (self._folder / f"{date}.heads").open(encoding="utf-8") as file:
                yield from (line.removesuffix("\n") for line in file)
        except FileNotFoundError:
            return

    def add_heads(self, date: str, heads: Iterable[Line]) -> None:
        self._write(f"{date}.heads", (f"{line}\n" for line in heads))

    def add(self, root: Root) -> None:
        self._write(f"{root.date}.json", [root.document()])

    def _write(self, name: str, contents: Iterable[str]) -> None:
        """Write a file under another name first, so that one that was interrupted is not taken for it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path, unfinished = self._folder / name, self._folder / f"{name}.unfinished"
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(contents)
        if path.exists():
            is_same = filecmp.cmp(unfinished, path, shallow=False)
            unfinished.unlink()
            if not is_same:
                raise AnotherRoot(f"{name} exists with other contents; roots are never overwritten")
            return
        unfinished.chmod(0o444)
        unfinished.rename(path)
