"""Telling other parts what happened, on the city's bus of EventBridge."""

import json
from collections.abc import Mapping
from typing import Any


class NotTold(Exception):
    """The bus took the call and not the event: it says so inside of an answer that is a success."""


class EventBus:
    """`client` is botocore's of EventBridge; `source` says which part speaks."""

    def __init__(self, client: Any, bus: str, source: str) -> None:
        self._client = client
        self._bus = bus
        self._source = source

    def tell(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Puts one event on the bus; raises `NotTold`, or what botocore raises, when it did not get there."""
        entry = {
            "EventBusName": self._bus,
            "Source": self._source,
            "DetailType": kind,
            "Detail": json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
        }
        answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise NotTold(f"{kind}: {answer['Entries'][0].get('ErrorCode')}")
