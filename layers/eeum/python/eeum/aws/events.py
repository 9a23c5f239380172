"""The city's bus of EventBridge."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.errors import Busy
from eeum.publishing.events import Event
from eeum.unit_of_work import Patience

MOST_ENTRIES = 10
"""The most events of one call."""

MOST_BYTES = 200_000
"""The most bytes of details in one call: EventBridge takes 256 KB, names and sources included."""


class EventBus:
    """The bus. `client` is botocore's of EventBridge; `bus` is the name of the city's bus, None for a function without one."""

    def __init__(self, client: Any, bus: str | None) -> None:
        self._client = client
        self._bus = bus

    def publish(self, events: Iterable[Event], patience: Patience) -> int:
        """Put events on the bus, ten in a call, and return how many.

        Rejected events and failed calls are sent again. Accepted events stay published: a caller that repeats the call publishes them
        twice, with the same `id`.

        Raises:
            Busy: the bus did not take every event in time; with the last reason that it gave.
        """
        published = 0
        for together in _batches(events):
            self._publish(together, patience)
            published += len(together)
        return published

    def _publish(self, events: Sequence[Event], patience: Patience) -> None:
        attempt = 0
        while True:
            events, reason = self._left(events)
            if not events:
                return
            attempt += 1
            try:
                patience.wait(attempt)
            except Busy as busy:
                raise Busy(f"The bus did not take {len(events)} events: {reason}") from busy

    def _left(self, events: Sequence[Event]) -> tuple[Sequence[Event], str]:
        """Publish `events` in one call; return those that the bus rejected, and the reason for one of them."""
        try:
            answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        except (BotoCoreError, ClientError) as error:
            return events, f"{type(error).__name__}: {error}"
        if not answer["FailedEntryCount"]:
            return (), ""
        failed = [
            (event, f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}")
            for event, entry in zip(events, answer["Entries"], strict=True)
            if "ErrorCode" in entry
        ]
        return [event for event, _ in failed], failed[-1][1]

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
