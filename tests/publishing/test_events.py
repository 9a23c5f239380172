"""What events say of the entries of a simulated city, against their checked-in schemas."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from eeum.journal.kinds import KINDS
from eeum.publishing.events import VERSION, Event, event_of_entry
from eeum.storage import Table
from tests.simulation.running import lived

SCHEMAS = Path(__file__).parents[2] / "docs" / "events"
SEED, OPERATIONS = 5, 4_000


@cache
def events() -> dict[str, list[Event]]:
    """The events of a simulated city by type."""
    city = lived(SEED, OPERATIONS)
    city.check_end()
    found: dict[str, list[Event]] = defaultdict(list)
    for item in city.memory.items(Table.LEDGER):
        if item["kind"] in KINDS:
            event = event_of_entry(item)
            found[event.type].append(event)
    return found


def schema(kind: str) -> dict[str, Any]:
    path = SCHEMAS / f"{kind}.v{VERSION}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_every_kind_of_entry_has_a_schema_and_no_schema_is_of_none() -> None:
    assert {path.name for path in SCHEMAS.glob("*.json")} == {f"{kind}.v{VERSION}.json" for kind in KINDS}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_event_fits_its_schema(kind: str) -> None:
    validator = jsonschema.Draft202012Validator(schema(kind))
    validator.check_schema(schema(kind))
    assert events()[kind], "the simulated city stores no such entry"
    for event in events()[kind]:
        detail = json.loads(json.dumps(event.detail))
        assert not list(validator.iter_errors(detail))
        assert sum(detail["postings"].values()) == 0
        assert detail["id"] == event.id


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
