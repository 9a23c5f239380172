"""Cursors of lists: where a page ended, as text that a client hands back unread."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from eeum.errors import Invalid
from eeum.storage import Query

LONGEST_KEY_BYTES = 1024
"""Of a sort key; DynamoDB refuses a longer one as a fault of ours."""


def cursor_of(last_key: Mapping[str, Any]) -> str:
    """Where a page ended, as text that a client hands back unread."""
    plain = {name: value["S"] for name, value in last_key.items()}
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode()


def key_of_cursor(query: Query) -> dict[str, Any]:
    """The key after which `query` goes on; raises `Invalid` unless its cursor was given out for this very query."""
    partition, sort = ("pk", "sk") if query.index is None else (query.index.partition, query.index.sort)
    plain = _plain_key(query.after or "", {"pk", "sk", partition, sort})
    if plain[partition] != query.partition or not plain[sort].startswith(query.prefix):
        raise _unknown_cursor()
    return {name: {"S": value} for name, value in plain.items()}


def key_of_scan_cursor(cursor: str) -> dict[str, Any]:
    """The key after which a scan goes on; raises `Invalid` for what is no cursor of a scan."""
    return {name: {"S": value} for name, value in _plain_key(cursor, {"pk", "sk"}).items()}


def _plain_key(cursor: str, names: set[str]) -> dict[str, str]:
    try:
        plain = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        sound = set(plain) == names and all(
            isinstance(value, str) and 1 <= len(value.encode()) <= LONGEST_KEY_BYTES for value in plain.values()
        )
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _unknown_cursor() from error
    if not sound:
        raise _unknown_cursor()
    return dict(plain)


def _unknown_cursor() -> Invalid:
    return Invalid("cursor", "is not one that this list gave out", "unknown_cursor")
