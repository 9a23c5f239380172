"""From records of the ledger's stream to changes of balances."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.balances.items import change_of
from eeum.balances.rules import Change

ONE_SHARD = "the only shard"
"""Of an event that names none: only with a tumbling window does Lambda say which shard it reads. The local emulator has one a stream."""


class UnnumberedRecord(Exception):
    """A record without a place in its shard: nothing could keep it from being counted twice."""


def shard_of(event: Mapping[str, Any]) -> str:
    return str(event.get("shardId") or ONE_SHARD)


def change_of_record(record: Mapping[str, Any]) -> Change:
    """Raises `UnnumberedRecord`; whatever else is wrong with a record stands in the change."""
    try:
        sequence = int(record["dynamodb"]["SequenceNumber"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnnumberedRecord(f"{type(error).__name__}: {error}") from error
    try:
        item = plain_item(record["dynamodb"]["NewImage"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        return Change(sequence, None, f"{type(error).__name__}: {error}")
    if record.get("eventName") != "INSERT":
        return Change(sequence, None, "no new entry: entries never change")
    return change_of(sequence, item)
