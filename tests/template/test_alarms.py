"""Somebody is told when a function fails or is turned away, when cashback is late, and when something waits in a queue."""

import pytest

from eeum.balances.use_cases import KEPT
from tests.template.template import ALARM, QUEUE, functions, named_in, resources


def watched(namespace: str, metric: str) -> list[str]:
    """The logical ids that alarms on a metric name."""
    return sorted(
        name
        for alarm in resources(ALARM).values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        for name in named_in(alarm["Dimensions"])
    )


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_is_watched(metric: str) -> None:
    assert watched("AWS/Lambda", metric) == sorted(functions())


def test_every_queue_of_what_failed_is_watched() -> None:
    assert watched("AWS/SQS", "ApproximateNumberOfMessagesVisible") == sorted(resources(QUEUE))


def test_cashback_that_is_late_and_errors_that_clients_see_are_watched() -> None:
    assert watched("AWS/Lambda", "IteratorAge") == [
        "BalanceProjectionFunction",
        "CashbackCalculationFunction",
        "EventPublisherFunction",
    ]
    assert watched("AWS/ApiGateway", "5xx") == ["Api"]


def test_a_fold_of_balances_that_does_not_come_is_watched() -> None:
    assert watched("AWS/Lambda", "Invocations") == ["BalanceFoldFunction"]
    alarm = resources(ALARM)["BalanceFoldMissingAlarm"]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] < KEPT.total_seconds()


def test_work_over_all_members_is_watched() -> None:
    assert watched("AWS/States", "ExecutionsFailed") == ["SegmentsMachine"]


def test_what_the_audit_finds_is_watched() -> None:
    assert watched("eeum", "AuditDeviations") == ["AuditConclusionFunction"]


def test_a_month_that_is_frozen_without_some_members_is_watched() -> None:
    assert watched("eeum", "WalletsExcepted") == ["MonthFreezingFunction"]
    assert resources(ALARM)["MonthExceptionsAlarm"]["Threshold"] == 0


def test_a_budget_that_is_nearly_spent_or_will_be_is_watched() -> None:
    for metric, alarm, threshold in (
        ("BudgetShareSpent", "BudgetNearlySpentAlarm", 90),
        ("BudgetsRunningOut", "BudgetRunsOutSoonAlarm", 0),
    ):
        assert watched("eeum", metric) == ["BudgetWatchFunction"]
        assert resources(ALARM)[alarm]["Threshold"] == threshold


@pytest.mark.parametrize("alarm", sorted(resources(ALARM)))
def test_an_alarm_reaches_somebody_says_what_is_wrong_and_is_silent_when_nothing_happens(alarm: str) -> None:
    properties = resources(ALARM)[alarm]
    assert properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert properties["AlarmDescription"].endswith(".")
    # What must come every hour is missed when nothing does.
    is_of_what_must_come = properties["MetricName"] == "Invocations"
    assert properties["TreatMissingData"] == ("breaching" if is_of_what_must_come else "notBreaching")


def test_the_topic_has_no_key_that_alarms_could_not_use() -> None:
    assert "KmsMasterKeyId" not in resources("AWS::SNS::Topic")["AlarmTopic"]
