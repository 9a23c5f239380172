"""From records of the ledger's stream to what calls for a posting."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.cashback.soundness import Unsound, sound_source_of
from eeum.cashback.sources import Source


def source_of_record(record: Mapping[str, Any]) -> Source:
    """Raises `Unsound`, with the reason, for anything that no posting can be made for."""
    try:
        item = plain_item(record["dynamodb"]["NewImage"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unsound(f"{type(error).__name__}: {error}") from error
    return sound_source_of(item)
