"""What `sam package` does, for the emulator: code as archives in its S3, and the template pointing at them."""

from __future__ import annotations

import copy
import hashlib
import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.emulator import Emulator

BUCKET = "eeum-local-artifacts"
CODE_PROPERTY = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
#: Archives that differ in nothing must not differ in a date: a changed name means changed code.
_DATE = (1980, 1, 1, 0, 0, 0)


def package(emulator: Emulator, template: dict[str, Any], build: Path) -> dict[str, Any]:
    """The template with the code of functions and layers uploaded, each under the digest of its contents."""
    storage = emulator.client("s3")
    with suppress(storage.exceptions.BucketAlreadyOwnedByYou):
        storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": storage.meta.region_name})
    packaged = copy.deepcopy(template)
    keys: dict[str, str] = {}
    for resource in packaged["Resources"].values():
        code = CODE_PROPERTY.get(resource["Type"])
        folder = resource.get("Properties", {}).get(code) if code else None
        if not isinstance(folder, str):
            continue
        if folder not in keys:
            contents = archive(build / folder)
            keys[folder] = f"{hashlib.sha256(contents).hexdigest()}.zip"
            storage.put_object(Bucket=BUCKET, Key=keys[folder], Body=contents)
        resource["Properties"][code] = f"s3://{BUCKET}/{keys[folder]}"
    return packaged


def archive(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for path in sorted(part for part in folder.rglob("*") if part.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), _DATE)
            entry.external_attr = path.stat().st_mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, path.read_bytes())
    return buffer.getvalue()
