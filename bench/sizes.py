"""The size of items in bytes, by the rule of DynamoDB's developer guide."""

from collections.abc import Mapping
from typing import Any

UNIT = 1_024
"""Bytes of one write unit."""
ENTRY_BYTES = 1
CONTAINER_BYTES = 3


def item_bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Any) -> int:
    match value:
        case None | bool():
            return 1
        case str():
            return len(value.encode())
        case int():
            return number_bytes(value)
        case dict():
            return CONTAINER_BYTES + sum(
                len(name.encode()) + value_bytes(part) + ENTRY_BYTES for name, part in value.items()
            )
        case list():
            return CONTAINER_BYTES + sum(value_bytes(part) + ENTRY_BYTES for part in value)
    raise TypeError(f"{type(value).__name__} is not stored")


def number_bytes(number: int) -> int:
    """One byte for two significant digits, one more, and one for a minus sign. Zeros at either end are not stored."""
    digits = len(str(abs(number)).rstrip("0"))
    return (digits + 1) // 2 + 1 + (number < 0)


def units_of(size: int) -> int:
    """Write units of one plain write of an item of `size` bytes."""
    return -(-size // UNIT)
