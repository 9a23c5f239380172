"""The stream and the schedule: how often they try, and where what failed goes."""

import json
from typing import Any

import pytest

from tests.template.template import (
    FUNCTION,
    QUEUE,
    events,
    functions,
    resources,
    role_of,
    statements,
    template,
    translated,
)

HTTP = "HttpApi"


def sources() -> list[tuple[str, str]]:
    return [
        (function, name)
        for function, properties in resources(FUNCTION).items()
        for name, event in properties.get("Events", {}).items()
        if event["Type"] != HTTP
    ]


def stream() -> dict[str, Any]:
    return events("CashbackCalculationFunction", "DynamoDB")["ApprovedPayments"]


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
    if "DeadLetterConfig" in properties:
        queue = queue_named(properties["DeadLetterConfig"]["Arn"])
        # The scheduler only hands over: what fails in the function itself goes the same way.
        invoked = functions()[function]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert queue_named(invoked["Destination"]) == queue
    else:
        queue = queue_named(properties["DestinationConfig"]["OnFailure"]["Destination"])
    sending = [each["Resource"] for each in statements(role_of(function)) if "sqs:SendMessage" in str(each["Action"])]
    assert [queue_named(resource) for resource in sending] == [queue]


def test_the_stream_brings_new_approved_payments_of_the_ledger() -> None:
    (filtered,) = stream()["FilterCriteria"]["Filters"]
    assert json.loads(filtered["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"kind": {"S": ["payment"]}, "status": {"S": ["approved"]}}},
    }
    assert stream()["Stream"] in ({"Fn::GetAtt": ["LedgerTable", "StreamArn"]}, {"Fn::GetAtt": "LedgerTable.StreamArn"})


def test_a_batch_that_fails_is_tried_for_six_hours_in_ever_smaller_parts() -> None:
    assert stream()["MaximumRecordAgeInSeconds"] == 21_600
    assert stream()["MaximumRetryAttempts"] == 100
    assert stream()["BisectBatchOnFunctionError"] is True
    assert stream()["BatchSize"] == 20
    # From the first record on: a stack whose source is made anew must not skip what waits.
    assert stream()["StartingPosition"] == "TRIM_HORIZON"
    # The function raises or parks. Reporting single failures would let an emulator drop them.
    assert "FunctionResponseTypes" not in stream()


def test_the_month_turns_at_midnight_in_seoul_on_the_first() -> None:
    assert schedule()["ScheduleExpression"] == "cron(0 0 1 * ? *)"
    assert schedule()["ScheduleExpressionTimezone"] == "Asia/Seoul"
    assert schedule()["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert json.loads(schedule()["Input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}


def test_two_stacks_may_have_the_schedule_in_one_account() -> None:
    assert schedule()["OmitName"] is True
    made = [each for each in translated(template())["Resources"].values() if each["Type"] == "AWS::Scheduler::Schedule"]
    assert ["Name" in each["Properties"] for each in made] == [False]


def test_what_sources_call_is_the_published_version() -> None:
    plain = translated(template())["Resources"]
    (mapping,) = [each for each in plain.values() if each["Type"] == "AWS::Lambda::EventSourceMapping"]
    (scheduled,) = [each for each in plain.values() if each["Type"] == "AWS::Scheduler::Schedule"]
    assert mapping["Properties"]["FunctionName"] == {"Ref": "CashbackCalculationFunctionAliaslive"}
    assert scheduled["Properties"]["Target"]["Arn"] == {"Ref": "MonthlyCapResetFunctionAliaslive"}
