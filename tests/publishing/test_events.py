"""The events of a simulated city's entries, against their checked-in schemas."""

import json
from collections import defaultdict
from functools import cache

import jsonschema
import pytest

from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event
from eeum.publishing.ledger import event_of_entry
from eeum.storage import Table
from tests.publishing.schemas import faults, schema
from tests.simulation.running import simulated_city

SEED, OPERATIONS = 5, 4_000


@cache
def events() -> dict[str, list[Event]]:
    """The events of a simulated city by type."""
    city = simulated_city(SEED, OPERATIONS)
    city.check_end()
    found: dict[str, list[Event]] = defaultdict(list)
    for item in city.memory.items(Table.LEDGER):
        if item["kind"] in KINDS:
            event = event_of_entry(item)
            found[event.type].append(event)
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_event_fits_its_schema(kind: str) -> None:
    assert events()[kind], "the simulated city stores no such entry"
    for event in events()[kind]:
        assert faults(event) == []
        assert sum(event.detail["postings"].values()) == 0
        assert event.detail["id"] == event.id


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_schema_lets_no_field_in_that_it_does_not_name(kind: str) -> None:
    validator = jsonschema.Draft202012Validator(schema(kind))
    detail = json.loads(json.dumps(events()[kind][0].detail))
    assert list(validator.iter_errors(detail | {"birth_date": "1990-01-01"}))
    for name in detail:
        assert list(validator.iter_errors({each: value for each, value in detail.items() if each != name}))


def test_no_two_entries_have_one_event_id() -> None:
    ids = [event.id for each in events().values() for event in each]
    assert len(set(ids)) == len(ids)


def test_linked_entries_of_a_wallet_can_be_put_into_their_order() -> None:
    by_wallet: dict[str, list[int]] = defaultdict(list)
    for each in events().values():
        for event in each:
            if event.detail["sequence"] is not None:
                by_wallet[event.detail["wallet_id"]].append(event.detail["sequence"])
    assert by_wallet
    for sequences in by_wallet.values():
        assert sorted(sequences) == list(range(1, len(sequences) + 1))
