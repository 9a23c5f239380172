"""From records of the ledger's stream to its items, and which of them call for a posting."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.cashback.soundness import Unsound
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


def is_only_published(item: Item) -> bool:
    """Whether an item calls for no posting: a posting, a top-up, a release, an expiry, a hold, a decline, or no entry at all."""
    name = item.get("kind", "")
    if name in OF_WALLETS:
        return True
    kind = KINDS.get(name)
    return kind is not None and (not kind.awaits_posting or item.get("status", APPROVED) != APPROVED)
