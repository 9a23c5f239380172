"""Streams, queues and schedules: how often they retry, and where failures go."""

import json
from collections import Counter
from typing import Any

import pytest

from eeum.journal.kinds import KINDS
from eeum.publishing.ledger import PUBLISHED_KINDS
from eeum.publishing.parts import PUBLISHED
from eeum.storage import Table
from tests.template.template import (
    FUNCTION,
    QUEUE,
    ROLE,
    events,
    functions,
    resources,
    role_of,
    statements,
    template,
    translated,
)

MOST_FILTERS = 5
"""Lambda's limit for one event source."""


def sources() -> list[tuple[str, str]]:
    return [
        (function, name)
        for function, properties in resources(FUNCTION).items()
        for name in properties.get("Events", {})
    ]


def stream() -> dict[str, Any]:
    return events("CashbackCalculationFunction", "DynamoDB")["CapturesAndCancellations"]


def schedule() -> dict[str, Any]:
    return events("MonthlyCapResetFunction", "ScheduleV2")["FirstOfTheMonth"]


def queue_named(reference: dict[str, Any]) -> str:
    (value,) = reference.values()
    name = value[0] if isinstance(value, list) else value.split(".")[0]
    assert name in resources(QUEUE)
    return str(name)


@pytest.mark.parametrize(("function", "source"), sources())
def test_a_source_has_a_place_for_what_fails_that_its_role_may_write_to(function: str, source: str) -> None:
    properties = functions()[function]["Events"][source]["Properties"]
    if functions()[function]["Events"][source]["Type"] == "SQS":
        # A failed message stays in its queue, which itself moves it to the dead-letter queue.
        read = resources(QUEUE)[queue_named(properties["Queue"])]
        assert queue_named(read["RedrivePolicy"]["deadLetterTargetArn"])
        return
    if "DeadLetterConfig" in properties:
        queue = queue_named(properties["DeadLetterConfig"]["Arn"])
        # The scheduler only delivers the event; a failure of the function goes to the same queue.
        invoked = functions()[function]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert queue_named(invoked["Destination"]) == queue
    else:
        queue = queue_named(properties["DestinationConfig"]["OnFailure"]["Destination"])
    sending = [each["Resource"] for each in statements(role_of(function)) if "sqs:SendMessage" in str(each["Action"])]
    allowed = [named for resource in sending for named in (resource if isinstance(resource, list) else [resource])]
    slow = ["CashbackSlowQueue"] if function == "CashbackCalculationFunction" else []
    assert [queue_named(resource) for resource in allowed] == [queue, *slow]


def test_the_stream_brings_every_entry_to_be_posted_for_and_published() -> None:
    filters = [json.loads(each["Pattern"]) for each in stream()["FilterCriteria"]["Filters"]]
    assert [each["eventName"] for each in filters] == [["INSERT"]]
    assert [each["dynamodb"]["NewImage"] for each in filters] == [{"kind": {"S": list(PUBLISHED_KINDS)}}]
    assert stream()["Stream"] in ({"Fn::GetAtt": ["LedgerTable", "StreamArn"]}, {"Fn::GetAtt": "LedgerTable.StreamArn"})


def projection() -> dict[str, Any]:
    return events("BalanceProjectionFunction", "DynamoDB")["Entries"]


def test_balances_are_brought_what_moves_money_outside_a_wallet() -> None:
    """`tests/unit/test_entry_kinds.py` holds the filters against what a simulated city stores."""
    filters = [json.loads(each["Pattern"]) for each in projection()["FilterCriteria"]["Filters"]]
    assert all(each["eventName"] == ["INSERT"] for each in filters)
    images = [each["dynamodb"]["NewImage"] for each in filters]
    assert {"kind": {"S": ["payment"]}, "status": {"S": ["approved"]}} in images
    assert {"kind": {"S": ["top_up"]}, "status": {"S": ["completed"]}} in images
    brought = [name for image in images for name in image["kind"]["S"]]
    assert sorted(brought) == sorted(set(KINDS) - {"release"})
    assert len(filters) <= MOST_FILTERS
    assert projection()["Stream"] == stream()["Stream"]


def test_the_projection_knows_its_shard_and_has_one_reader() -> None:
    """Lambda names the shard only with a tumbling window; two batches of a shard in parallel would pass each other's checkpoint."""
    assert 0 < projection()["TumblingWindowInSeconds"] <= 900
    assert projection()["MaximumBatchingWindowInSeconds"] < projection()["TumblingWindowInSeconds"]
    assert projection().get("ParallelizationFactor", 1) == 1
    assert "FunctionResponseTypes" not in projection()


