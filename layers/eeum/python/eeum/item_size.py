"""The size of an item as DynamoDB counts it: an upper bound, so that an item that fits here fits there."""

from collections.abc import Mapping
from typing import Any

NUMBER_BYTES = 21
"""The bytes of the longest number; most numbers have fewer."""

OVERHEAD_BYTES = 3
"""The bytes of an empty list or map; each element adds one."""


def bytes_of(value: Any) -> int:
    """The bytes of a value; of an item: all attributes with their names."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int):
        return min(len(str(value)) // 2 + 2, NUMBER_BYTES)
    if isinstance(value, Mapping):
        return OVERHEAD_BYTES + sum(len(str(name).encode()) + bytes_of(part) + 1 for name, part in value.items())
    return OVERHEAD_BYTES + sum(bytes_of(part) + 1 for part in value)
