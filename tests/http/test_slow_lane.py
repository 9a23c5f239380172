"""The slow lane's function: it posts a wallet's messages together, and a failure repeats that wallet's messages only."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

import cashback_calculation.lanes
from cashback_calculation import slow
from cashback_calculation.lanes import QueueRefused, send_to_slow_lane
from eeum import composition
from eeum.aws.attribute_values import attribute_value
from eeum.cashback.context import EntriesCache
from eeum.cashback.sources import READERS, Source, source_of
from eeum.cashback.store import CashbackStore
from eeum.storage import Table, Unavailable
from tests.http.city import InMemoryCity
from tests.http.test_cancellations import cancelled
from tests.http.test_holds import wallet

CONTEXT: Any = SimpleNamespace(
    function_name="slow",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:slow",
    aws_request_id="slow",
    get_remaining_time_in_millis=lambda: 60_000,
)


class Queues:
    """SQS as the functions use it; it records what was sent."""

    def __init__(self) -> None:
        self.dead_letters: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.calls = 0
        self.refused: tuple[str, ...] = ()
        """Ids of entries that the queue refuses."""

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - as botocore calls it
        self.dead_letters.append(json.loads(MessageBody))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 1 <= len(Entries) <= 10
        assert len({each["Id"] for each in Entries}) == len(Entries)
        self.calls += 1
        self.sent += [each for each in Entries if each["Id"] not in self.refused]
        failed = [{"Id": each["Id"], "Code": "InternalError"} for each in Entries if each["Id"] in self.refused]
        return {"Failed": failed} if failed else {}


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    made = Queues()
    monkeypatch.setattr(cashback_calculation.lanes, "queues", lambda: made)
    monkeypatch.setattr(composition, "queues", lambda: made)
    return made


@pytest.fixture
def lane(city: InMemoryCity, monkeypatch: pytest.MonkeyPatch) -> InMemoryCity:
    its_city = next(iter(city._cities.values()))
    monkeypatch.setattr(slow, "city", its_city)
    monkeypatch.setattr(slow, "entries", EntriesCache(3))
    slow.logger.setLevel("CRITICAL")
    return city


def _records(city: InMemoryCity) -> list[dict[str, Any]]:
    items = [item for item in city.storage.items(Table.LEDGER) if item["kind"] in READERS]
    approved = [item for item in items if item.get("status", "approved") == "approved"]
    return [
        {"dynamodb": {"NewImage": {name: attribute_value(each) for name, each in item.items()}}} for item in approved
    ]


def _sources(city: InMemoryCity) -> list[Source]:
    items = [item for item in city.storage.items(Table.LEDGER) if item["kind"] in READERS]
    return [source_of(item) for item in items if item.get("status", "approved") == "approved"]


def _messages(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "messageId": f"message-{number}",
            "body": json.dumps({"kind": "slow_record", "record": record}),
            "attributes": {"MessageGroupId": record["dynamodb"]["NewImage"]["pk"]["S"]},
        }
        for number, record in enumerate(records)
    ]


def test_messages_of_a_wallet_are_posted_together(lane: InMemoryCity, queues: Queues) -> None:
    cancelled(lane, 15_000)
    messages = _messages(_records(lane))
    assert slow.handler({"Records": messages}, CONTEXT) == {"batchItemFailures": []}
    assert (wallet(lane)["refund_pending"], wallet(lane)["cashback_pending"]) == (0, 0)
    assert slow.handler({"Records": messages}, CONTEXT) == {"batchItemFailures": []}
    assert queues.dead_letters == []


def test_a_transient_failure_repeats_the_messages_of_its_wallet_only(
    lane: InMemoryCity, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled(lane, 15_000)
    messages = _messages(_records(lane))
    read = CashbackStore.read_for_posting

    def failing(store: CashbackStore, sources: Any, others: Any = ()) -> Any:
        if sources[0].wallet_id == lane.who.customer_wallet:
            raise Unavailable
        return read(store, sources, others)

    monkeypatch.setattr(CashbackStore, "read_for_posting", failing)
    mine = [
        each["messageId"]
        for each in messages
        if each["attributes"]["MessageGroupId"].endswith(lane.who.customer_wallet)
    ]
    answer = slow.handler({"Records": messages}, CONTEXT)
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == mine != []
    assert queues.dead_letters == []


def test_an_unpostable_record_is_dead_lettered_with_its_reason_and_the_rest_is_posted(
    lane: InMemoryCity, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled(lane, 15_000)
    records = _records(lane)
    broken = next(each for each in records if each["dynamodb"]["NewImage"]["kind"]["S"] == "payment")
    broken["dynamodb"]["NewImage"]["facts"] = {"S": "none"}
    assert slow.handler({"Records": _messages(records)}, CONTEXT) == {"batchItemFailures": []}
    (letter,) = queues.dead_letters
    assert (letter["kind"], letter["record"]) == ("parked_record", broken)
    redriven = slow.handler({"Records": _messages([broken]), "redriven": True}, CONTEXT)
    assert (redriven["parked"], len(redriven["reasons"]), len(queues.dead_letters)) == (1, 1, 1)


def test_records_are_sent_by_wallet_and_repeated_ones_are_deduplicated(lane: InMemoryCity, queues: Queues) -> None:
    cancelled(lane, 15_000)
    records = _records(lane) * 8
    sources = _sources(lane) * 8
    send_to_slow_lane("queue", list(zip(sources, records, strict=True)))
    assert len(queues.sent) == len(records) > 10
    assert [each["MessageGroupId"] for each in queues.sent] == [source.wallet_id for source in sources]
    assert len({each["MessageDeduplicationId"] for each in queues.sent}) == len(sources) // 8
    assert queues.calls == -(-len(records) // 10)


def test_a_refused_message_repeats_the_batch(lane: InMemoryCity, queues: Queues) -> None:
    cancelled(lane, 15_000)
    (source, *_), (record, *_) = _sources(lane), _records(lane)
    queues.refused = ("1",)
    with pytest.raises(QueueRefused, match="1 of 3 messages, the first for InternalError"):
        send_to_slow_lane("queue", [(source, record)] * 3)
