"""`make export`: write the local city's ledger in the format of DynamoDB's exports, for the simulator.

On AWS the service itself exports, from backups and without load on the city: docs/simulator.md, "Payments from the ledger".

Exit status: 0 when everything is written, 2 when the command failed.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.failure import OperationFailed
from operations.stack import LOCAL, Stack, add_arguments, stack_of

SEGMENTS = 4
"""Number of data files, as for a table with several partitions."""


def export_ledger(stack: Stack, folder: Path) -> int:
    """Write every item of the ledger below `folder`, the manifests last; return the number of items.

    Costs 1 read unit per 8 KB. Stop payments first: entries that are written meanwhile may be exported in part.

    Raises:
        OperationFailed: if the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise OperationFailed(f"{folder} is not empty; give a new folder.")
    table = stack.resources["LedgerTable"]
    client = stack.client("dynamodb")
    began = datetime.now(UTC)
    export_id = f"{int(began.timestamp() * 1000):014}-{hashlib.sha256(table.encode()).hexdigest()[:8]}"
    prefix = f"AWSDynamoDB/{export_id}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as scratch:
        root = Path(scratch) / "export" / prefix
        (root / "data").mkdir(parents=True)
        files = [_write_segment(client, table, segment, root, prefix) for segment in range(SEGMENTS)]
        _write_manifests(root, files, prefix, client.describe_table(TableName=table)["Table"], began)
        if folder.exists():
            folder.rmdir()
        (Path(scratch) / "export").rename(folder)
    return sum(int(file["itemCount"]) for file in files)


def _write_segment(client: Any, table: str, segment: int, root: Path, prefix: str) -> dict[str, Any]:
    """Write one data file; return its line of the manifest."""
    name = f"{segment:026}.json.gz"
    path, items = root / "data" / name, 0
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for item in _items(client, table, segment):
            file.write(json.dumps({"Item": item}, separators=(",", ":"), ensure_ascii=False) + "\n")
            items += 1
    digest = _md5(path.read_bytes())
    return {
        "itemCount": items,
        "md5Checksum": base64.b64encode(digest).decode(),
        "etag": digest.hex(),
        "dataFileS3Key": f"{prefix}/data/{name}",
    }


def _items(client: Any, table: str, segment: int) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(
        TableName=table, Segment=segment, TotalSegments=SEGMENTS, ConsistentRead=True
    )
    for page in pages:
        yield from page["Items"]


def _write_manifests(
    root: Path, files: list[dict[str, Any]], prefix: str, table: dict[str, Any], began: datetime
) -> None:
    at = began.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    summary = {
        "version": "2020-06-30",
        "exportArn": f"{table['TableArn']}/export/{root.name}",
        "startTime": at,
        "endTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "tableArn": table["TableArn"],
        "tableId": table.get("TableId"),
        "exportTime": at,
        "s3Bucket": None,
        "s3Prefix": None,
        "manifestFilesS3Key": f"{prefix}/manifest-files.json",
        "billedSizeBytes": 0,
        "itemCount": sum(int(file["itemCount"]) for file in files),
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    _write_with_checksum(root / "manifest-files.json", "".join(json.dumps(file) + "\n" for file in files))
    _write_with_checksum(root / "manifest-summary.json", json.dumps(summary))


def _write_with_checksum(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    path.with_suffix(".checksum").write_text(base64.b64encode(_md5(content.encode())).decode())


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def local_stack_of(arguments: argparse.Namespace) -> Stack:
    """The local city's stack. Raises `OperationFailed` for another stage, whose tables AWS exports."""
    if arguments.stage != LOCAL:
        raise OperationFailed("On AWS, export the table with: aws dynamodb export-table-to-point-in-time.")
    return stack_of(arguments)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.export", description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder")
    add_arguments(parser)
    arguments = parser.parse_args()
    try:
        items = export_ledger(local_stack_of(arguments), arguments.folder)
    except (OperationFailed, BotoCoreError, ClientError, OSError) as problem:
        print(f"make export: {problem}", file=sys.stderr)
        return 2
    print(f"{items:,} items of the ledger written to {arguments.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
