"""The way to the slow lane, for records of the ledger's stream that are not posted at once."""

import hashlib
import json
from collections.abc import Sequence

from cashback_calculation.records import Record
from eeum.cashback.sources import Source
from eeum.composition import queues

SLOW = "slow_record"

MOST_SENT = 10
"""Messages of one call, at most."""


class QueueRefused(Exception):
    """The slow lane's queue did not take a message."""


def send_to_slow_lane(queue_url: str | None, records: Sequence[tuple[Source, Record]]) -> None:
    """One after another for each wallet, ten in a call; what is sent twice within five minutes comes once.

    `QueueRefused` when the queue did not take all of them: the stream's batch then comes again.
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
