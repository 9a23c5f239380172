"""The city's bus of EventBridge."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.publishing.events import Event
from eeum.unit_of_work import Patience

MOST_ENTRIES = 10
"""Events of one call."""

MOST_BYTES = 200_000
"""Details of one call, in bytes: EventBridge takes 256 KB, names and sources included."""


class EventBus:
    """`client` is botocore's of EventBridge; `bus` is the name of the city's bus, None for a function without one."""

    def __init__(self, client: Any, bus: str | None) -> None:
        self._client = client
        self._bus = bus

    def publish(self, events: Iterable[Event], patience: Patience) -> int:
        """Puts events on the bus, ten in a call, and returns how many.

        Events that the bus did not take are sent again, and so is a call that failed. Events that it took stay published: a caller that
        tries again publishes them twice, with the same `id`.

        Raises:
            Busy: the bus did not take every event in the time that there was.
        """
        published = 0
        for together in _batches(events):
            published += len(together)
            attempt = 0
            while together := self._left(together):
                attempt += 1
                patience.wait(attempt)
        return published

    def _left(self, events: Sequence[Event]) -> Sequence[Event]:
        """Publishes `events` in one call and returns those that the bus did not take."""
        try:
            answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        except (BotoCoreError, ClientError):
            return events
        if not answer["FailedEntryCount"]:
            return ()
        return [event for event, entry in zip(events, answer["Entries"], strict=True) if "ErrorCode" in entry]

    def _entry(self, event: Event) -> dict[str, str | None]:
        return {
            "EventBusName": self._bus,
            "Source": event.source,
            "DetailType": event.type,
            "Detail": _json(event.detail),
        }


def _batches(events: Iterable[Event]) -> Iterator[Sequence[Event]]:
    batch: list[Event] = []
    size = 0
    for event in events:
        own = len(_json(event.detail).encode())
        if batch and (len(batch) == MOST_ENTRIES or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += own
    if batch:
        yield batch


def _json(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, separators=(",", ":"))
