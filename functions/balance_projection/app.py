"""The ledger's stream: append what its entries moved outside their wallets, for the fold to add to balances (`folding`).

A failure that a retry may mend is raised. The whole batch is delivered again, which is safe: the shard's checkpoint moves together with the
appended amounts. A record that can never be counted goes whole, with its reason, to this function's dead-letter queue.
"""

import json
import os
from typing import Any

from aws_lambda_powertools import Logger

from balance_projection.records import UnnumberedRecord, change_of_record, shard_of
from eeum.aws.settings import LOCAL
from eeum.balances.rules import Change
from eeum.balances.use_cases import Projecting, project
from eeum.composition import City, queues

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, dict[str, int]]:
    """Count the records of an event; return the state of the tumbling window.

    Nothing depends on the state: how many records were counted now, were counted before, and were dead-lettered. The last event of a
    window may have no records.
    """
    shard = shard_of(event, is_local=city.settings.stage == LOCAL)
    changes: list[Change] = []
    record_of: dict[int, dict[str, Any]] = {}
    unnumbered = 0
    for record in event.get("Records", []):
        try:
            change = change_of_record(record)
        except UnnumberedRecord as reason:
            dead_letter(record, str(reason))
            unnumbered += 1
            continue
        changes.append(change)
        record_of[change.sequence] = record
    projecting = Projecting(
        city.balances(context),
        city.patience(context),
        city.system_time(),
        lambda change: dead_letter(record_of[change.sequence], change.fault),
    )
    outcome = project(projecting, shard, changes)
    dead_lettered = outcome.dead_lettered + unnumbered
    logger.info("projected", counted=outcome.counted, before=outcome.before, dead_lettered=dead_lettered)
    return {"state": {"counted": outcome.counted, "before": outcome.before, "parked": dead_lettered}}


def dead_letter(record: dict[str, Any], reason: str) -> None:
    """Send the record with its reason to the dead-letter queue, for operators; a rebuild counts it once it can be read."""
    message = json.dumps({"kind": "parked_record", "reason": reason, "record": record}, ensure_ascii=False)
    queues().send_message(QueueUrl=city.settings.dead_letter_queue_url, MessageBody=message)
    logger.warning("dead-lettered", reason=reason, sequence_number=record.get("dynamodb", {}).get("SequenceNumber"))
