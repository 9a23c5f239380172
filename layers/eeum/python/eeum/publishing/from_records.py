"""From the records of a stream to the events that they bring: the same for the ledger and for all other parts. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from eeum.publishing.events import Event

Record = Mapping[str, Any]
"""A record of a table's stream, as Lambda brings it."""

Image = TypeVar("Image")

NO_EVENT = (KeyError, ValueError, TypeError, AttributeError)
"""What the makers of events raise for a record or an item that has none."""


class FoundEvents(NamedTuple):
    """Each event with the record that brought it, in order; and the records without one, each with the reason."""

    events: list[tuple[Record, Event]]
    without: list[tuple[Record, str]]


def events_of(records: Iterable[tuple[Record, Image]], event_of: Callable[[Image], Event | None]) -> FoundEvents:
    """The events of `records`, each made by `event_of` from its item. An image that repeats another has no event: None."""
    found = FoundEvents([], [])
    for record, image in records:
        try:
            event = event_of(image)
        except NO_EVENT as error:
            found.without.append((record, f"no event: {type(error).__name__}: {error}"))
            continue
        if event is not None:
            found.events.append((record, event))
    return found
