"""Large objects of text, read and stored in parts, so that memory does not grow with them."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

READ_BYTES = 4_000_000
"""How much of an object one call reads."""

PART_BYTES = 8_000_000
"""How much of an object one call stores. S3 takes at least 5 MB, and at most 10,000 parts."""

EXISTS_ALREADY = ("PreconditionFailed", "ConditionalRequestConflict")


def lines_of(client: Any, place: dict[str, str], read_bytes: int = READ_BYTES) -> Iterator[str]:
    """The lines of an object. `place` has its bucket and key, and its version if one is meant.

    Each call reads a range, so that no connection waits while its reader is busy with other objects.
    """
    rest = b""
    for contents in ranges_of(client, place, read_bytes):
        *lines, rest = (rest + contents).split(b"\n")
        yield from (line.decode() for line in lines)
    if rest:
        yield rest.decode()


def ranges_of(client: Any, place: dict[str, str], read_bytes: int = READ_BYTES) -> Iterator[bytes]:
    """The contents of an object, a range at a time."""
    start, size = 0, 1
    while start < size:
        try:
            answer = client.get_object(**place, Range=f"bytes={start}-{start + read_bytes - 1}")
        except ClientError as error:
            if start == 0 and error.response["Error"]["Code"] == "InvalidRange":
                return  # An empty object has no range at all.
            raise
        contents = answer["Body"].read()
        yield contents
        if "ContentRange" not in answer:
            return  # The whole object: a server may ignore ranges, as an emulator does for an older version of an object.
        start += len(contents)
        size = int(answer["ContentRange"].rpartition("/")[2])


def add_text(client: Any, place: dict[str, str], texts: Iterable[str]) -> tuple[bool, str]:
    """Store all `texts` as one object, unless it exists. Return whether this call stored it, and the SHA-256 of the texts together."""
    digest = hashlib.sha256()
    bodies = _bodies(texts, digest)
    first, second = next(bodies), next(bodies, None)
    try:
        if second is None:
            client.put_object(**place, Body=first, IfNoneMatch="*")
        else:
            _add_in_parts(client, place, _joined(first, second, bodies))
    except ClientError as error:
        if error.response["Error"]["Code"] not in EXISTS_ALREADY:
            raise
        return False, digest.hexdigest()
    return True, digest.hexdigest()


def sha256_of(client: Any, place: dict[str, str]) -> str:
    """The SHA-256 of an object's contents."""
    digest = hashlib.sha256()
    for contents in ranges_of(client, place):
        digest.update(contents)
    return digest.hexdigest()


def _add_in_parts(client: Any, place: dict[str, str], bodies: Iterable[bytes]) -> None:
    """Store an object in parts. If this fails, the bucket removes the parts after a day."""
    # A bucket with object lock requires a checksum of each part.
    upload = client.create_multipart_upload(**place, ChecksumAlgorithm="CRC32")["UploadId"]
    parts = []
    for number, body in enumerate(bodies, start=1):
        stored = client.upload_part(**place, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        checksum = {"ChecksumCRC32": stored["ChecksumCRC32"]} if "ChecksumCRC32" in stored else {}
        parts.append({"PartNumber": number, "ETag": stored["ETag"], **checksum})
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")


def _joined(first: bytes, second: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from others


def _bodies(texts: Iterable[str], digest: Any) -> Iterator[bytes]:
    """The texts in parts, at least one, the last of any size."""
    body = bytearray()
    for text in texts:
        body += text.encode()
        if len(body) >= PART_BYTES:
            digest.update(body)
            yield bytes(body)
            body = bytearray()
    digest.update(body)
    yield bytes(body)
