"""The function on the stream: which records it counts, which it dead-letters, and which it lets the stream deliver again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import balance_projection.app as function
import balance_projection.folding as scheduled
from balance_projection.records import UnnamedShard
from eeum.aws.attribute_values import attribute_value
from eeum.balances.page_store import PageStore
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import Projection, page_of
from eeum.balances.use_cases import KEPT, Rebuilding
from eeum.balances.whole import whole
from eeum.composition import City
from eeum.errors import Busy
from eeum.storage import Table, Unavailable
from tests.balances.journal import Balances, entries, reference, without_zeros
from tests.http.city import NOON, context
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of

WANTED = without_zeros(reference(entries()))
SHARD = "shardId-00000001609815600000-1f3c9d2a"


class Function:
    """The handler with an in-memory storage, and its dead letters."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.storage = InMemoryStorage()
        self.dead_lettered: list[tuple[dict[str, Any], str]] = []
        patch.setattr(function, "city", City(function.city.settings, self.storage, lambda: NOON))
        patch.setattr(function, "dead_letter", lambda record, reason: self.dead_lettered.append((record, reason)))

    def handle(self, event: dict[str, Any]) -> dict[str, int]:
        answer = function.handler(copy.deepcopy(event), context())
        assert set(answer) == {"state"}, "what Lambda takes from the answer to an event of a tumbling window"
        return answer["state"]

    @property
    def balances(self) -> Balances:
        store = PageStore(self.storage)
        return whole(store, store.projection() or Projection())


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> Function:
    return Function(monkeypatch)


def records(first: int = 1) -> list[dict[str, Any]]:
    return [record(item, first * 10**21 + number) for number, item in enumerate(entries())]


def record(item: dict[str, Any], sequence: int, name: str = "INSERT") -> dict[str, Any]:
    return {
        "eventName": name,
        "dynamodb": {
            "Keys": {key: {"S": item[key]} for key in ("pk", "sk")},
            "NewImage": {key: attribute_value(value) for key, value in item.items()},
            "SequenceNumber": str(sequence),
        },
    }


def windowed(batch: list[dict[str, Any]], shard: str = SHARD, **window: Any) -> dict[str, Any]:
    """An event as Lambda sends it with a tumbling window."""
    return {
        "Records": batch,
        "shardId": shard,
        "window": {"start": "2021-01-05T03:00:00Z", "end": "2021-01-05T03:15:00Z"},
        "state": {"counted": 3},
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
        "eventSourceARN": "arn:aws:dynamodb:ap-northeast-2:000000000000:table/ledger/stream/2021-01-01T00:00:00.000",
    } | window


def test_an_event_is_counted_once(handled: Function) -> None:
    assert handled.handle(windowed(records())) == {"counted": len(entries()), "before": 0, "parked": 0}
    assert handled.handle(windowed(records())) == {"counted": 0, "before": len(entries()), "parked": 0}
    assert handled.balances == WANTED


def test_each_shard_counts_for_itself(handled: Function) -> None:
    every = records()
    handled.handle(windowed(every[5:], "shardId-2"))
    handled.handle(windowed(every[:5], "shardId-1"))

    assert handled.balances == WANTED


def test_an_event_without_a_shard_counts_for_the_only_shard(handled: Function) -> None:
    """The local emulator sends such events."""
    every = records()
    for batch in (every[:5], every[3:], every):
        handled.handle({"Records": batch})

    assert handled.balances == WANTED


