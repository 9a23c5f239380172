"""The streams of merchants, the programme and budgets: publishes each change of state on the city's bus.

A bus that does not take every event fails the invocation, so that the whole batch comes again: nothing else waits for this function. A
record without an event is dead-lettered with its reason, and the others go on.
"""

import json
import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.aws.attribute_values import plain_item
from eeum.aws.events import EventBus
from eeum.composition import City, queues
from eeum.publishing.events import Event
from eeum.publishing.parts import event_of_part

UNPUBLISHED = "unpublished_record"
NO_EVENT = (KeyError, ValueError, TypeError, AttributeError)
"""What a record raises that has no item, or whose item has no event."""

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Answers how many events were published, and how many records were dead-lettered. Raises `Busy` when the bus takes no events."""
    events: list[Event] = []
    dead: list[tuple[dict[str, Any], str]] = []
    for record in event["Records"]:
        try:
            found = event_of_part(plain_item(record["dynamodb"]["NewImage"]))
        except NO_EVENT as error:
            dead.append((record, f"no event: {type(error).__name__}: {error}"))
            continue
        if found is not None:
            events.append(found)
    published = city_bus().publish(events, city.patience(context)) if events else 0
    # Last, so that a batch that comes again has sent nothing yet.
    for record, reason in dead:
        dead_letter(record, reason)
    answer = {"published": published, "dead_lettered": len(dead)}
    logger.info("published", records=len(event["Records"]), answer=answer)
    return answer


def city_bus() -> EventBus:
    return city.bus()


def dead_letter(record: dict[str, Any], reason: str) -> None:
    """Keeps the record with its reason, for `make redrive`."""
    message = json.dumps({"kind": UNPUBLISHED, "reason": reason, "record": record}, ensure_ascii=False)
    queues().send_message(QueueUrl=city.settings.dead_letter_queue_url, MessageBody=message)
    logger.warning("not published", reason=reason)
