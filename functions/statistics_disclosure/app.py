"""Publish a computed release of the city's statistics, without the cells that would disclose a shop or a member."""

import json
import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from eeum.composition import buckets
from statistics_disclosure.refusals import Refused, RevisionWithheld
from statistics_disclosure.releases import publish_next, text_of

logger = Logger()


class Bucket:
    """The statistics bucket as a place of releases."""

    def __init__(self, name: str, client: Any) -> None:
        self._name = name
        self._client = client

    def read(self, key: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.load(self._client.get_object(Bucket=self._name, Key=key)["Body"])
        except self._client.exceptions.NoSuchKey:
            return None
        return found

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        body = text_of(document).encode()
        self._client.put_object(Bucket=self._name, Key=key, Body=body, ContentType="application/json")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Publish the release whose computed document S3 reports.

    A refusal is an answer, which is also stored as `disclosure/<release>.refused.json`: it names the months to compute the release
    without, if their corrections are the reason.
    """
    release_id = event["detail"]["object"]["key"].removeprefix("computed/").removesuffix(".json")
    bucket = Bucket(os.environ["STATISTICS_BUCKET"], buckets())
    try:
        release = publish_next(bucket, release_id)
    except Refused as refused:
        months = list(refused.months) if isinstance(refused, RevisionWithheld) else []
        answer = {
            "release_id": release_id,
            "status": "refused",
            "code": refused.code,
            "detail": str(refused),
            "months": months,
        }
        bucket.write(f"disclosure/{release_id}.refused.json", answer)
        logger.warning("refused", refusal=answer)
        return answer
    answer = {"release_id": release_id, "status": "published", "disclosure": release["disclosure"]}
    logger.info("published", publication=answer)
    return answer
