"""Read a request's body as strictly as money needs.

Python's reader takes the last of repeated names, reads NaN, and fails with its own error at a very long number; Powertools takes the
first of a list of bodies. With each, a client could believe that it had asked for something else. This reader refuses what I-JSON
(RFC 7493) rules out; the fields that would contain lone surrogates refuse those.
"""

import json
from typing import Any

from eeum.errors import Invalid

LARGEST = 16_384
"""The largest body in bytes: several times what any request needs, except policy documents."""

DEEPEST = 64
"""The deepest nesting: twice that of the deepest policy document accepted."""


def read_object(text: str, largest: int = LARGEST) -> dict[str, Any]:
    """The JSON object in `text`, of at most `largest` bytes. Raises `Invalid`."""
    if len(text) > largest or len(text.encode(errors="replace")) > largest:
        raise Invalid("body", f"is larger than {largest:,} bytes", "too_large")
    try:
        body = _READER.decode(text)
    except json.JSONDecodeError as error:
        raise Invalid("body", f"is not JSON: {error.msg} at character {error.pos}", "not_json") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise Invalid("body", "has a number with thousands of digits", "number_too_long") from error
    if not isinstance(body, dict):
        raise Invalid("body", "is not a JSON object", "not_an_object")
    # Counting brackets is cheap, and decides for all bodies but policy documents.
    if text.count("{") + text.count("[") > DEEPEST and _depth_of(body) > DEEPEST:
        raise _too_deep()
    return body


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise Invalid("body", "has a field twice in one object", "repeated_field")
    return read


def _no_number(constant: str) -> Any:
    raise Invalid("body", f"is not JSON: {constant} is not a number", "not_json")


_READER = json.JSONDecoder(object_pairs_hook=_without_repetition, parse_constant=_no_number)


def _too_deep() -> Invalid:
    return Invalid("body", f"is nested more than {DEEPEST} deep", "nested_too_deep")


def _depth_of(body: Any) -> int:
    depth = 0
    level = [body]
    while level and depth <= DEEPEST:
        depth += 1
        level = [part for value in level for part in _parts_of(value) if isinstance(part, dict | list)]
    return depth


def _parts_of(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
