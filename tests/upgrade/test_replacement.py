"""No update of the template makes a release's data inaccessible, by CloudFormation's rules, which the emulator does not apply."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from local.upgrade.replacement import endangered
from tests.upgrade.fixture import Fixture, template

Resource = dict[str, Any]
INDEX = {"KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}


def test_what_keeps_the_data_of_a_release_stays(release: Fixture) -> None:
    assert len(release.template["Resources"]) > 10
    assert endangered(release.template, template()) == []


def _properties(changes: dict[str, Any]) -> Callable[[Resource], Resource]:
    return lambda each: each | {"Properties": each["Properties"] | changes}


def _more_indexes(each: Resource) -> Resource:
    indexes = [
        *each["Properties"]["GlobalSecondaryIndexes"],
        INDEX | {"IndexName": "one"},
        INDEX | {"IndexName": "two"},
    ]
    return _properties({"GlobalSecondaryIndexes": indexes})(each)


def _another_index(each: Resource) -> Resource:
    first, *others = each["Properties"]["GlobalSecondaryIndexes"]
    return _properties({"GlobalSecondaryIndexes": [first | INDEX, *others]})(each)


@pytest.mark.parametrize(
    ("name", "change", "wanted"),
    [
        ("LedgerTable", lambda _: None, "gone from the template"),
        ("LedgerTable", lambda each: each | {"Type": "AWS::DynamoDB::GlobalTable"}, "gone from the template"),
        ("LedgerTable", _properties({"TableName": "ledger"}), "replaced by an empty one"),
        ("LedgerTable", _properties({"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}), "replaced"),
        ("LedgerTable", _properties({"StreamSpecification": {"StreamViewType": "KEYS_ONLY"}}), "a new stream"),
        ("LedgerTable", _more_indexes, "more than one index"),
        ("LedgerTable", _another_index, "an index is never changed"),
        ("CashbackDeadLetterQueue", _properties({"FifoQueue": True}), "replaced by an empty one"),
        ("ResidentPool", _properties({"UsernameAttributes": ["phone_number"]}), "replaced by an empty one"),
    ],
)
def test_what_would_be_lost_is_named(name: str, change: Callable[[Resource], Resource | None], wanted: str) -> None:
    before, after = template(), copy.deepcopy(template())
    changed = change(after["Resources"].pop(name))
    if changed is not None:
        after["Resources"][name] = changed
    faults = endangered(before, after)
    assert len(faults) == 1, faults
    assert name in faults[0]
    assert wanted in faults[0]


def test_a_table_and_one_index_more_endanger_nothing() -> None:
    before, after = template(), copy.deepcopy(template())
    ledger = after["Resources"]["LedgerTable"]
    after["Resources"]["CouponsTable"] = copy.deepcopy(ledger)
    ledger["Properties"]["GlobalSecondaryIndexes"].append(INDEX | {"IndexName": "by_owner"})
    assert endangered(before, after) == []


def test_a_first_stream_endangers_nothing_and_another_one_does(release: Fixture) -> None:
    streams = {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}
    resources = release.template["Resources"]
    changed = {**resources, "BudgetsTable": _properties(streams)(resources["BudgetsTable"])}
    assert endangered(release.template, {"Resources": changed}) == []
    (fault,) = endangered({"Resources": changed}, release.template)
    assert "a new stream" in fault
