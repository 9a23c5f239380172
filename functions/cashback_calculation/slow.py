"""The slow lane: accrues what requires replaying a long month, one wallet after another, beside the stream.

The queue delivers a wallet's records in order and waits for their answer, so a long month delays its own wallet alone.
"""

import json
import os
from typing import Any

from aws_lambda_powertools import Logger

from cashback_calculation.records import Record, Records
from eeum.aws.dead_letters import UNREADABLE
from eeum.cashback.context import EntriesCache
from eeum.cashback.use_cases import PASSING, Batch, accrue
from eeum.composition import City

WALLETS_KEPT = 3
"""Long months that a function keeps in memory for the next messages: 15,000 payments take some 100 MB."""

logger = Logger()
city = City.of(os.environ)
entries = EntriesCache(WALLETS_KEPT)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the messages that must come again (`batchItemFailures`): all of a wallet in which something failed that a retry may mend.

    For messages from the dead-letter queue (`redriven`) it returns what the stream's function does.
    """
    failed: list[str] = []
    counts = {"posted": 0, "already_posted": 0, "parked": 0}
    reasons: list[str] = []
    for messages in _by_wallet(event["Records"]).values():
        records = Records.of([json.loads(message["body"])["record"] for message in messages])
        try:
            outcome = accrue(Batch(records.sources), city.accrual(context, entries))
        except PASSING as error:
            logger.warning(
                "failed for now; the queue delivers it again",
                reason=f"{type(error).__name__}: {error}",
                messages=len(messages),
            )
            failed += [message["messageId"] for message in messages]
            continue
        hopeless = [
            *records.unsound,
            *((records.of_source(each.source), each.reason) for each in outcome.not_accruable),
        ]
        counts["posted"] += outcome.accrued
        counts["already_posted"] += outcome.already
        counts["parked"] += len(hopeless)
        reasons += [why for _, why in hopeless]
        if not event.get("redriven"):
            for record, why in hopeless:
                dead_letter(record, why)
    logger.info("posted in the slow lane", failed=len(failed), counts=counts)
    if event.get("redriven"):
        return {**counts, "reasons": [*reasons, *(f"comes again: {message}" for message in failed)]}
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def dead_letter(record: Record, reason: str) -> None:
    city.dead_letters().keep(record, reason, UNREADABLE)
    logger.warning("dead-lettered", reason=reason)


def _by_wallet(messages: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Messages by group, in the order of the queue."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        group = message.get("attributes", {}).get("MessageGroupId", message["messageId"])
        grouped.setdefault(group, []).append(message)
    return grouped
