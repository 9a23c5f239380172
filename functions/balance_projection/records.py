"""From records of the ledger's stream to changes of balances."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.balances.items import change_of
from eeum.balances.rules import Change

ONE_SHARD = "the only shard"
"""Of the local emulator, which has one a stream, and does not name it."""


class UnnumberedRecord(Exception):
    """A record without a place in its shard: nothing could keep it from being counted twice."""


class UnnamedShard(Exception):
    """An event does not say which shard it is of: only with a tumbling window does Lambda name it. Shards that shared a checkpoint would
    pass over each other's records, so nothing is counted."""


def shard_of(event: Mapping[str, Any], *, is_local: bool) -> str:
    """The shard that an event is of. Raises `UnnamedShard` where there may be several and it names none."""
    shard = event.get("shardId")
    if not shard and not is_local:
        raise UnnamedShard("The event names no shard; its source needs a tumbling window.")
    return str(shard or ONE_SHARD)


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