def test_balances_are_computed_in_large_batches_that_are_retried_as_often_as_cashback() -> None:
    assert projection()["BatchSize"] == 1_000
    shared = ("StartingPosition", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError")
    assert [projection()[name] for name in shared] == [stream()[name] for name in shared]


def test_no_shard_has_more_readers_than_a_stream_serves() -> None:
    read = [str(source["Stream"]) for function in functions() for source in events(function, "DynamoDB").values()]
    assert read
    assert max(read.count(each) for each in read) <= 2


@pytest.mark.parametrize("table", [table for table in Table if table in PUBLISHED])
def test_the_stream_of_a_part_brings_every_change_of_state_to_its_publisher(table: Table) -> None:
    source = events("EventPublisherFunction", "DynamoDB")[table.name.capitalize()]
    name = f"{table.name.capitalize()}Table"
    assert source["Stream"] in ({"Fn::GetAtt": [name, "StreamArn"]}, {"Fn::GetAtt": f"{name}.StreamArn"})
    (brought,) = [json.loads(each["Pattern"]) for each in source["FilterCriteria"]["Filters"]]
    # An item that changes in place is sent at each change. A deletion by the table is not a change of state.
    assert brought == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"kind": {"S": list(PUBLISHED[table])}}},
    }
    shared = ("StartingPosition", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError")
    assert [source[each] for each in shared] == [stream()[each] for each in shared]
    assert "FunctionResponseTypes" not in source


def test_the_publisher_reads_the_streams_of_all_parts_that_publish() -> None:
    assert len(events("EventPublisherFunction", "DynamoDB")) == len(PUBLISHED)


def test_a_batch_that_fails_is_tried_for_six_hours_in_ever_smaller_parts() -> None:
    assert stream()["MaximumRecordAgeInSeconds"] == 21_600
    assert stream()["MaximumRetryAttempts"] == 100
    assert stream()["BisectBatchOnFunctionError"] is True
    # Most of them need no accrual: they are published, or sent to the slow lane.
    assert stream()["BatchSize"] == 100
    # From the first record on: a new event source must not skip waiting records.
    assert stream()["StartingPosition"] == "TRIM_HORIZON"
    # The function raises or dead-letters. If it reported single failures, an emulator could drop them.
    assert "FunctionResponseTypes" not in stream()


def test_payments_wait_for_each_other_for_seconds_and_not_in_the_local_city() -> None:
    window = template()["Parameters"]["CashbackWindowSeconds"]
    assert stream()["MaximumBatchingWindowInSeconds"] == {"Fn::If": ["IsLocal", 0, {"Ref": "CashbackWindowSeconds"}]}
    assert (window["MinValue"], window["Default"], window["MaxValue"]) == (0, 5, 60)
    # What is late by a window is not late by an alarm.
    alarm = template()["Resources"]["CashbackIteratorAgeAlarm"]["Properties"]
    assert window["MaxValue"] * 1_000 * 5 <= alarm["Threshold"]


def test_a_long_month_delays_its_own_wallet_alone_and_what_fails_comes_again_after_its_attempt() -> None:
    queue, function = resources(QUEUE)["CashbackSlowQueue"], functions()["CashbackSlowFunction"]
    source = events("CashbackSlowFunction", "SQS")["LongMonths"]
    # Messages are in order for each group, which is a wallet; failures are reported one by one.
    assert queue["FifoQueue"] is resources(QUEUE)["CashbackSlowDeadLetterQueue"]["FifoQueue"] is True
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert function["Timeout"] < queue["VisibilityTimeout"]
    assert source["BatchSize"] == 10
    sender = functions()["CashbackCalculationFunction"]["Environment"]["Variables"]
    assert sender["SLOW_QUEUE_URL"] == {"Ref": "CashbackSlowQueue"}
    dead_letters = [
        each["Resource"] for each in statements(role_of("CashbackSlowFunction")) if "sqs:SendMessage" in str(each)
    ]
    assert [queue_named(resource) for resource in dead_letters] == ["CashbackDeadLetterQueue"]


def test_the_month_turns_at_midnight_in_seoul_on_the_first() -> None:
    assert schedule()["ScheduleExpression"] == "cron(0 0 1 * ? *)"
    assert schedule()["ScheduleExpressionTimezone"] == "Asia/Seoul"
    assert schedule()["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert json.loads(schedule()["Input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}


def every_schedule() -> dict[str, dict[str, Any]]:
    """The properties of every schedule, as SAM translates those of functions."""
    plain = translated(template())["Resources"]
    return {name: each["Properties"] for name, each in plain.items() if each["Type"] == "AWS::Scheduler::Schedule"}


@pytest.mark.parametrize("name", sorted(every_schedule()))
def test_two_stacks_may_have_a_schedule_in_one_account(name: str) -> None:
    assert "Name" not in every_schedule()[name]


@pytest.mark.parametrize("name", sorted(every_schedule()))
def test_a_schedule_is_of_seoul_and_keeps_what_could_not_be_started(name: str) -> None:
    properties = every_schedule()[name]
    assert properties["ScheduleExpressionTimezone"] == "Asia/Seoul"
    assert properties["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert queue_named(properties["Target"]["DeadLetterConfig"]["Arn"])


def test_schedules_come_when_they_should() -> None:
    """The reset is at midnight, the closing from the next full hour on, the catch-up at another minute, the audit after midnight,
    and the public page after the audit.
    """
    assert {name: properties["ScheduleExpression"] for name, properties in every_schedule().items()} == {
        "MonthlyCapResetFunctionFirstOfTheMonth": "cron(0 0 1 * ? *)",
        "MonthClosingSchedule": "cron(0 * * * ? *)",
        "CashbackCatchUpSchedule": "cron(30 * * * ? *)",
        "LedgerAuditSchedule": "cron(30 0 * * ? *)",
        "HoldExpiryFunctionEveryQuarterOfAnHour": "cron(0/15 * * * ? *)",
        "BudgetWatchFunctionEveryFiveMinutes": "cron(0/5 * * * ? *)",
        "PublicPageFunctionEveryMorning": "cron(30 5 * * ? *)",
        "BalanceFoldFunctionEveryHour": {"Fn::If": ["IsLocal", "cron(* * * * ? *)", "cron(10 * * * ? *)"]},
    }


@pytest.mark.parametrize(
    ("name", "functions_named"),
    [
        ("CashbackCatchUpSchedule", {"function": "CashbackCatchUpFunction"}),
        ("MonthClosingSchedule", {"function": "MonthClosingFunction", "at_the_end": "MonthFreezingFunction"}),
        ("LedgerAuditSchedule", {"function": "LedgerAuditFunction", "at_the_end": "AuditConclusionFunction"}),
    ],
)
def test_work_over_all_wallets_names_its_published_functions_to_the_one_machine(
    name: str, functions_named: dict[str, str]
) -> None:
    target = resources("AWS::Scheduler::Schedule")[name]["Target"]
    assert target["Arn"] == {"Ref": "SegmentsMachine"}
    told = json.loads(target["Input"]["Fn::Sub"].replace("${Segments}", "4"))
    assert told == {"segments": 4} | {key: f"${{{each}.Arn}}:live" for key, each in functions_named.items()}
    (invoking,) = [
        each for each in statements(resources(ROLE)["SegmentsRole"]) if "lambda:InvokeFunction" in each["Action"]
    ]
    allowed = [each["Fn::Sub"] for each in invoking["Resource"]]
    assert {told[key] for key in functions_named} <= set(allowed)


def test_what_sources_call_is_the_published_version() -> None:
    plain = translated(template())["Resources"]
    mappings = [each["Properties"] for each in plain.values() if each["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert Counter(each["FunctionName"]["Ref"] for each in mappings) == {
        "CashbackSlowFunctionAliaslive": 1,
        "CashbackCalculationFunctionAliaslive": 1,
        "PolicySimulationWorkerFunctionAliaslive": 1,
        "BalanceProjectionFunctionAliaslive": 1,
        "EventPublisherFunctionAliaslive": len(PUBLISHED),
    }
    assert {name: each["Target"]["Arn"] for name, each in every_schedule().items()} == {
        "MonthlyCapResetFunctionFirstOfTheMonth": {"Ref": "MonthlyCapResetFunctionAliaslive"},
        "HoldExpiryFunctionEveryQuarterOfAnHour": {"Ref": "HoldExpiryFunctionAliaslive"},
        "BudgetWatchFunctionEveryFiveMinutes": {"Ref": "BudgetWatchFunctionAliaslive"},
        "PublicPageFunctionEveryMorning": {"Ref": "PublicPageFunctionAliaslive"},
        "BalanceFoldFunctionEveryHour": {"Ref": "BalanceFoldFunctionAliaslive"},
        "CashbackCatchUpSchedule": {"Ref": "SegmentsMachine"},
        "MonthClosingSchedule": {"Ref": "SegmentsMachine"},
        "LedgerAuditSchedule": {"Ref": "SegmentsMachine"},
    }
