"""DynamoDB's answers, read without going through every attribute.

botocore walks through each attribute of each item, to decode binary values that are not stored here; over a whole ledger that takes twice
as long as everything else together. JSON has the items already as they are wanted.
"""

from typing import Any

from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory

ITEM = "AttributeMap"
"""What botocore's description of DynamoDB calls the attributes of an item; a key among them is another shape."""


class PlainItems(JSONParser):
    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.name == ITEM:
            return value
        return super()._handle_map(shape, value)  # type: ignore[misc]  # botocore-stubs leave it out


class PlainItemsFactory(ResponseParserFactory):
    """botocore's own, but for items within JSON."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        if protocol_name == "json":
            return PlainItems(**self._defaults)  # type: ignore[attr-defined]
        parser: ResponseParser = super().create_parser(protocol_name)
        return parser
