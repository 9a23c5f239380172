"""Convert between plain values and DynamoDB's typed attribute values.

boto3's serialiser makes every number a Decimal, and loading boto3 slows each cold start. Money is `int` here, so numbers are read as
`int` and anything else is refused.
"""

from typing import Any

from eeum.storage import Item


def attribute_value(value: Any) -> dict[str, Any]:
    """The typed attribute value. Raises `TypeError` for types that the product never stores, floats above all."""
    # The most frequent types come first.
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, list):
        return {"L": [attribute_value(part) for part in value]}
    if isinstance(value, dict):
        return {"M": {name: attribute_value(part) for name, part in value.items()}}
    raise TypeError(f"{type(value).__name__} is not stored")


def plain_value(value: dict[str, Any]) -> Any:
    """The plain value. Raises `ValueError` for a number that is not whole, and for types that the product never stores."""
    ((kind, content),) = value.items()
    if kind == "S":
        return content
    if kind == "N":
        return int(content)
    if kind == "M":
        return {name: plain_value(part) for name, part in content.items()}
    if kind == "L":
        return [plain_value(part) for part in content]
    if kind == "BOOL":
        return content
    if kind == "NULL":
        return None
    raise ValueError(f"{kind} is not a type that is stored")


def plain_item(attributes: dict[str, Any]) -> Item:
    return {name: value["S"] if "S" in value else plain_value(value) for name, value in attributes.items()}
