"""Sends records of the ledger's stream to the slow lane."""

import hashlib
import json
from collections.abc import Sequence

from cashback_calculation.records import Record
from eeum.cashback.sources import Source
from eeum.composition import queues

SLOW = "slow_record"

MOST_SENT = 10
"""The most messages of one call."""


class QueueRefused(Exception):
    """The slow lane's queue refused a message."""


def send_to_slow_lane(queue_url: str | None, records: Sequence[tuple[Source, Record]]) -> None:
    """Send records in order for each wallet, ten in a call. A record that is sent twice within five minutes arrives once.

    Raises `QueueRefused` when the queue did not take all of them, so that the stream's batch is delivered again.
    """
    messages = [_message_of(source, record) for source, record in records]
    for start in range(0, len(messages), MOST_SENT):
        together = messages[start : start + MOST_SENT]
        entries = [{"Id": str(place), **message} for place, message in enumerate(together)]
        answer = queues().send_message_batch(QueueUrl=queue_url, Entries=entries)
        if failed := answer.get("Failed"):
            raise QueueRefused(f"{len(failed)} of {len(together)} messages, the first for {failed[0].get('Code')}")


def _message_of(source: Source, record: Record) -> dict[str, str]:
    return {
        "MessageBody": json.dumps({"kind": SLOW, "record": record}, ensure_ascii=False),
        "MessageGroupId": source.wallet_id,
        "MessageDeduplicationId": hashlib.sha256(source.key.encode()).hexdigest(),
    }
