"""Convert records of the ledger's stream into changes of balances."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.balances.items import change_of
from eeum.balances.rules import Change

ONE_SHARD = "the only shard"
"""The name for the local emulator's shard: each of its streams has one, without a name."""


class UnnumberedRecord(Exception):
    """A record without a sequence number: nothing could prevent counting it twice."""


class UnnamedShard(Exception):
    """An event without a shard's name; Lambda names it only with a tumbling window.

    Shards that shared a checkpoint would skip each other's records, so nothing is counted.
    """


def shard_of(event: Mapping[str, Any], *, is_local: bool) -> str:
    """The shard of an event. Raises `UnnamedShard` if the event names none and the stream may have several."""
    shard = event.get("shardId")
    if not shard and not is_local:
        raise UnnamedShard("The event names no shard; its source needs a tumbling window.")
    return str(shard or ONE_SHARD)


def change_of_record(record: Mapping[str, Any]) -> Change:
    """The change by a record; it carries the reason if it cannot be counted. Raises `UnnumberedRecord`."""
    try:
        sequence = int(record["dynamodb"]["SequenceNumber"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnnumberedRecord(f"{type(error).__name__}: {error}") from error
    try:
        item = plain_item(record["dynamodb"]["NewImage"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        return Change(sequence, None, f"{type(error).__name__}: {error}")
    if record.get("eventName") != "INSERT":
        return Change(sequence, None, "not a new entry: entries never change")
    return change_of(sequence, item)
