"""The registry of entry kinds, compared with all that a simulated city stores under every form of policy."""

import json
from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from eeum.audit.entries import POSTINGS
from eeum.audit.partition import Partition
from eeum.calendar import month_of
from eeum.journal.accounts import ACCOUNT_KINDS, PURSE_KIND
from eeum.journal.entry_kind import EntryKind
from eeum.journal.history import moved_at
from eeum.journal.kinds import KINDS
from eeum.journal.partitions import PARTITION
from eeum.months.statements import Statement
from eeum.storage import Table
from tests.simulation.running import simulated_city
from tests.template.template import events

SEED, OPERATIONS = 5, 4_000
NO_ENTRIES = {"wallet", "progress", "standing", "statement", "grant", "bank_reference"}
"""Other kinds in the ledger table, including the simulation's grants."""

Item = dict[str, Any]


@cache
def stored() -> dict[str, list[Item]]:
    """Items of a simulated city by kind."""
    city = simulated_city(SEED, OPERATIONS)
    city.check_end()
    found: dict[str, list[Item]] = defaultdict(list)
    for item in city.memory.items(Table.LEDGER):
        found[item["kind"]].append(item)
    return found


def outside(item: Item) -> set[str]:
    kinds = {account.partition("/")[0] for account in item.get("postings", {})}
    return kinds - {PURSE_KIND}


def test_every_kind_of_entry_is_registered_and_stored_by_the_city() -> None:
    found = set(stored()) - NO_ENTRIES
    assert found <= set(KINDS), "a kind has no line in eeum/journal/kinds/__init__.py"
    assert set(KINDS) <= found, "no operation of tests/simulation stores it: add one to rarer_operations.py"


def test_the_audit_knows_every_kind_and_which_are_linked() -> None:
    assert set(KINDS) <= set(POSTINGS), "add it to POSTINGS of eeum/audit/entries.py"
    for kind in KINDS.values():
        for item in stored()[kind.name]:
            linked = Partition(item["pk"], [item]).linked
            assert bool(linked) == ("chain" in item), f"{kind.name}: see LINKED of eeum/audit/partition.py"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_registry_agrees_with_the_stored_entries(kind: EntryKind) -> None:
    items = stored()[kind.name]
    assert all(item["sk"].startswith(kind.prefix) for item in items)
    assert any(map(outside, items)) == kind.moves_outside
    assert set().union(*map(outside, items)) <= set(ACCOUNT_KINDS)
    moved = [item for item in items if item.get("postings")]
    assert {"chain" in item for item in moved} == {kind.is_linked}
    read = kind.reader()
    for item in moved:
        assert read(item["pk"].removeprefix(PARTITION), item).postings == item["postings"]
        assert moved_at(item) is not None
        assert kind.month(item) in (None, item.get("month"), item["accepted_at"][:7])
        assert month_of(moved_at(item)) >= (kind.month(item) or "")
        assert kind.line(item) in ("", *Statement._fields)
        assert sum(kind.rewards(item).values()) == 0 or kind.rewards_line in Statement._fields


def filters(function: str, source: str) -> list[dict[str, Any]]:
    pattern = events(function, "DynamoDB")[source]["FilterCriteria"]["Filters"]
    return [json.loads(each["Pattern"])["dynamodb"]["NewImage"] for each in pattern]


def brought(item: Item, image: dict[str, Any]) -> bool:
    return all(item.get(name) in wanted["S"] for name, wanted in image.items())


def test_the_streams_filters_pass_every_entry_and_nothing_else() -> None:
    images = filters("CashbackCalculationFunction", "CapturesAndCancellations")
    for name, items in stored().items():
        for item in items:
            # Wallets and decisions about them are published, too.
            wanted = name in KINDS or name in ("wallet", "standing")
            assert any(brought(item, image) for image in images) == wanted, item


def test_the_projections_filter_passes_all_entries_that_move_money_outside_a_wallet() -> None:
    images = filters("BalanceProjectionFunction", "Entries")
    for name in KINDS:
        for item in stored()[name]:
            if outside(item):
                assert any(brought(item, image) for image in images), item
