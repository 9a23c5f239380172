"""Where records of the ledger's stream go that are not posted at once: to the slow lane, one wallet after another, or to be looked at."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cashback_calculation.records import is_only_published, item_of_record
from eeum.cashback.soundness import Unsound, sound_source_of
from eeum.cashback.sources import Source
from eeum.composition import queues
from eeum.storage import Item

SLOW, PARKED, UNPUBLISHED = "slow_record", "parked_record", "unpublished_record"

MOST_SENT = 10
"""Messages of one call, at most."""

Record = dict[str, Any]


class QueueRefused(Exception):
    """The slow lane's queue did not take a message."""


@dataclass
class Records:
    """Records with the sources in them, those that have none, with the reason, and every sound entry."""

    sources: list[Source]
    unsound: list[tuple[Record, str]]
    entries: list[tuple[Record, Item]]
    _of: dict[str, Record]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Records":
        read = cls([], [], [], {})
        for record in records:
            try:
                item = item_of_record(record)
                source = None if is_only_published(item) else sound_source_of(item)
            except Unsound as reason:
                read.unsound.append((record, str(reason)))
                continue
            read.entries.append((record, item))
            if source is not None:
                read.sources.append(source)
                read._of[source.key] = record
        return read

    def of_source(self, source: Source) -> Record:
        return self._of[source.key]


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


def park(queue_url: str | None, record: Record, reason: str, kind: str = PARKED) -> None:
    """Keeps the record with its reason, until an operator has looked at it and sends it again."""
    message = json.dumps({"kind": kind, "reason": reason, "record": record}, ensure_ascii=False)
    queues().send_message(QueueUrl=queue_url, MessageBody=message)
