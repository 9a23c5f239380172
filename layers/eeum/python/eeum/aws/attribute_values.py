"""Convert between plain values and DynamoDB's typed attribute values.

boto3's serialiser makes every number a Decimal, and loading boto3 slows each cold start. Money is `int` here, so numbers are read as
`int` and anything else is refused.
"""

from typing import Any

from eeum.storage import Item


def attribute_value(value: Any) -> dict[str, Any]:
    """The typed attribute value. Raises `TypeError` for types that the product never stores, floats above all."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int():
            return {"N": str(value)}
        case dict():
            return {"M": {name: attribute_value(part) for name, part in value.items()}}
        case list():
            return {"L": [attribute_value(part) for part in value]}
    raise TypeError(f"{type(value).__name__} is not stored")


def plain_value(value: dict[str, Any]) -> Any:
    """The plain value. Raises `ValueError` for a number that is not whole, and for types that the product never stores."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "M":
            return {name: plain_value(part) for name, part in content.items()}
        case "L":
            return [plain_value(part) for part in content]
        case "NULL":
            return None
    raise ValueError(f"{kind} is not a type that is stored")


def plain_item(attributes: dict[str, Any]) -> Item:
    return {name: plain_value(value) for name, value in attributes.items()}
