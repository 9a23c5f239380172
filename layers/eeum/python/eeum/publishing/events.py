"""Events on the city's bus: pure values. The schemas are in `docs/events`; amounts are whole won."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eeum.ids import natural_id

VERSION = 1
"""The version of all schemas. An added field keeps it; a changed or removed field needs a new one, published beside the old."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `type` names its schema (`docs/events/<type>.v<version>.json`), `source` the part where it happened.

    `id` is the same however often the event is published, so that consumers can count each event once.
    """

    id: str
    source: str
    type: str
    detail: Mapping[str, Any]


def event_of_change(source: str, kind: str, change: tuple[str, ...], at: str, detail: Mapping[str, Any]) -> Event:
    """The event of a change of state at the instant `at`. `change` distinguishes it from all others of its type, `kind`.

    `detail` has no personal data: no subject of the user pool, no free text, nothing about a member.
    """
    event_id = natural_id("event", source, kind, *change)
    return Event(event_id, source, kind, {"id": event_id, "version": VERSION, "at": at, **detail})
