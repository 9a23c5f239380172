"""Write exports in DynamoDB's format, from a ledger in memory."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eeum.aws.attribute_values import attribute_value

FILES = 3


def written_export(folder: Path, items: Iterable[dict[str, Any]], files: int = FILES) -> Path:
    """Write the items to `files` files in turn, so that neighbours are in different ones; return the folder of the manifests."""
    root = folder / "AWSDynamoDB" / "01669112233445-0123abcd"
    (root / "data").mkdir(parents=True)
    lines = [json.dumps({"Item": {name: attribute_value(value) for name, value in item.items()}}) for item in items]
    manifest = ""
    for number in range(files):
        part = lines[number::files]
        content = gzip.compress("".join(f"{line}\n" for line in part).encode())
        (root / "data" / f"part{number}.json.gz").write_bytes(content)
        entry = {
            "itemCount": len(part),
            "md5Checksum": md5(content),
            "etag": "0",
            "dataFileS3Key": f"AWSDynamoDB/{root.name}/data/part{number}.json.gz",
        }
        manifest += json.dumps(entry) + "\n"
    (root / "manifest-files.json").write_text(manifest)
    (root / "manifest-files.checksum").write_text(md5(manifest.encode()))
    write_summary(root, itemCount=len(lines))
    return root


def write_summary(root: Path, **changes: Any) -> None:
    summary = {"version": "2020-06-30", "outputFormat": "DYNAMODB_JSON", "exportType": "FULL_EXPORT"} | changes
    text = json.dumps(summary)
    (root / "manifest-summary.json").write_text(text)
    (root / "manifest-summary.checksum").write_text(md5(text.encode()))


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
