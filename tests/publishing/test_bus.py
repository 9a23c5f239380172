"""The city's bus: refused events are sent again."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from eeum.aws.events import MOST_BYTES, MOST_ENTRIES, EventBus
from eeum.errors import Busy
from eeum.publishing.events import Event
from eeum.unit_of_work import Patience


def event(number: int, size: int = 0) -> Event:
    return Event(f"event-{number}", "eeum.ledger", "payment", {"number": number, "shop": "가" * size})


class Client:
    """A client that refuses the events at these positions, counted over all calls."""

    def __init__(self, refused: set[int] | None = None) -> None:
        self.refused = refused or set()
        self.calls: list[list[dict[str, str]]] = []
        self.taken: list[int] = []
        self.seen = 0

    def put_events(self, **request: list[dict[str, str]]) -> dict[str, Any]:
        entries = request["Entries"]
        self.calls.append(entries)
        answers: list[dict[str, str]] = []
        for entry in entries:
            refused = self.seen in self.refused
            self.seen += 1
            answers.append({"ErrorCode": "ThrottlingException"} if refused else {"EventId": "1"})
            if not refused:
                self.taken.append(json.loads(entry["Detail"])["number"])
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answers), "Entries": answers}


PATIENT = Patience(lambda: 60.0, lambda _: None)


def test_an_event_names_bus_source_and_type() -> None:
    client = Client()
    assert EventBus(client, "the-bus").publish([event(5)], PATIENT) == 1
    assert client.calls == [
        [
            {
                "EventBusName": "the-bus",
                "Source": "eeum.ledger",
                "DetailType": "payment",
                "Detail": '{"number":5,"shop":""}',
            }
        ]
    ]


@given(st.lists(st.integers(0, 40_000), max_size=40), st.sets(st.integers(0, 60)))
def test_every_event_is_taken_once_whatever_the_bus_refuses_at_first(sizes: list[int], refused: set[int]) -> None:
    client = Client(refused)
    events = [event(number, size) for number, size in enumerate(sizes)]
    EventBus(client, "the-bus").publish(events, PATIENT)
    assert sorted(client.taken) == list(range(len(sizes)))
    for call in client.calls:
        assert len(call) <= MOST_ENTRIES
        assert len(call) == 1 or sum(len(entry["Detail"].encode()) for entry in call) <= MOST_BYTES


def test_a_bus_that_takes_nothing_is_reported() -> None:
    with pytest.raises(Busy) as refused:
        EventBus(Client(set(range(1000))), "the-bus").publish([event(1)], PATIENT.briefly())
    assert "1 events: ThrottlingException" in str(refused.value)


def test_a_role_that_may_not_publish_is_reported_as_that() -> None:
    """The function's log and the dead letter say what to fix."""

    class Denied:
        def put_events(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no such right"}}, "PutEvents")

    with pytest.raises(Busy, match="AccessDeniedException"):
        EventBus(Denied(), "the-bus").publish([event(1)], PATIENT.briefly())
