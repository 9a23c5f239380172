"""The reader of the streams of merchants, the programme and budgets: publishes each change on the city's bus.

If the bus refuses events, the invocation fails and the whole batch is delivered again; no other work waits for this function. A record
without an event is dead-lettered with its reason, and the others continue.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.aws.attribute_values import plain_item
from eeum.aws.dead_letters import UNPUBLISHED
from eeum.aws.events import EventBus
from eeum.composition import City
from eeum.publishing.events import Event
from eeum.publishing.from_records import events_of
from eeum.publishing.parts import event_of_part

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Return how many events were published and how many records were dead-lettered. Raises `Busy` when the bus refuses events."""
    found = events_of(((record, record) for record in event["Records"]), _event_of_record)
    published = city_bus().publish([each for _, each in found.events], city.patience(context)) if found.events else 0
    # Last, so that a batch that is delivered again has published nothing yet.
    for record, reason in found.without:
        dead_letter(record, reason)
    answer = {"published": published, "dead_lettered": len(found.without)}
    logger.info("published", records=len(event["Records"]), answer=answer)
    return answer


def _event_of_record(record: dict[str, Any]) -> Event | None:
    return event_of_part(plain_item(record["dynamodb"]["NewImage"]))


def city_bus() -> EventBus:
    return city.bus()


def dead_letter(record: Any, reason: str) -> None:
    city.dead_letters().keep(record, reason, UNPUBLISHED)
    logger.warning("not published", reason=reason)
