"""What the calls of an audit found, in a bucket whose objects expire after some days."""

import json
from collections.abc import Iterator
from typing import Any

from eeum.audit.report import part_document, part_of
from eeum.audit.use_cases import BEGINNING, Found, SegmentAudited


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
