"""The manifests of an export: which data files belong to it, how many items each holds, and the checksums of all of them."""

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import ExportDamaged, ExportIncomplete, ExportUnusable

SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"
FORMAT = "DYNAMODB_JSON"
WHOLE_TABLE = "FULL_EXPORT"
READ_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class DataFile:
    """One of an export's files: how many items it must hold, and the MD5 of its bytes, in base64, where the manifest has one."""

    path: Path
    items: int
    checksum: str | None


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is all there. `items` are those of the whole table, payments among them."""

    name: str
    items: int
    files: tuple[DataFile, ...]


def is_export(folder: Path) -> bool:
    return any(folder.rglob(SUMMARY))


def open_export(folder: Path) -> Export:
    """Finds the one export below `folder`, wherever in it the bucket's keys begin, and looks for all of its files.

    Raises:
        ExportUnusable: for a folder without an export or with several, another format, or an export of changes only.
        ExportDamaged: for a manifest that cannot be read, or is not as its checksum says.
        ExportIncomplete: for files that are missing, and for numbers that do not add up.
    """
    found = sorted(folder.rglob(SUMMARY))
    if len(found) != 1:
        raise ExportUnusable(f"{folder} holds {len(found)} files {SUMMARY}; give the folder of one export.")
    root = found[0].parent
    summary = _manifest(root / SUMMARY)
    if summary.get("outputFormat", FORMAT) != FORMAT:
        raise ExportUnusable(f"The export is written in {summary['outputFormat']}; export it again as {FORMAT}.")
    if summary.get("exportType", WHOLE_TABLE) != WHOLE_TABLE:
        raise ExportUnusable(
            "The export holds changes only; what survives of payments needs an export of the whole table."
        )
    files = tuple(_data_files(root))
    items = summary.get("itemCount")
    if isinstance(items, int) and items != sum(file.items for file in files):
        raise ExportIncomplete(
            f"{SUMMARY} speaks of {items:,} items, the files in {FILES} have {sum(file.items for file in files):,}."
        )
    return Export(root.name, sum(file.items for file in files), files)


def _manifest(path: Path) -> dict[str, Any]:
    """A manifest of one JSON object."""
    try:
        content = json.loads(_checked(path))
    except ValueError as error:
        raise ExportDamaged(f"{path.name} is no JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ExportDamaged(f"{path.name} holds no JSON object.")
    return content


def _checked(path: Path) -> bytes:
    """A manifest's bytes, which its checksum beside it confirms where there is one."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ExportIncomplete(f"The export has no {path.name}.") from error
    beside = path.with_suffix(".checksum")
    if beside.exists() and _digest(content) != beside.read_text(encoding="utf-8", errors="replace").strip():
        raise ExportDamaged(f"{path.name} is not as {beside.name} says.")
    return content


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _data_files(root: Path) -> Iterator[DataFile]:
    """The files of the manifest, a JSON object a line; only their names are taken from the bucket's keys."""
    for number, line in enumerate(_checked(root / FILES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            name, items = str(entry["dataFileS3Key"]).rpartition("/")[2], int(entry["itemCount"])
        except (ValueError, KeyError, TypeError) as error:
            raise ExportDamaged(f"Line {number} of {FILES} names no data file and how many items it holds.") from error
        path = root / "data" / name
        if not path.is_file():
            raise ExportIncomplete(f"The data file {name} is missing; download the whole export.")
        yield DataFile(path, items, entry.get("md5Checksum"))


def lines_of(file: DataFile) -> Iterator[bytes]:
    """The lines of a data file, decompressed as they are read. The last is followed by a look at checksum and number.

    Raises:
        ExportDamaged, ExportIncomplete.
    """
    read = 0
    try:
        with file.path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as content:
            for line in content:
                if line.strip():
                    read += 1
                    yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ExportDamaged(f"{file.path.name} is not whole, or no gzip file: {error}.") from error
    if read != file.items:
        raise ExportIncomplete(f"{file.path.name} holds {read:,} items, and {file.items:,} in {FILES}.")


def check_sum(file: DataFile) -> None:
    """Raises `ExportDamaged` unless the file's bytes are those that the manifest speaks of."""
    if file.checksum is None:
        return
    digest = hashlib.md5(usedforsecurity=False)
    with file.path.open("rb") as raw:
        while block := raw.read(READ_AT_ONCE):
            digest.update(block)
    try:
        expected = base64.b64decode(file.checksum, validate=True)
    except binascii.Error as error:
        raise ExportDamaged(f"The checksum of {file.path.name} in {FILES} is none.") from error
    if digest.digest() != expected:
        raise ExportDamaged(f"{file.path.name} is not as its checksum in {FILES} says.")
