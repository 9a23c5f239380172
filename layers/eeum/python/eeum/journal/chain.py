"""The hash chain of a wallet: whoever changes, removes or adds an entry afterwards breaks it.

Each entry that is linked carries the link it made; the wallet carries the last. A payment, a capture and a cancellation are linked by the
posting that follows them, which has their hash; a top-up and a release by the transaction that stores them; a hold by its captures and its
release, which have its hash. What moved no money is not linked. Declared in docs/decisions/0012.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

CHAIN = "chain"


class Head(NamedTuple):
    """The end of a wallet's chain: how many links it has, and the hash of the last; empty at first."""

    length: int = 0
    hash: str = ""


def entry_hash(item: Mapping[str, Any]) -> str:
    """SHA-256 of an entry's canonical form (keys sorted, no spaces, UTF-8, without its link), as base64url without padding."""
    content = {name: value for name, value in item.items() if name != CHAIN}
    return _hash(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def link(previous: str, length: int, source: str, entry: str) -> str:
    """The hash that link number `length` adds: over the one before, the hash of the entry, and that of what the entry was made for."""
    return _hash(f"{length}:{previous}:{source}:{entry}")


def linked(head: Head, item: Mapping[str, Any], source: str = "") -> tuple[Head, dict[str, Any]]:
    """The chain with `item` (with its pk and sk) as its next link, and the item that carries the link."""
    length = head.length + 1
    grown = Head(length, link(head.hash, length, source, entry_hash(item)))
    return grown, {**item, CHAIN: {"length": length, "head": grown.hash, "source": source}}


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
