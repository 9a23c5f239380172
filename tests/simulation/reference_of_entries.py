"""The parts of a payment by purse, and the hashes of a wallet's chain, with no code of the product."""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

Item = dict[str, Any]


def taken(paid_from: Sequence[Sequence[Any]], start: int, end: int) -> list[list[Any]]:
    """The amounts that each purse paid for the won from `start` to `end`."""
    found = []
    position = 0
    for purse, won in paid_from:
        part = min(end, position + won) - max(start, position)
        if part > 0:
            found.append([purse, part])
        position += won
    return found


def link_hash(previous: str, length: int, source: str, entry: str) -> str:
    return _hash(f"{length}:{previous}:{source}:{entry}")


def canonical_hash(item: Item) -> str:
    content = {name: value for name, value in item.items() if name != "chain"}
    return _hash(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
