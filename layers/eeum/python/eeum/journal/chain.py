"""The hash chain of a wallet: to change, remove or add an entry later breaks it.

Each linked entry stores its link; the wallet stores the last link. The earning or correction that follows a payment, a capture or a
cancellation links it by its hash. A top-up and a release are linked by the transaction that stores them. Captures and the release of a
hold link it by its hash. Entries that moved no money are not linked. docs/decisions/0012 gives the reasons.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

CHAIN = "chain"


class Head(NamedTuple):
    """The end of a wallet's chain: its length, and the hash of the last link; empty at first."""

    length: int = 0
    hash: str = ""


def entry_hash(item: Mapping[str, Any]) -> str:
    """SHA-256 of an entry's canonical form (keys sorted, no spaces, UTF-8, without its link), as base64url without padding."""
    content = {name: value for name, value in item.items() if name != CHAIN}
    return _hash(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def link(previous: str, length: int, source: str, entry: str) -> str:
    """The hash of link number `length`, over the previous link, the hash of the entry, and the hash of the entry's source."""
    return _hash(f"{length}:{previous}:{source}:{entry}")


def linked(head: Head, item: Mapping[str, Any], source: str = "") -> tuple[Head, dict[str, Any]]:
    """The new head after `item` (with its pk and sk) becomes the next link, and the item with its link."""
    length = head.length + 1
    grown = Head(length, link(head.hash, length, source, entry_hash(item)))
    return grown, {**item, CHAIN: {"length": length, "head": grown.hash, "source": source}}


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
