"""The publisher of all parts except the ledger: every change is published, and after a failure of the bus the batch is repeated."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

import event_publisher.app as function
from eeum.aws.attribute_values import attribute_value
from eeum.errors import Busy
from eeum.publishing.events import Event
from eeum.publishing.parts import PUBLISHED, event_of_part
from eeum.storage import Item
from eeum.unit_of_work import Patience
from operations.redrive import Outcome, redrive
from tests.operations.test_redrive import Queue
from tests.publishing.test_parts import stored_parts

CONTEXT = SimpleNamespace(
    function_name="publisher",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:publisher",
    aws_request_id="publisher",
    get_remaining_time_in_millis=lambda: 60_000,
)
BROKEN: list[dict[str, Any]] = [
    {"dynamodb": {}},
    {"dynamodb": {"NewImage": {"kind": {"S": "merchant"}}}},
    {"dynamodb": {"NewImage": {"kind": {"S": "of a later version"}}}},
    {"dynamodb": {"NewImage": "none"}},
]


class Bus:
    def __init__(self, *, takes: bool = True) -> None:
        self.takes = takes
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event], _patience: Patience) -> int:
        if not self.takes:
            raise Busy("the bus takes nothing")
        self.events += events
        return len(events)


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    letters: list[tuple[Any, str]] = []
    monkeypatch.setattr(function, "dead_letter", lambda record, reason: letters.append((record, reason)))
    function.logger.setLevel("CRITICAL")
    return letters


def items() -> list[Item]:
    return [item for table, kinds in PUBLISHED.items() for item in stored_parts()[table] if item["kind"] in kinds]


def record(item: Item) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": {name: attribute_value(value) for name, value in item.items()}}}


def handle(monkeypatch: pytest.MonkeyPatch, bus: Bus, records: list[dict[str, Any]]) -> Any:
    monkeypatch.setattr(function, "city_bus", lambda: bus)
    return function.handler({"Records": records}, CONTEXT)  # type: ignore[arg-type]


def test_each_change_is_published_in_the_order_of_its_records(
    monkeypatch: pytest.MonkeyPatch, dead: list[tuple[Any, str]]
) -> None:
    bus = Bus()
    answer = handle(monkeypatch, bus, [record(item) for item in items()])
    expected = [event for event in map(event_of_part, items()) if event]
    assert {event.type for event in expected} == {kind for kinds in PUBLISHED.values() for kind in kinds}
    assert bus.events == expected
    assert (answer, dead) == ({"published": len(expected), "dead_lettered": 0}, [])


def test_what_has_no_event_is_dead_lettered_with_its_reason_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, dead: list[tuple[Any, str]]
) -> None:
    bus = Bus()
    answer = handle(monkeypatch, bus, [*BROKEN, record(items()[0])])
    assert answer == {"published": 1, "dead_lettered": len(BROKEN)}
    assert [letter for letter, _ in dead] == BROKEN
    assert all(reason.startswith("no event: ") for _, reason in dead)


def test_a_bus_that_takes_nothing_fails_the_batch_and_nothing_is_dead_lettered(
    monkeypatch: pytest.MonkeyPatch, dead: list[tuple[Any, str]]
) -> None:
    batch = [*BROKEN, record(items()[0])]
    with pytest.raises(Busy):
        handle(monkeypatch, Bus(takes=False), batch)
    assert dead == []
    bus = Bus()
    assert handle(monkeypatch, bus, batch)["published"] == 1
    assert bus.events == [event_of_part(items()[0])]


class Stack:
    """A stack with one message in the publisher's dead-letter queue, and a bus that accepts everything."""

    def __init__(self, message: Any) -> None:
        self.queue = Queue(json.dumps(message))
        self.resources = {
            "CashbackDeadLetterQueue": "slow",
            "CashbackSlowDeadLetterQueue": "slow",
            "EventPublisherDeadLetterQueue": "address",
            "CityBus": "bus",
        }
        self.entries: list[Any] = []

    def client(self, service: str) -> Any:
        return self if service == "events" else self.queue

    def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803 - as boto3 calls it
        self.entries += Entries
        return {"FailedEntryCount": 0}


def test_a_dead_letter_is_published_by_a_redrive() -> None:
    stack = Stack({"kind": function.UNPUBLISHED, "reason": "then", "record": record(items()[0])})
    (done,) = redrive(stack)  # type: ignore[arg-type]
    event = event_of_part(items()[0])
    assert event is not None
    assert done.outcome is Outcome.PUBLISHED
    assert [json.loads(entry["Detail"]) for entry in stack.entries] == [event.detail]
    assert stack.queue.messages == {}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_dead_letter_that_still_has_no_event_stays(broken: dict[str, Any]) -> None:
    stack = Stack({"kind": function.UNPUBLISHED, "reason": "then", "record": broken})
    (done,) = redrive(stack)  # type: ignore[arg-type]
    assert (done.outcome, stack.entries, len(stack.queue.messages)) == (Outcome.STILL_PARKED, [], 1)


def test_a_batch_that_the_bus_never_took_names_the_command_that_publishes_it() -> None:
    arrival = "2026-12-01T00:00:00Z"
    stack = Stack(
        {"DDBStreamBatchInfo": {"batchSize": 3, "streamArn": "arn", "approximateArrivalOfFirstRecord": arrival}}
    )
    (done,) = redrive(stack)  # type: ignore[arg-type]
    assert done.outcome is Outcome.STILL_PARKED
    assert f"make republish SINCE={arrival}" in done.reason
