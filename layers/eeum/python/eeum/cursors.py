"""Cursors of lists: where a page ended, as text that clients return unread."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from eeum.errors import Invalid
from eeum.storage import Index, Query

Entry = TypeVar("Entry")
LONGEST_KEY_BYTES = 1024
"""The longest sort key in bytes. With a longer one, DynamoDB would report an error that looks like ours, not the client's."""


def cursor_of(last_key: Mapping[str, Any]) -> str:
    """Where a page ended, as text that clients return unread."""
    plain = {name: value["S"] for name, value in last_key.items()}
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode()


def key_of_cursor(query: Query) -> dict[str, Any]:
    """The key after which `query` continues. Raises `Invalid` unless its cursor was returned for the same query."""
    partition, sort = ("pk", "sk") if query.index is None else (query.index.partition, query.index.sort)
    plain = _plain_key(query.after or "", {"pk", "sk", partition, sort})
    if plain[partition] != query.partition or not plain[sort].startswith(query.prefix):
        raise _unknown_cursor()
    return {name: {"S": value} for name, value in plain.items()}


def key_of_scan_cursor(cursor: str, index: Index | None = None) -> dict[str, Any]:
    """The key after which a scan continues. Raises `Invalid` for text that is not a cursor of a scan of the same table or index."""
    names = {"pk", "sk", *((index.partition, index.sort) if index else ())}
    return {name: {"S": value} for name, value in _plain_key(cursor, names).items()}


def page_of(
    entries: Sequence[Entry], id_of: Callable[[Entry], str], limit: int | None, after: str | None, listed: str
) -> tuple[list[Entry], str | None]:
    """A page of entries that were all read, and the cursor of the next: up to `limit` of those that follow the one named by `after`.

    `listed` names the list and its order, so that a cursor opens no other. Entries that come at the front later change no page that
    follows. Raises `Invalid` for a cursor that this list did not give out.
    """
    start = 0
    if after is not None:
        last = _plain_key(after, {"list", "id"})
        ids = [id_of(entry) for entry in entries]
        if last["list"] != listed or last["id"] not in ids:
            raise _unknown_cursor()
        start = ids.index(last["id"]) + 1
    page = list(entries[start:] if limit is None else entries[start : start + limit])
    if start + len(page) == len(entries):
        return page, None
    return page, cursor_of({"list": {"S": listed}, "id": {"S": id_of(page[-1])}})


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
