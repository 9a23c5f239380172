"""The ledger's stream: posts the cashback of what was captured, corrects it for what was cancelled, and publishes every entry.

A failure worth a retry is raised, so that the whole batch comes again, which is safe since each posting claims its source. A record that
cannot succeed is parked whole, with its reason, in this function's own dead-letter queue, and the others go on. One whose month may take
long goes to the slow lane (`cashback_calculation.slow`), so that nobody else waits for it.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger

from cashback_calculation.lanes import UNPUBLISHED, Record, Records, park, send_to_slow_lane
from cashback_calculation.publishing import publish
from eeum.aws.events import EventBus
from eeum.cashback.use_cases import post
from eeum.composition import City

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers how many records were posted now, how many had been before, how many were parked, and how many went to the slow lane.

    Records that come from the dead-letter queue (`redriven`) are there already: they are posted here whatever they take, are not parked
    again, and the answer says what still keeps them there.
    """
    records = Records.of(event["Records"])
    redriven = bool(event.get("redriven"))
    outcome = post(
        city.cashback(),
        city.policies(),
        city.budgets(context),
        city.patience(context),
        records.sources,
        city.clock,
        quick=not redriven,
    )
    hopeless = [*records.unsound, *((records.of_source(each.source), each.reason) for each in outcome.unpostable)]
    answer = {
        "posted": outcome.posted,
        "already_posted": outcome.already,
        "parked": len(hopeless),
        "slow": len(outcome.slow),
    }
    logger.info("posted", records=len(event["Records"]), answer=answer)
    if redriven:
        publish(city_bus(), city.patience(context), records.entries, keep_unpublished)
        return {**answer, "reasons": [why for _, why in hopeless]}
    # Last, so that a batch that comes again has sent nothing yet.
    send_to_slow_lane(city.settings.slow_queue_url, [(each, records.of_source(each)) for each in outcome.slow])
    for record, why in hopeless:
        park(city.settings.dead_letter_queue_url, record, why)
        logger.warning("parked", reason=why, sequence_number=record.get("dynamodb", {}).get("SequenceNumber"))
    publish(city_bus(), city.patience(context), records.entries, keep_unpublished)
    return answer


def city_bus() -> EventBus:
    return city.bus()


def keep_unpublished(record: Record, reason: str) -> None:
    """Dead-letters a record whose event was not published; its posting is stored."""
    park(city.settings.dead_letter_queue_url, record, reason, UNPUBLISHED)
    logger.warning("not published", reason=reason)
