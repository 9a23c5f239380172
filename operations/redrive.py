"""`make redrive`: process the dead letters of cashback and events again, and report the outcome of each.

A dead-lettered record is sent to its function again, alone. Its message is deleted when the record is posted now or was posted before. A
record whose event the bus refused is published. A message of a batch that crashed the function names only a position in the stream. A
catch-up posts the batch's records, and the message is deleted when no accrual is missing. A message of changes that the bus refused
stays: `make republish` publishes them.

Exit status: 0 when the queues are empty, 1 when messages stay, 2 when the command failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.aws.attribute_values import plain_item
from eeum.aws.events import EventBus
from eeum.errors import Busy
from eeum.publishing.ledger import PUBLISHED_KINDS, event_of_ledger
from eeum.publishing.parts import event_of_part
from eeum.unit_of_work import Patience
from operations.catch_up import catch_up
from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

FUNCTION, SLOW_FUNCTION = "CashbackCalculationFunction", "CashbackSlowFunction"
PUBLISHER_QUEUE = "EventPublisherDeadLetterQueue"
QUEUES = ("CashbackDeadLetterQueue", "CashbackSlowDeadLetterQueue", PUBLISHER_QUEUE)

AT_ONCE = 10
PUBLISHING_SECONDS = 60.0
HIDDEN_SECONDS = 900
"""How long a message is hidden from others while it is processed: the longest that its function may run."""


class Outcome(StrEnum):
    """The outcome of a message. A `STILL_PARKED` message stays in its queue."""

    POSTED = "posted"
    ALREADY_POSTED = "already_posted"
    PUBLISHED = "published"
    COVERED_BY_CATCH_UP = "covered_by_catch_up"
    STILL_PARKED = "still_parked"


@dataclass(frozen=True)
class Redriven:
    """One message: its subject, its outcome, and the reason if it stays."""

    about: str
    outcome: Outcome
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.outcome}{f' ({self.reason})' if self.reason else ''}"


def redrive(stack: Stack, report: Callable[[Redriven], None] = lambda _: None) -> list[Redriven]:
    """Process every message of the queues once; messages that stay become visible again at the end."""
    caught_up: list[dict[str, int]] = []  # one catch-up serves all batches of this run
    done: list[Redriven] = []
    for name in QUEUES:
        # A stack of an earlier release may have no publisher, and so no queue for it.
        if name in stack.resources:
            done += _redrive_queue(stack, name, caught_up, report)
    return done


def _redrive_queue(
    stack: Stack, name: str, caught_up: list[dict[str, int]], report: Callable[[Redriven], None]
) -> list[Redriven]:
    queue, address = stack.client("sqs"), stack.resources[name]
    done: list[Redriven] = []
    # Messages that stay are hidden until the end; otherwise they would be received again and again.
    taken: set[str] = set()
    try:
        while messages := _received(queue, address):
            taken |= {message["ReceiptHandle"] for message in messages}
            for message in messages:
                redriven = _deal_with(stack, _read(message["Body"]), caught_up, of_publisher=name == PUBLISHER_QUEUE)
                if redriven.outcome is not Outcome.STILL_PARKED:
                    queue.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
                    taken.remove(message["ReceiptHandle"])
                report(redriven)
                done.append(redriven)
    finally:
        for handle in taken:
            queue.change_message_visibility(QueueUrl=address, ReceiptHandle=handle, VisibilityTimeout=0)
    return done


def _received(queue: Any, address: str) -> list[dict[str, Any]]:
    answer = queue.receive_message(
        QueueUrl=address, MaxNumberOfMessages=AT_ONCE, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _read(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _deal_with(
    stack: Stack, message: dict[str, Any], caught_up: list[dict[str, int]], *, of_publisher: bool
) -> Redriven:
    if message.get("kind") == "parked_record" and isinstance(message.get("record"), dict):
        return _send_again(stack, message["record"], FUNCTION, {"Records": [message["record"]], "redriven": True})
    if message.get("kind") == "slow_record" and isinstance(message.get("record"), dict):
        sent = {"messageId": "redriven", "body": json.dumps(message)}
        return _send_again(stack, message["record"], SLOW_FUNCTION, {"Records": [sent], "redriven": True})
    if message.get("kind") == "unpublished_record" and isinstance(message.get("record"), dict):
        return _publish_again(stack, message["record"])
    if isinstance(message.get("DDBStreamBatchInfo"), dict):
        if of_publisher:
            return _name_the_time(message["DDBStreamBatchInfo"])
        return _cover(stack, message["DDBStreamBatchInfo"], caught_up)
    return Redriven(
        "a message", Outcome.STILL_PARKED, "it has neither a dead-lettered record nor the position of a batch"
    )


def _send_again(stack: Stack, record: dict[str, Any], function: str, event: dict[str, Any]) -> Redriven:
    """Send a record to its function as if from the stream. With `redriven`, the function answers its reason and sends no dead letter."""
    about = _name_of(record)
    try:
        answer = stack.invoke(function, event)
    except OperationFailed as problem:
        return Redriven(about, Outcome.STILL_PARKED, str(problem))
    if answer["posted"]:
        return Redriven(about, Outcome.POSTED)
    if answer["already_posted"]:
        return Redriven(about, Outcome.ALREADY_POSTED)
    return Redriven(about, Outcome.STILL_PARKED, "; ".join(answer["reasons"]))


def _publish_again(stack: Stack, record: dict[str, Any]) -> Redriven:
    """Publish the event of an entry or change that was not published."""
    about = _name_of(record)
    patience = Patience(lambda: PUBLISHING_SECONDS, time.sleep)
    try:
        item = plain_item(record["dynamodb"]["NewImage"])
        event = event_of_ledger(item) if item["kind"] in PUBLISHED_KINDS else event_of_part(item)
        if event is None:
            raise ValueError("it repeats another event")
        EventBus(stack.client("events"), stack.resources["CityBus"]).publish([event], patience.briefly())
    except (KeyError, ValueError, TypeError, AttributeError, Busy) as problem:
        return Redriven(about, Outcome.STILL_PARKED, f"{type(problem).__name__}: {problem}")
    return Redriven(about, Outcome.PUBLISHED)


def _name_the_time(batch: dict[str, Any]) -> Redriven:
    """The command for changes of state that the bus refused: the message has only their instants, the tables have the rest."""
    since = batch.get("approximateArrivalOfFirstRecord", "…")
    about = f"{batch.get('batchSize', 'some')} changes of {batch.get('streamArn', 'a table')}"
    return Redriven(
        about, Outcome.STILL_PARKED, f"publish them with `make republish SINCE={since}`, then delete the message"
    )


def _name_of(record: dict[str, Any]) -> str:
    """The keys of a record. A dead-lettered record may have none, and that may be why."""
    try:
        keys = record["dynamodb"]["Keys"]
        return f"{keys['pk']['S']} {keys['sk']['S']}"
    except (KeyError, TypeError):
        return "a record without keys"


def _cover(stack: Stack, batch: dict[str, Any], caught_up: list[dict[str, int]]) -> Redriven:
    about = f"{batch.get('batchSize', 'some')} records from {batch.get('startSequenceNumber', 'somewhere')} on"
    try:
        if not caught_up:
            caught_up.append(catch_up(stack))
    except OperationFailed as problem:
        return Redriven(about, Outcome.STILL_PARKED, str(problem))
    left = caught_up[0]["unposted"]
    if left:
        return Redriven(about, Outcome.STILL_PARKED, f"the catch-up left {left} entries without an accrual")
    return Redriven(about, Outcome.COVERED_BY_CATCH_UP)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.redrive", description=__doc__)
    add_arguments(parser)
    try:
        done = redrive(stack_of(parser.parse_args()), lambda redriven: print(f"· {redriven}", flush=True))
    except (OperationFailed, BotoCoreError, ClientError) as problem:
        print(f"make redrive: {problem}", file=sys.stderr)
        return 2
    stay = sum(redriven.outcome is Outcome.STILL_PARKED for redriven in done)
    print(f"· {len(done)} messages, {stay} of them stay.")
    return 1 if stay else 0


if __name__ == "__main__":
    sys.exit(main())
