"""The reader of the ledger's stream: accrues cashback for captures, corrects it for cancellations, and publishes every entry.

An error that a retry may mend is raised, so that the whole batch is delivered again; that is safe, since each accrual claims its source. A
record that can never succeed is dead-lettered whole, with its reason, and the others continue. A record whose month may take long goes to
the slow lane (`cashback_calculation.slow`), so that it delays no other wallet.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from aws_lambda_powertools import Logger

from cashback_calculation.lanes import send_to_slow_lane
from cashback_calculation.records import Record, Records
from eeum.aws.dead_letters import UNPUBLISHED, UNREADABLE
from eeum.aws.events import EventBus
from eeum.cashback.use_cases import Batch, accrue
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
    """Return how many records were accrued now, had been before, were dead-lettered, and went to the slow lane.

    `redriven` records come from the dead-letter queue. They are accrued here however long that takes, and are not dead-lettered again; the
    answer says why any of them stays there.
    """
    records = Records.of(event["Records"])
    redriven = bool(event.get("redriven"))
    outcome = accrue(Batch(records.sources, quick=not redriven), city.accrual(context))
    hopeless = [*records.unsound, *((records.of_source(each.source), each.reason) for each in outcome.not_accruable)]
    answer = {
        "posted": outcome.accrued,
        "already_posted": outcome.already,
        "parked": len(hopeless),
        "slow": len(outcome.slow),
    }
    logger.info("posted", records=len(event["Records"]), answer=answer)
    if redriven:
        publish(records.items, city.patience(context))
        return {**answer, "reasons": [why for _, why in hopeless]}
    # Last, so that a batch that is delivered again has published nothing yet.
    send_to_slow_lane(city.settings.slow_queue_url, [(each, records.of_source(each)) for each in outcome.slow])
    for record, why in hopeless:
        dead_letter(record, why)
    publish(records.items, city.patience(context))
    return answer


def publish(items: Sequence[tuple[Record, Item]], patience: Patience) -> None:
    """Publish each item on the city's bus, without delaying cashback.

    It tries a few times. The record of an event that the bus refuses, and that of a damaged item, is dead-lettered with the reason. An
    event may be published twice, with the same id.
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
    """Dead-letter a record whose event was not published; its accrual is stored."""
    city.dead_letters().keep(record, reason, UNPUBLISHED)
    logger.warning("not published", reason=reason)
