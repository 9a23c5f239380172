"""The way to the slow lane, for records of the ledger's stream that are not posted at once."""

import hashlib
import json
from collections.abc import Sequence

from cashback_calculation.records import Record
from eeum.cashback.sources import Source
from eeum.composition import queues

SLOW = "slow_record"


def send_to_slow_lane(queue_url: str | None, records: Sequence[tuple[Source, Record]]) -> None:
    """One after another for each wallet; what is sent twice within five minutes comes once."""
    if not records:
        return
    queue = queues()
    for source, record in records:
        # One by one: the emulator asks for a permission of its own where many are sent at once, which AWS does not know.
        queue.send_message(
            QueueUrl=queue_url,
            MessageBody=json.dumps({"kind": SLOW, "record": record}, ensure_ascii=False),
            MessageGroupId=source.wallet_id,
            MessageDeduplicationId=hashlib.sha256(source.key.encode()).hexdigest(),
        )
