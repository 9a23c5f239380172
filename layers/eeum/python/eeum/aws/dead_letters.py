"""Dead-letter queues: records that no retry mends, each whole and with its reason, for `make redrive`."""

import json
from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]
"""A record of a table's stream, as Lambda brings it."""

UNREADABLE = "parked_record"
"""A record that could not be processed as it was. The name is stored in messages of earlier releases too."""

UNPUBLISHED = "unpublished_record"
"""A record that has no event, or whose event the bus did not take."""


class DeadLetters:
    """`client` is an SQS client of botocore, `queue_url` the URL of the function's own dead-letter queue."""

    def __init__(self, client: Any, queue_url: str | None) -> None:
        self._client = client
        self._queue_url = queue_url

    def keep(self, record: Record, reason: str, kind: str) -> None:
        """Stores the record with its reason until an operator sends it again."""
        message = json.dumps({"kind": kind, "reason": reason, "record": record}, ensure_ascii=False)
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=message)
