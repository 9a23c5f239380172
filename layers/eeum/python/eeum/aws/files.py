"""Files in a bucket: read if they are there, and written, once where they must never change."""

from typing import Any

from botocore.exceptions import ClientError

KEPT = "public, max-age=31536000, immutable"
ASKED_FOR = "no-cache"
NO_SUCH_KEY, EXISTS_ALREADY = "NoSuchKey", ("PreconditionFailed", "ConditionalRequestConflict")


class FileBucket:
    """The files of a bucket by their keys. `client` is botocore's of S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> bytes | None:
        """The contents of a file; None if there is none. The role must be allowed to list, or S3 answers 403 instead."""
        try:
            contents: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_SUCH_KEY:
                raise
            return None
        return contents

    def write(self, key: str, contents: bytes, content_type: str, *, once: bool = False) -> bool:
        """Write a file; browsers keep it for a year if it is written `once`. False: it was there already, and stays as it is."""
        asked = {"CacheControl": KEPT, "IfNoneMatch": "*"} if once else {"CacheControl": ASKED_FOR}
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=contents, ContentType=content_type, **asked)
        except ClientError as error:
            if error.response["Error"]["Code"] not in EXISTS_ALREADY:
                raise
            return False
        return True
