"""Daily roots and reports of audits in the records' bucket, which locks its objects by default.

The first version of an object counts: the lock prevents its deletion, but not a later version on top of it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from eeum.audit.roots import AnotherRoot, Line, Root

if TYPE_CHECKING:  # a reader of roots loads no audit
    from eeum.audit.report import Report

ROOTS, HEADS, REPORTS = "roots/", "heads/", "reports/"
EXISTS_ALREADY = ("PreconditionFailed", "ConditionalRequestConflict")


class RootBucket:
    """Roots in the bucket; `eeum.audit.roots.RootStore` documents the functions. `client` is botocore's of S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def dates(self) -> list[str]:
        found = {version["Key"] for version in self._versions(ROOTS)}
        return sorted(key.removeprefix(ROOTS).removesuffix(".json") for key in found)

    def root(self, date: str) -> Root | None:
        text = self._first(f"{ROOTS}{date}.json")
        try:
            return Root(**json.loads(text)) if text is not None else None
        except (ValueError, TypeError):
            return None

    def heads(self, date: str) -> list[Line]:
        return (self._first(f"{HEADS}{date}.txt") or "").splitlines()

    def add(self, root: Root, heads: Sequence[Line]) -> None:
        # The document is written last: once it exists, its heads exist too.
        self._put(f"{HEADS}{root.date}.txt", "".join(f"{line}\n" for line in heads))
        self._put(f"{ROOTS}{root.date}.json", root.document())

    def add_report(self, report: "Report") -> str:
        """Store a report; return its key."""
        key = f"{REPORTS}{report.at}.json"
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=json.dumps(report.document(), ensure_ascii=False, indent=1).encode()
        )
        return key

    def _put(self, key: str, contents: str) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=contents.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in EXISTS_ALREADY:
                raise
            if self._first(key) != contents:
                raise AnotherRoot(f"{key} exists with other contents; roots are never overwritten") from error

    def _first(self, key: str) -> str | None:
        """The oldest version of an object, also if later versions were put on top of it."""
        versions = [version for version in self._versions(key) if version["Key"] == key]
        if not versions:
            return None
        # Versions come newest first, but their instants are only to the second.
        oldest = min(reversed(versions), key=lambda version: version["LastModified"])
        answer = self._client.get_object(Bucket=self._bucket, Key=key, VersionId=oldest["VersionId"])
        text: str = answer["Body"].read().decode()
        return text

    def _versions(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        """All versions of objects with this prefix, deleted ones too; newest first for each object."""
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Versions", ())
