"""What `sam package` does, for the emulator: code as archives in its S3, and the template pointing at them.

A gap is bridged for layers: the emulator unpacks every layer again for every copy of a function it starts, seconds for one that
holds an SDK. So each layer is unpacked once, under the digest of its contents, and what is uploaded only points there.
"""

from __future__ import annotations

import copy
import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from local import places
from local.emulator import Emulator

BUCKET = "eeum-local-artifacts"
FUNCTION, LAYER = "AWS::Serverless::Function", "AWS::Serverless::LayerVersion"
CODE_PROPERTY = {FUNCTION: "CodeUri", LAYER: "ContentUri"}
#: The emulator reads it as a site directory, as Lambda does: Python runs a line of a `.pth` file that starts with `import`.
POINTER = "python/lib/python3/site-packages/unpacked.pth"
#: One date for all files, so that equal code gives equal archives: an archive's name changes only with its code.
_DATE = (1980, 1, 1, 0, 0, 0)


def package(emulator: Emulator, template: dict[str, Any], build: Path) -> dict[str, Any]:
    """The template with the code of functions and layers uploaded, each under the digest of its contents."""
    packaged = copy.deepcopy(template)
    addresses: dict[str, str] = {}
    for resource in packaged["Resources"].values():
        code = CODE_PROPERTY.get(resource["Type"])
        folder = resource["Properties"].get(code) if code else None
        if not isinstance(folder, str):
            continue
        if folder not in addresses:
            contents = _archive(build / folder) if resource["Type"] == FUNCTION else _pointer(build / folder)
            addresses[folder] = f"s3://{BUCKET}/{upload(emulator, contents, 'zip')}"
        resource["Properties"][code] = addresses[folder]
    return packaged


def upload(emulator: Emulator, contents: bytes, kind: str) -> str:
    """The key under which the contents are in the bucket: their digest."""
    storage = emulator.client("s3")
    with suppress(storage.exceptions.BucketAlreadyOwnedByYou):
        storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": storage.meta.region_name})
    key = f"{hashlib.sha256(contents).hexdigest()}.{kind}"
    storage.put_object(Bucket=BUCKET, Key=key, Body=contents)
    return key


def _archive(folder: Path) -> bytes:
    return _zipped((str(path.relative_to(folder)), path.read_bytes()) for path in _files(folder))


def _pointer(folder: Path) -> bytes:
    """An archive that puts the unpacked layer on the path before all else, as Lambda does with /opt/python."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    unpacked = places.LAYERS / digest.hexdigest()
    if not unpacked.exists():
        places.LAYERS.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=places.LAYERS, suffix=".partial"))
        shutil.copytree(folder, partial, dirs_exist_ok=True)
        try:
            partial.rename(unpacked)
        except OSError:  # another city was faster
            shutil.rmtree(partial)
    return _zipped([(POINTER, f"import sys; sys.path.insert(0, {str(unpacked / 'python')!r})\n".encode())])


def _zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, contents in members:
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, contents)
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(part for part in folder.rglob("*") if part.is_file())
