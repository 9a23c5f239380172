"""How large an item is, as DynamoDB counts: an upper bound, so that what fits here fits there."""

from collections.abc import Mapping
from typing import Any

NUMBER_BYTES = 21
"""Of the longest number; most take less."""

OVERHEAD_BYTES = 3
"""Of a list or a map; each of its elements takes one more."""


def bytes_of(value: Any) -> int:
    """The bytes of a value: of an item, those of all its attributes with their names."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int):
        return min(len(str(value)) // 2 + 2, NUMBER_BYTES)
    if isinstance(value, Mapping):
        return OVERHEAD_BYTES + sum(len(str(name).encode()) + bytes_of(part) + 1 for name, part in value.items())
    return OVERHEAD_BYTES + sum(bytes_of(part) + 1 for part in value)
