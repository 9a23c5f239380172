"""The ledger's stream: posts the cashback of what was captured, corrects it for what was cancelled, and publishes every entry.

A failure worth a retry is raised, so that the whole batch comes again, which is safe since each posting claims its source. A record that
cannot succeed is dead-lettered whole, with its reason, and the others go on. One whose month may take long goes to the slow lane
(`cashback_calculation.slow`), so that nobody else waits for it.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from aws_lambda_powertools import Logger

from cashback_calculation.lanes import send_to_slow_lane
from cashback_calculation.records import Record, Records
from eeum.aws.dead_letters import UNPUBLISHED, UNREADABLE
from eeum.aws.events import EventBus
from eeum.cashback.use_cases import Batch, post
from eeum.composition import City
from eeum.errors import Busy
from eeum.publishing.events import Event
from eeum.publishing.from_records import events_of
from eeum.publishing.ledger import event_of_ledger
from eeum.storage import Item
from eeum.unit_of_work import Patience

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers how many records were posted now, how many had been before, how many were dead-lettered (`parked`), and how many went to the
    slow lane.

    Records that come from the dead-letter queue (`redriven`) are there already: they are posted here whatever they take, are not
    dead-lettered again, and the answer says what still keeps them there.
    """
    records = Records.of(event["Records"])
    redriven = bool(event.get("redriven"))
    outcome = post(Batch(records.sources, quick=not redriven), city.accrual(context))
    hopeless = [*records.unsound, *((records.of_source(each.source), each.reason) for each in outcome.unpostable)]
    answer = {
        "posted": outcome.posted,
        "already_posted": outcome.already,
        "parked": len(hopeless),
        "slow": len(outcome.slow),
    }
    logger.info("posted", records=len(event["Records"]), answer=answer)
    if redriven:
        publish(records.items, city.patience(context))
        return {**answer, "reasons": [why for _, why in hopeless]}
    # Last, so that a batch that comes again has sent nothing yet.
    send_to_slow_lane(city.settings.slow_queue_url, [(each, records.of_source(each)) for each in outcome.slow])
    for record, why in hopeless:
        dead_letter(record, why)
    publish(records.items, city.patience(context))
    return answer


def publish(items: Sequence[tuple[Record, Item]], patience: Patience) -> None:
    """Publishes each item on the city's bus, without making cashback wait for it.

    The bus is asked a few times. The records of events that it does not take are dead-lettered with the reason, and so is that of a damaged
    item. An event may be published twice, with the same id.
    """
    found = events_of(items, event_of_ledger)
    for record, reason in [*found.without, *_not_taken(found.events, patience)]:
        keep_unpublished(record, reason)


def _not_taken(events: Sequence[tuple[Record, Event]], patience: Patience) -> Iterator[tuple[Record, str]]:
    if not events:
        return
    try:
        city_bus().publish([event for _, event in events], patience.briefly())
    except (Busy, OSError) as error:
        yield from ((record, f"the bus: {type(error).__name__}: {error}") for record, _ in events)


def city_bus() -> EventBus:
    return city.bus()


def dead_letter(record: Record, reason: str) -> None:
    city.dead_letters().keep(record, reason, UNREADABLE)
    sequence_number = record.get("dynamodb", {}).get("SequenceNumber")
    logger.warning("dead-lettered", reason=reason, sequence_number=sequence_number)


def keep_unpublished(record: Record, reason: str) -> None:
    """Dead-letters a record whose event was not published; its posting is stored."""
    city.dead_letters().keep(record, reason, UNPUBLISHED)
    logger.warning("not published", reason=reason)
