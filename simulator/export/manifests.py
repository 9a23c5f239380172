"""Read the manifests of an export: its data files, the number of items in each, and all checksums."""

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
    """A data file of an export: its number of items, and the MD5 of its bytes in base64, if the manifest has one."""

    path: Path
    items: int
    checksum: str | None


@dataclass(frozen=True, slots=True)
class Export:
    """A complete export. `items` counts all items of the table, not only payments.

    An incremental export has the changes from `since` to `until`, as the manifest writes these instants; another has no `since`.
    """

    name: str
    items: int
    files: tuple[DataFile, ...]
    since: str | None = None
    until: str | None = None


def is_export(folder: Path) -> bool:
    return any(folder.rglob(SUMMARY))


def open_export(folder: Path, *, takes_changes: bool = False) -> Export:
    """Find the one export at any depth below `folder`, and check that all of its files are there.

    An incremental export is opened only if the caller `takes_changes`.

    Raises:
        ExportUnusable: the folder holds no export or several, another format, or an incremental export.
        ExportDamaged: a manifest cannot be read, or does not match its checksum.
        ExportIncomplete: files are missing, or the numbers of items do not add up.
    """
    found = sorted(folder.rglob(SUMMARY))
    if len(found) != 1:
        raise ExportUnusable(f"{folder} holds {len(found)} files {SUMMARY}; give the folder of one export.")
    root = found[0].parent
    summary = _manifest(root / SUMMARY)
    if summary.get("outputFormat", FORMAT) != FORMAT:
        raise ExportUnusable(f"The export is written in {summary['outputFormat']}; export it again as {FORMAT}.")
    is_whole = summary.get("exportType", WHOLE_TABLE) == WHOLE_TABLE
    if not is_whole and not takes_changes:
        raise ExportUnusable(
            "The export holds changes only; what survives of payments needs an export of the whole table."
        )
    files = tuple(_data_files(root))
    items = summary.get("itemCount")
    if isinstance(items, int) and items != sum(file.items for file in files):
        raise ExportIncomplete(
            f"{SUMMARY} states {items:,} items, but the files in {FILES} have {sum(file.items for file in files):,}."
        )
    since, until = (None, "exportTime") if is_whole else (summary.get("exportFromTime"), "exportToTime")
    return Export(root.name, sum(file.items for file in files), files, since, summary.get(until))


def _manifest(path: Path) -> dict[str, Any]:
    """Read a manifest that is one JSON object."""
    try:
        content = json.loads(_checked(path))
    except ValueError as error:
        raise ExportDamaged(f"{path.name} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ExportDamaged(f"{path.name} holds no JSON object.")
    return content


def _checked(path: Path) -> bytes:
    """Read a manifest and check it against its checksum file, if there is one."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ExportIncomplete(f"The export has no {path.name}.") from error
    beside = path.with_suffix(".checksum")
    if beside.exists() and _digest(content) != beside.read_text(encoding="utf-8", errors="replace").strip():
        raise ExportDamaged(f"{path.name} does not match its checksum in {beside.name}.")
    return content


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _data_files(root: Path) -> Iterator[DataFile]:
    """Read the list of data files, one JSON object a line; only the file names of the bucket's keys count."""
    for number, line in enumerate(_checked(root / FILES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            name, items = str(entry["dataFileS3Key"]).rpartition("/")[2], int(entry["itemCount"])
        except (ValueError, KeyError, TypeError) as error:
            raise ExportDamaged(f"Line {number} of {FILES} names no data file and how many items it holds.") from error
        # Incremental exports of one prefix share a folder of data beside their own.
        path = next((each for each in (root / "data" / name, root.parent / "data" / name) if each.is_file()), None)
        if path is None:
            raise ExportIncomplete(f"The data file {name} is missing; download the whole export.")
        yield DataFile(path, items, entry.get("md5Checksum"))


def lines_of(file: DataFile) -> Iterator[bytes]:
    """Yield the lines of a data file, decompressed as they are read; then check its checksum and number of items.

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
        raise ExportDamaged(f"{file.path.name} is incomplete, or not a gzip file: {error}.") from error
    if read != file.items:
        raise ExportIncomplete(f"{file.path.name} holds {read:,} items, but {FILES} states {file.items:,}.")


def check_sum(file: DataFile) -> None:
    """Check the file's bytes against the manifest. Raises `ExportDamaged`."""
    if file.checksum is None:
        return
    digest = hashlib.md5(usedforsecurity=False)
    with file.path.open("rb") as raw:
        while block := raw.read(READ_AT_ONCE):
            digest.update(block)
    try:
        expected = base64.b64decode(file.checksum, validate=True)
    except binascii.Error as error:
        raise ExportDamaged(f"{FILES} has an invalid checksum for {file.path.name}.") from error
    if digest.digest() != expected:
        raise ExportDamaged(f"{file.path.name} does not match its checksum in {FILES}.")
