"""What the calls of an audit found, in a bucket, until the audit is concluded."""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from eeum.audit.report import Heads, part_document, part_of
from eeum.audit.roots import Line
from eeum.audit.use_cases import Found, SegmentAudited
from eeum.aws.object_lines import READ_BYTES, lines_of
from eeum.segments import BEGINNING

MERGED_BYTES = 64_000_000
"""What merging sorted parts may hold in memory, in all of them together."""

LEAST_READ_BYTES = 64_000
"""Smaller reads would cost more calls than they save memory."""


class PartsApart(Exception):
    """Two audits of one day overwrote each other's parts, so neither is complete: start one of them again."""


class AuditParts:
    """Parts of an audit: an object of findings for each call, and one of sorted heads for each instant. The bucket deletes them after some
    days.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def add(self, run: str, segment: int, number: int, begins: str, audited: SegmentAudited) -> None:
        """Store part `number` of a segment, which begins at `begins`; a repeated call stores the same objects again."""
        found = audited.found
        for instant, lines in found.heads.items():
            body = "".join(f"{line}\n" for line in sorted(lines)).encode()
            self._client.put_object(Bucket=self._bucket, Key=_heads(run, segment, number, instant), Body=body)
        part = {"begins": begins, "ends": audited.resume, "found": part_document(found)}
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{_part(run, segment, number)}.json",
            Body=json.dumps(part, ensure_ascii=False).encode(),
        )

    def segment(self, run: str, segment: int, count: int) -> Iterator[Found]:
        """The findings in the `count` parts of a segment, without heads. Raises `PartsApart` unless they join up to the whole segment."""
        place: str | None = BEGINNING
        for number in range(count):
            answer = self._client.get_object(Bucket=self._bucket, Key=f"{_part(run, segment, number)}.json")
            part = json.loads(answer["Body"].read())
            if part["begins"] != place:
                raise PartsApart(f"part {number} of segment {segment} belongs to another audit of the same day")
            place = part["ends"]
            yield part_of(part["found"])
        if place is not None:
            raise PartsApart(f"segment {segment} is not complete")

    def heads(self, answers: Sequence[Mapping[str, Any]]) -> Heads:
        """The heads in all parts of all segments, in their order, by the instants that every segment has.

        `answers` are the last answers of the segments. Memory does not grow with the number of wallets.
        """
        everywhere = sorted(set.intersection(*(set(answer["as_of"]) for answer in answers)))
        return {instant: partial(self._merged, answers, instant) for instant in everywhere}

    def _merged(self, answers: Sequence[Mapping[str, Any]], instant: str) -> Iterator[Line]:
        keys = [
            _heads(answer["run"], answer["segment"], number, instant)
            for answer in answers
            for number in range(answer["parts"])
        ]
        read_bytes = min(max(MERGED_BYTES // len(keys), LEAST_READ_BYTES), READ_BYTES)
        places = [{"Bucket": self._bucket, "Key": key} for key in keys]
        return heapq.merge(*(lines_of(self._client, place, read_bytes) for place in places))


def _part(run: str, segment: int, number: int) -> str:
    return f"parts/{run}/{segment:04}-{number:06}"


def _heads(run: str, segment: int, number: int, instant: str) -> str:
    return f"{_part(run, segment, number)}.{instant[:10]}.heads"
