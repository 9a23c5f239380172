"""`make publish-payments`: upload payments to the city's bucket, for simulations over the API.

They are Parquet files below `month=YYYY-MM/`, as `make simulated-city` and `make payments-of-export` write them. A source may get more
months, but no published month is replaced, so that a simulation can be repeated.

Exit status: 0 when everything is published, 2 when the command failed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

BUCKET = "SimulationsBucket"
SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MONTH = re.compile(r"month=20[0-9]{2}-(0[1-9]|1[0-2])")
DESCRIPTION = "city.json"
"""Object metadata: the share of a city that simulated payments have. Reports show it."""
LARGEST = 5 * 2**30
"""S3's limit for one request, in bytes."""


def publish(stack: Stack, folder: Path, source: str) -> list[str]:
    """Upload the files below `folder` that are not published yet; return their months.

    Files of the same name and contents are skipped, so that an interrupted upload can be repeated.

    Raises:
        OperationFailed: before the first upload, for an invalid source, for files outside of months or larger than `LARGEST`, and for
            months with other published payments.
    """
    if not SOURCE.fullmatch(source):
        raise OperationFailed(f"The source {source} is invalid; give up to 40 lower-case letters, digits, - and _.")
    files = _files(folder)
    client, bucket = stack.client("s3"), stack.resources[BUCKET]
    missing: dict[str, Path] = {}
    for month in sorted({path.parent.name for path in files.values()}):
        names = {name: path for name, path in files.items() if path.parent.name == month}
        known = _published(client, bucket, f"payments/{source}/{month}/")
        missing |= {name: path for name, path in names.items() if f"payments/{source}/{name}" not in known}
        strange = sorted(known - {f"payments/{source}/{name}" for name in names})
        for name, path in names.items():
            key = f"payments/{source}/{name}"
            if key in known and _digest_of(client, bucket, key) != _digest(path):
                strange.append(key)
        if strange:
            raise OperationFailed(f"Other payments are published as {strange[0]}; give another source.")
    for name, path in missing.items():
        _upload(client, bucket, f"payments/{source}/{name}", path)
    if (folder / DESCRIPTION).is_file():
        _upload(client, bucket, f"payments/{source}/{DESCRIPTION}", folder / DESCRIPTION)
    return sorted({path.parent.name.partition("=")[2] for path in files.values()})


def _files(folder: Path) -> dict[str, Path]:
    files = {f"{path.parent.name}/{path.name}": path for path in sorted(folder.rglob("*.parquet"))}
    if not files:
        raise OperationFailed(f"There is no Parquet file in {folder}.")
    for path in files.values():
        if not MONTH.fullmatch(path.parent.name) or path.parent.parent != folder:
            raise OperationFailed(f"{path} is in no folder of a month: {folder / 'month=2020-03'}, for example.")
        if path.stat().st_size > LARGEST:
            raise OperationFailed(f"{path} is larger than {LARGEST:,} bytes: give the month in several files.")
    return files


def _published(client: Any, bucket: str, prefix: str) -> set[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {each["Key"] for page in pages for each in page.get("Contents", ())}


def _upload(client: Any, bucket: str, key: str, path: Path) -> None:
    """Upload in one request, so that a file is stored whole or not at all."""
    digest = _digest(path)
    with path.open("rb") as file:
        client.put_object(Bucket=bucket, Key=key, Body=file, Metadata={"sha256": digest})


def _digest_of(client: Any, bucket: str, key: str) -> str | None:
    metadata: dict[str, str] = client.head_object(Bucket=bucket, Key=key)["Metadata"]
    return metadata.get("sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.publish_payments", description=__doc__)
    parser.add_argument("folder", type=Path, help="payments, below a folder for each month")
    parser.add_argument("--source", default="city", help="name that simulations give; default city")
    add_arguments(parser)
    arguments = parser.parse_args()
    try:
        months = publish(stack_of(arguments), arguments.folder, arguments.source)
    except (OperationFailed, BotoCoreError, ClientError, OSError) as problem:
        print(f"make publish-payments: {problem}", file=sys.stderr)
        return 2
    print(f"Payments of {months[0]} to {months[-1]} are published as {arguments.source}, {len(months)} months in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
