"""Records that the stream missed or could not post are posted once: by the catch-up, a redrive, or the whole stream again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from local.schedule import CATCH_UP, MONTH_CLOSING, midnight
from operations import catch_up as catch_up_command
from operations import redrive as redrive_command
from operations.catch_up import catch_up
from operations.redrive import Outcome, redrive
from operations.stack import Stack
from tests.e2e.members import Member, pay
from tests.e2e.waiting import wait_for, wait_for_cashback

SHOP = "운서 빵집"
AT_ONCE = 20
Record = dict[str, Any]


@pytest.fixture(scope="module")
def stack(city: City) -> Iterator[Stack]:
    opened = Stack.local(city.emulator.port)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _nothing_waits_at_first(stack: Stack) -> None:
    """Empty the queue: other tests leave messages about records that they made unreadable."""
    queue, address = stack.client("sqs"), stack.resources["CashbackDeadLetterQueue"]
    while messages := queue.receive_message(QueueUrl=address, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            queue.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def consumer_down(stack: Stack) -> Iterator[None]:
    """Stop the delivery of the ledger's stream to the cashback function."""
    functions = stack.client("lambda")
    (source,) = functions.list_event_source_mappings(
        FunctionName=f"{stack.resources['CashbackCalculationFunction']}:live"
    )["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=True)


def pending(member: Member) -> int:
    waiting: int = member.api.get(f"/wallets/{member.wallet}")["cashback_pending"]
    return waiting


def cashback(member: Member, month: str) -> list[tuple[str, int]]:
    earnings = member.api.get(f"/wallets/{member.wallet}/cashback", month=month)["earnings"]
    return [(earning["payment_id"], earning["cashback"]) for earning in earnings]


def records_of(stack: Stack) -> list[Record]:
    """All records that the ledger's stream still has, from its start."""
    streams = stack.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=stack.resources["LedgerTable"])["Streams"]
    found: list[Record] = []
    for shard in streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]:
        place = streams.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while place:
            page = streams.get_records(ShardIterator=place)
            if not page["Records"]:
                break
            found += page["Records"]
            place = page.get("NextShardIterator")
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def test_what_was_missed_while_the_consumer_was_down_is_posted_once(
    city: City,
    stack: Stack,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member, month = new_member(charged=100_000), f"{city.clock.now():%Y-%m}"
    with consumer_down(stack):
        paid = [pay(api, tokens, member, shops[SHOP], amount)["id"] for amount in (10_000, 20_000, 30_000)]
        assert pending(member) == 3
        # As `make catch-up` runs it, from the command line.
        monkeypatch.setattr("sys.argv", ["catch_up", "--port", str(city.emulator.port)])
        assert catch_up_command.main() == 0
        assert "1 of them behind: 3 posted, 0 stay without an accrual" in capsys.readouterr().out
        assert cashback(member, month) == list(zip(paid, (1_000, 2_000, 3_000), strict=True))
    # The stream delivers them after all.
    later = pay(api, tokens, member, shops[SHOP], 40_000)["id"]
    wait_for_cashback(member)
    assert cashback(member, month)[3:] == [(later, 4_000)]
    assert member.balances() == {"charged": 0, "cashback": 10_000}
    assert catch_up(stack)["posted"] == 0


def test_the_hourly_run_uses_the_state_machine(
    city: City, stack: Stack, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    members = [new_member(charged=30_000) for _ in range(3)]
    with consumer_down(stack):
        for member in members:
            pay(api, tokens, member, shops[SHOP], 10_000)
        segments = city.calendar.run(CATCH_UP, city.clock.now())
        assert [member.balances()["cashback"] for member in members] == [1_000] * 3
    assert sum(segment["posted"] for segment in segments) == 3
    assert [segment["resume"] for segment in segments] == [None] * len(segments)


def test_the_whole_stream_again_changes_nothing(
    stack: Stack, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=100_000)
    for amount in (10_000, 20_000):
        pay(api, tokens, member, shops[SHOP], amount)
    wait_for_cashback(member)
    catch_up(stack)
    records = [
        record
        for record in records_of(stack)
        if record["eventName"] == "INSERT"
        and record["dynamodb"]["NewImage"].get("kind") in ({"S": "payment"}, {"S": "capture"}, {"S": "cancellation"})
        and record["dynamodb"]["NewImage"].get("status", {"S": "approved"}) == {"S": "approved"}
    ]
    mine = [each for each in records if each["dynamodb"]["Keys"]["pk"] == {"S": f"WALLET#{member.wallet}"}]
    assert len(mine) == 2
    before = everything(stack)

    answers = [
        stack.invoke("CashbackCalculationFunction", {"Records": records[start : start + AT_ONCE], "redriven": True})
        for start in range(0, len(records), AT_ONCE)
    ]

    assert sum(answer["posted"] for answer in answers) == 0
    assert sum(answer["already_posted"] + answer["parked"] for answer in answers) == len(records)
    assert everything(stack) == before


def everything(stack: Stack) -> dict[tuple[str, str], Any]:
    """All items of the ledger, by key."""
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.resources["LedgerTable"])
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def test_a_dead_lettered_record_is_redriven_once_its_cause_is_fixed(
    stack: Stack, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=50_000)
    key = {"pk": {"S": f"WALLET#{member.wallet}"}, "sk": {"S": "WALLET"}}
    tables, ledger = stack.client("dynamodb"), stack.resources["LedgerTable"]
    with consumer_down(stack):
        pay(api, tokens, member, shops[SHOP], 10_000)
        wallet = tables.get_item(TableName=ledger, Key=key, ConsistentRead=True)["Item"]
        tables.delete_item(TableName=ledger, Key=key)
    (message,) = wait_for(lambda: waiting(stack), bool, "the dead-lettered record")
    assert json.loads(message)["reason"] == "wallet_missing"

    (stays,) = redrive(stack)
    assert (stays.outcome, stays.reason) == (Outcome.STILL_PARKED, "wallet_missing")
    # It is there once, unchanged.
    assert waiting(stack) == [message]

    tables.put_item(TableName=ledger, Item=wallet)
    assert [redriven.outcome for redriven in redrive(stack)] == [Outcome.POSTED]
    assert waiting(stack) == []
    assert (member.balances(), pending(member)) == ({"charged": 40_000, "cashback": 1_000}, 0)

    # A second redrive of the same record changes nothing.
    send(stack, message)
    assert [redriven.outcome for redriven in redrive(stack)] == [Outcome.ALREADY_POSTED]
    assert waiting(stack) == []
    assert member.balances() == {"charged": 40_000, "cashback": 1_000}


def test_a_catch_up_posts_a_dead_lettered_batch(
    stack: Stack, api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=50_000)
    place = {"shardId": "shardId-000", "startSequenceNumber": "100", "endSequenceNumber": "119", "batchSize": 20}
    with consumer_down(stack):
        pay(api, tokens, member, shops[SHOP], 10_000)
        for _ in range(2):
            send(
                stack,
                json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": place}),
            )
        assert [redriven.outcome for redriven in redrive(stack)] == [Outcome.COVERED_BY_CATCH_UP] * 2
        assert member.balances()["cashback"] == 1_000
    assert waiting(stack) == []


def test_an_unpostable_record_stays_in_the_queue_and_the_command_reports_it(
    city: City, stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"pk": {"S": f"WALLET#{uuid4()}"}, "sk": {"S": "PAYMENT#0"}}
    record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": {**keys, "kind": {"S": "payment"}}}}
    not_accruable = json.dumps({"kind": "parked_record", "reason": "then", "record": record})
    for message in (not_accruable, "not even JSON"):
        send(stack, message)
    monkeypatch.setattr("sys.argv", ["redrive", "--port", str(city.emulator.port)])

    assert redrive_command.main() == 1

    told = capsys.readouterr().out
    assert "still_parked (KeyError: " in told
    assert "still_parked (it has neither a dead-lettered record nor the position of a batch)" in told
    assert "2 messages, 2 of them stay" in told
    assert sorted(waiting(stack)) == sorted(["not even JSON", not_accruable])


def test_a_command_reports_a_missing_city_and_an_unknown_stage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["redrive", "--port", "9"])
    assert redrive_command.main() == 2
    assert "cannot be read" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["catch_up", "--stage", "moon"])
    assert catch_up_command.main() == 2
    assert "deploys no stage moon" in capsys.readouterr().err


