"""The ledger's stream: appends what its entries moved outside their wallets, for the fold to add to balances (`folding`).

A failure worth a retry is raised, so that the whole batch comes again, which is safe since the shard's checkpoint moves with what it
stands for.
A record that never can be counted is parked whole, with its reason, in this function's own dead-letter queue, and the others go on.
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
    """Answers with the state of the tumbling window, which nothing rests on: how many records were counted now, had been counted before,
    and were parked. The last event of a window may bring no records."""
    shard = shard_of(event, is_local=city.settings.stage == LOCAL)
    changes: list[Change] = []
    record_of: dict[int, dict[str, Any]] = {}
    unnumbered = 0
    for record in event.get("Records", []):
        try:
            change = change_of_record(record)
        except UnnumberedRecord as reason:
            park(record, str(reason))
            unnumbered += 1
            continue
        changes.append(change)
        record_of[change.sequence] = record
    projecting = Projecting(
        city.balances(context),
        city.patience(context),
        city.world_time(),
        lambda change: park(record_of[change.sequence], change.fault),
    )
    outcome = project(projecting, shard, changes)
    parked = outcome.parked + unnumbered
    logger.info("projected", counted=outcome.counted, before=outcome.before, parked=parked)
    return {"state": {"counted": outcome.counted, "before": outcome.before, "parked": parked}}


def park(record: dict[str, Any], reason: str) -> None:
    """Keeps the record with its reason where somebody can look at it; a rebuild counts it once it can be read."""
    message = json.dumps({"kind": "parked_record", "reason": reason, "record": record}, ensure_ascii=False)
    queues().send_message(QueueUrl=city.settings.dead_letter_queue_url, MessageBody=message)
    logger.warning("parked", reason=reason, sequence_number=record.get("dynamodb", {}).get("SequenceNumber"))
