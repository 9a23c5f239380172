"""Daily roots and reports of audits in the records' bucket, which locks its objects by default.

The first version of an object counts: the lock prevents its deletion, but not a later version on top of it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from eeum.audit.roots import AnotherRoot, Line, Root
from eeum.aws.object_lines import add_text, lines_of, sha256_of

if TYPE_CHECKING:  # a reader of roots loads no audit
    from eeum.audit.report import Report

ROOTS, HEADS, REPORTS = "roots/", "heads/", "reports/"


class RootBucket:
    """Roots in the bucket; `eeum.audit.roots.RootStore` documents the functions. `client` is botocore's of S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def dates(self) -> list[str]:
        found = {version["Key"] for version in self._versions(ROOTS)}
        return sorted(key.removeprefix(ROOTS).removesuffix(".json") for key in found)

    def root(self, date: str) -> Root | None:
        place = self._first(f"{ROOTS}{date}.json")
        try:
            return Root(**json.loads("".join(lines_of(self._client, place)))) if place else None
        except (ValueError, TypeError):
            return None

    def heads(self, date: str) -> Iterator[Line]:
        place = self._first(f"{HEADS}{date}.txt")
        return lines_of(self._client, place) if place else iter(())

    def add_heads(self, date: str, heads: Iterable[Line]) -> None:
        self._add(f"{HEADS}{date}.txt", (f"{line}\n" for line in heads))

    def add(self, root: Root) -> None:
        self._add(f"{ROOTS}{root.date}.json", [root.document()])

    def add_report(self, report: "Report") -> str:
        """Store a report; return its key."""
        key = f"{REPORTS}{report.at}.json"
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=json.dumps(report.document(), ensure_ascii=False, indent=1).encode()
        )
        return key

    def _add(self, key: str, texts: Iterable[str]) -> None:
        stored, sha256 = add_text(self._client, {"Bucket": self._bucket, "Key": key}, texts)
        if stored:
            return
        first = self._first(key)
        if first is None or sha256_of(self._client, first) != sha256:
            raise AnotherRoot(f"{key} exists with other contents; roots are never overwritten")

    def _first(self, key: str) -> dict[str, str] | None:
        """Where the oldest version of an object is, also if later versions were put on top of it."""
        versions = [version for version in self._versions(key) if version["Key"] == key]
        if not versions:
            return None
        # Versions come newest first, but their instants are only to the second.
        oldest = min(reversed(versions), key=lambda version: version["LastModified"])
        return {"Bucket": self._bucket, "Key": key, "VersionId": oldest["VersionId"]}

    def _versions(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        """All versions of objects with this prefix, deleted ones too; newest first for each object."""
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Versions", ())