def test_an_event_without_a_shard_is_refused_where_there_may_be_several(
    handled: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shards would share a checkpoint, and skip each other's records."""
    settings = replace(function.city.settings, stage="prod")
    monkeypatch.setattr(function, "city", City(settings, handled.storage, lambda: NOON))

    with pytest.raises(UnnamedShard):
        handled.handle({"Records": records()})
    assert handled.balances == {}
    assert handled.dead_lettered == []
    handled.handle(windowed(records()))
    assert handled.balances == WANTED


@pytest.mark.parametrize("event", [{"Records": []}, {}, windowed([], isFinalInvokeForWindow=True)])
def test_the_end_of_a_window_has_no_records(handled: Function, event: dict[str, Any]) -> None:
    assert handled.handle(event) == {"counted": 0, "before": 0, "parked": 0}
    assert handled.storage.costs.calls == []


def test_unreadable_records_are_dead_lettered_whole_and_the_others_are_counted(handled: Function) -> None:
    every = records()
    sequence = 10**21 + 500
    faulty = [
        record({**entries()[0], "postings": {"purse/charged": 5}}, sequence),
        record({**entries()[0], "kind": "an entry of a later version"}, sequence + 1),
        record(entries()[0], sequence + 2, "MODIFY"),
        {"eventName": "REMOVE", "dynamodb": {"Keys": {}, "SequenceNumber": str(sequence + 3)}},
        {"eventName": "INSERT", "dynamodb": {"NewImage": {"kind": {"S": "top_up", "N": "1"}}, "SequenceNumber": "7"}},
        {"eventName": "INSERT", "dynamodb": {"NewImage": {"kind": {"N": "1.5"}}, "SequenceNumber": str(sequence + 4)}},
        {"eventName": "INSERT", "dynamodb": {"NewImage": []}},
        {"eventName": "INSERT"},
    ]

    assert handled.handle(windowed([*faulty, *every])) == {"counted": len(every), "before": 0, "parked": len(faulty)}

    assert handled.balances == WANTED
    assert sorted(map(str, faulty)) == sorted(str(record) for record, _ in handled.dead_lettered)
    assert all(reason for _, reason in handled.dead_lettered)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_temporary_failure_is_raised_and_the_batch_comes_again(
    handled: Function, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr(City, "patience", lambda city, context: patience_of(1.0))

    def unavailable(at: str, _: object) -> None:
        if at == moment:
            raise Unavailable

    handled.storage.fault = unavailable
    with pytest.raises(Busy):
        handled.handle(windowed(records()))
    handled.storage.fault = lambda moment, writes: None

    assert sum(handled.handle(windowed(records())).values()) == len(entries())
    assert handled.balances == WANTED


def test_during_a_rebuild_everything_comes_again(handled: Function) -> None:
    store = RebuildStore(handled.storage, patience_of())
    store.change_projection(Projection(1, None, rebuilding=True), None)

    with pytest.raises(Rebuilding):
        handled.handle(windowed(records()))

    assert handled.balances == {}


def test_batches_expire_by_the_system_clock_without_a_shift(handled: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator, too, deletes by the system clock: a city that lives in 2021 would lose new batches at once."""
    shift = timedelta(days=-2_000)
    settings = replace(function.city.settings, clock_shift=shift)
    monkeypatch.setattr(function, "city", City(settings, handled.storage, lambda: NOON + shift))
    handled.handle(windowed(records()))

    (batch,) = [item for item in handled.storage.items(Table.BALANCES) if item["kind"] == "batch"]
    assert batch["expires_at"] == int((NOON + KEPT).timestamp())


# --- the fold -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folding(handled: Function, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """The scheduled function on the same storage."""
    monkeypatch.setattr(scheduled, "city", City(scheduled.city.settings, handled.storage, lambda: NOON))
    return lambda: scheduled.handler({}, context())


def test_the_fold_returns_what_it_did(handled: Function, folding: Callable[[], dict[str, Any]]) -> None:
    assert folding() == {"batches": 0, "pages": 0, "as_of": None}
    handled.handle(windowed(records()))
    pages = len({page_of(holder) for holder in WANTED})

    assert folding() == {"batches": 1, "pages": pages, "as_of": "2021-01-05T12:00:00.000+09:00"}
    assert folding() == {"batches": 0, "pages": 0, "as_of": "2021-01-05T12:00:00.000+09:00"}
    assert handled.balances == WANTED
