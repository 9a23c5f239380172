"""Read DynamoDB's answers without decoding every attribute.

botocore visits each attribute of each item to decode binary values, which are not stored here. Over a whole ledger that takes twice as long
as everything else together. The items in the JSON can be used as they are.
"""

from typing import Any

from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory

ITEM = "AttributeMap"
"""botocore's name for the attributes of an item; the attributes of a key have another name."""


class PlainItems(JSONParser):
    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.name == ITEM:
            return value
        return super()._handle_map(shape, value)  # type: ignore[misc]  # botocore-stubs leave it out


class PlainItemsFactory(ResponseParserFactory):
    """botocore's factory, except for items in JSON."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        if protocol_name == "json":
            return PlainItems(**self._defaults)  # type: ignore[attr-defined]
        parser: ResponseParser = super().create_parser(protocol_name)
        return parser