def waiting(stack: Stack) -> list[str]:
    """The bodies of the queue's messages, which stay receivable."""
    queue, address = stack.client("sqs"), stack.resources["CashbackDeadLetterQueue"]
    answer = queue.receive_message(QueueUrl=address, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", [])]


def send(stack: Stack, message: str) -> None:
    stack.client("sqs").send_message(QueueUrl=stack.resources["CashbackDeadLetterQueue"], MessageBody=message)


def test_a_month_is_frozen_with_missed_records_and_has_a_statement(
    city: City,
    stack: Stack,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    move_clock: Callable[[str], Any],
    run_reset: Callable[[str], list[Any]],
) -> None:
    month = f"{city.clock.now():%Y-%m}"
    run_reset(midnight(city.clock.now()).replace(day=1).isoformat())
    member = new_member(charged=100_000)
    address = f"/wallets/{member.wallet}/statements/{month}"
    with consumer_down(stack):
        pay(api, tokens, member, shops[SHOP], 30_000)
        first = midnight(midnight(city.clock.now()).replace(day=28) + timedelta(days=4)).replace(day=1)
        move_clock((first + timedelta(minutes=59)).isoformat())
        run_reset(first.isoformat())
        assert city.calendar.run(MONTH_CLOSING, city.clock.now()) == {"frozen": None, "excepted": 0}
        assert api_status(member, address) == 404
        move_clock((first + timedelta(hours=1, seconds=1)).isoformat())
        frozen: list[str] = []
        while (answer := city.calendar.run(MONTH_CLOSING, city.clock.now()))["frozen"]:
            frozen.append(answer["frozen"])  # Months that other tests left open come first.
    assert frozen[-1] == month
    assert api.get(f"/months/{month}")["status"] == "frozen"
    statement = member.api.get(address)
    assert (statement["topped_up"], statement["paid"], statement["cashback"]["won"]) == (100_000, 30_000, 3_000)
    assert (statement["start"], statement["end"]) == ({}, {"charged": 70_000, "cashback": 3_000})
    wait_for_cashback(member)
    assert member.balances() == {"charged": 70_000, "cashback": 3_000}


def api_status(member: Member, address: str) -> int:
    return member.api.request("GET", address).status_code
