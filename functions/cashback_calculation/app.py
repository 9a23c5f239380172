"""The ledger's stream: posts the cashback of what was captured, and works it out anew for what was cancelled.

A failure worth a retry is raised, so that the whole batch comes again, which is safe since each posting claims its source. A record that
cannot succeed is parked whole, with its reason, in this function's own dead-letter queue, and the others go on.
"""

import json
import os
from typing import Any

from aws_lambda_powertools import Logger

from cashback_calculation.records import source_of_record
from eeum.aws.city import City
from eeum.aws.clients import aws_client
from eeum.cashback.soundness import Unsound
from eeum.cashback.sources import Source
from eeum.cashback.use_cases import post

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers how many records were posted now, how many had been before, and how many were parked.

    Records that come from the dead-letter queue (`redriven`) are there already: they are not parked again, and the answer says what still
    keeps them there.
    """
    records: list[dict[str, Any]] = event["Records"]
    sources: list[Source] = []
    record_of: dict[str, dict[str, Any]] = {}
    hopeless: list[tuple[dict[str, Any], str]] = []
    for record in records:
        try:
            source = source_of_record(record)
        except Unsound as reason:
            hopeless.append((record, str(reason)))
            continue
        sources.append(source)
        record_of[source.key] = record
    budgets = city.budgets(context)
    outcome = post(city.cashback(), city.policies(), budgets, city.patience(context), sources, city.clock)
    hopeless += [(record_of[each.source.key], each.reason) for each in outcome.unpostable]
    answer = {"posted": outcome.posted, "already_posted": outcome.already, "parked": len(hopeless)}
    logger.info("posted", records=len(records), already=outcome.already, parked=len(hopeless))
    if event.get("redriven"):
        return {**answer, "reasons": [why for _, why in hopeless]}
    # Last, so that a batch that comes again has parked nothing yet.
    for record, why in hopeless:
        park(record, why)
    return answer


def park(record: dict[str, Any], reason: str) -> None:
    """Keeps the record with its reason where somebody can look at it and send it again."""
    message = json.dumps({"kind": "parked_record", "reason": reason, "record": record}, ensure_ascii=False)
    aws_client("sqs").send_message(QueueUrl=city.settings.dead_letter_queue_url, MessageBody=message)
    logger.warning("parked", reason=reason, sequence_number=record.get("dynamodb", {}).get("SequenceNumber"))
