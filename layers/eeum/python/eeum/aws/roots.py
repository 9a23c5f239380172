"""Daily roots, reports, and unfinished audits' findings, in buckets. The records' bucket locks its objects by default.

The first version of an object counts: the lock prevents its deletion, but not a later version on top of it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from eeum.audit.report import Report, part_document, part_of
from eeum.audit.roots import AnotherRoot, Line, Root
from eeum.audit.use_cases import BEGINNING, Found, SegmentAudited

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

    def add_report(self, report: Report) -> str:
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


class PartsApart(Exception):
    """Two audits of one day overwrote each other's parts, so neither is complete: start one of them again."""


class AuditParts:
    """What the calls of an audit found, until all segments are done. The bucket deletes its objects after some days."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def add(self, run: str, segment: int, number: int, begins: str, audited: SegmentAudited) -> None:
        """Store part `number` of a segment, which begins at `begins`; a repeated call stores the same object again."""
        part = {"begins": begins, "ends": audited.resume, "found": part_document(audited.found)}
        body = json.dumps(part, ensure_ascii=False).encode()
        self._client.put_object(Bucket=self._bucket, Key=_part(run, segment, number), Body=body)

    def segment(self, run: str, segment: int, count: int) -> Iterator[Found]:
        """The findings in the `count` parts of a segment. Raises `PartsApart` unless they join up from its beginning to its end."""
        place: str | None = BEGINNING
        for number in range(count):
            answer = self._client.get_object(Bucket=self._bucket, Key=_part(run, segment, number))
            part = json.loads(answer["Body"].read())
            if part["begins"] != place:
                raise PartsApart(f"part {number} of segment {segment} belongs to another audit of the same day")
            place = part["ends"]
            yield part_of(part["found"])
        if place is not None:
            raise PartsApart(f"segment {segment} is not complete")


def _part(run: str, segment: int, number: int) -> str:
    return f"parts/{run}/{segment:04}-{number:06}.json"
