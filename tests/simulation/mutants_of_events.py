"""Safeguards of events."""

import itertools
from typing import Any
from unittest.mock import patch

from eeum.months import events as of_months
from eeum.publishing import ledger
from eeum.publishing.events import Event, event_of_change
from eeum.wallet import events as of_wallets
from tests.simulation.mutation import NOT_STORED, Mutant

_numbers = itertools.count()


def _without_its_last(source: str, kind: str, change: tuple[str, ...], *about: Any) -> Event:
    """The id of an event without the part that distinguishes a change from the one before it."""
    return event_of_change(source, kind, change[:-1] or change, *about)


def _another_each_time(*_: str) -> str:
    return f"00000000-0000-8000-8000-{next(_numbers):012d}"


MUTANTS_OF_EVENTS = (
    Mutant(
        "event of a month's status",
        "a month has one event, whatever its status",
        lambda: patch.object(of_months, "event_of_change", _without_its_last),
        blind=NOT_STORED,
    ),
    Mutant(
        "event of a decision",
        "all decisions about a wallet have one event",
        lambda: patch.object(of_wallets, "event_of_change", _without_its_last),
        blind=NOT_STORED,
    ),
    Mutant(
        "id of an event",
        "an event has another id each time it is published",
        lambda: patch.object(ledger, "natural_id", _another_each_time),
        blind=NOT_STORED,
    ),
)
