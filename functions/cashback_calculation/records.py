"""From records of the ledger's stream to what calls for a posting."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.cashback.soundness import Unsound, sound_source_of
from eeum.cashback.sources import Source
from eeum.journal.kinds import KINDS
from eeum.storage import Item
from eeum.wallet.events import PUBLISHED as OF_WALLETS

APPROVED = "approved"


def item_of_record(record: Mapping[str, Any]) -> Item:
    """The entry that a record brings; raises `Unsound`, with the reason, for a record without one."""
    try:
        return plain_item(record["dynamodb"]["NewImage"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unsound(f"{type(error).__name__}: {error}") from error


def source_of_record(record: Mapping[str, Any]) -> Source:
    """Raises `Unsound`, with the reason, for anything that no posting can be made for."""
    return sound_source_of(item_of_record(record))


def is_only_published(item: Item) -> bool:
    """Whether an item calls for no posting: a posting, a top-up, a release, an expiry, a hold, a decline, or no entry at all."""
    name = item.get("kind", "")
    if name in OF_WALLETS:
        return True
    kind = KINDS.get(name)
    return kind is not None and (not kind.awaits_posting or item.get("status", APPROVED) != APPROVED)
