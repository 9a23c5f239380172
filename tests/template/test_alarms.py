"""Alarms ring when a function fails or is throttled, when cashback is late, and when a message waits in a queue."""

import json
import re

import pytest

from deployment.template_alarms import MOST_METRICS, BadAlarm, alarms
from eeum.balances.use_cases import KEPT
from tests.template.template import ALARM, QUEUE, ROOT, Properties, functions, named_in, resources, template


def metrics(alarm: Properties) -> list[Properties]:
    """The metrics of an alarm: its one metric, or those that it adds up."""
    several = alarm.get("Metrics", ())
    return [each["MetricStat"]["Metric"] for each in several if "MetricStat" in each] if several else [alarm]


def watched(namespace: str, metric: str) -> list[str]:
    """The logical ids that alarms on a metric name."""
    return sorted(
        name
        for alarm in resources(ALARM).values()
        for each in metrics(alarm)
        if (each["Namespace"], each["MetricName"]) == (namespace, metric)
        for name in named_in(each["Dimensions"])
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


def test_a_503_that_a_function_answers_is_no_server_error_for_the_alarm() -> None:
    """Every designed 503 asks the client to send its request again; an alarm that rings for each would be switched off."""
    assert resources(ALARM)["ApiErrorsAlarm"]["MetricName"] == {"Fn::Sub": "${AWS::StackName}-ApiErrors"}
    counted = resources("AWS::Logs::MetricFilter")
    line = json.loads(resources("AWS::Serverless::HttpApi")["Api"]["AccessLogSettings"]["Format"])
    assert (line["status"], line["function_status"]) == ("$context.status", "$context.integration.status")
    assert counted["ApiErrorsMetric"]["FilterPattern"] == '{ $.status = "5*" && $.function_status != "503" }'
    assert counted["ApiRetriesMetric"]["FilterPattern"] == '{ $.function_status = "503" }'
    for metric, alarm in (("ApiErrorsMetric", "ApiErrorsAlarm"), ("ApiRetriesMetric", "ApiRetriesAlarm")):
        (transformed,) = counted[metric]["MetricTransformations"]
        published = transformed["MetricNamespace"], transformed["MetricName"]
        assert published == (resources(ALARM)[alarm]["Namespace"], resources(ALARM)[alarm]["MetricName"])


def test_slow_answers_are_watched_by_a_percentile() -> None:
    alarm = resources(ALARM)["ApiLatencyAlarm"]
    assert (alarm["MetricName"], alarm["ExtendedStatistic"], alarm["Threshold"]) == ("Latency", "p99", 3000)


def test_a_fold_of_balances_that_does_not_come_is_watched() -> None:
    alarm = resources(ALARM)["BalanceFoldMissingAlarm"]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] < KEPT.total_seconds()


DAY_SECONDS = 86_400


@pytest.mark.parametrize(
    ("alarm", "function", "most_seconds"),
    [
        ("BalanceFoldMissingAlarm", "BalanceFoldFunction", DAY_SECONDS),
        ("CashbackCatchUpMissingAlarm", "CashbackCatchUpFunction", DAY_SECONDS),
        ("MonthClosingMissingAlarm", "MonthClosingFunction", DAY_SECONDS),
        ("LedgerAuditMissingAlarm", "AuditConclusionFunction", 1.5 * DAY_SECONDS),
    ],
)
def test_what_does_not_run_is_reported(alarm: str, function: str, most_seconds: float) -> None:
    properties = resources(ALARM)[alarm]
    assert properties["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    # Without a run there is no metric at all.
    assert (properties["MetricName"], properties["TreatMissingData"]) == ("Invocations", "breaching")
    assert properties["Period"] * properties["EvaluationPeriods"] <= most_seconds
    assert len(watched("AWS/Lambda", "Invocations")) == 4


def test_a_catch_up_that_does_not_end_is_watched() -> None:
    assert watched("eeum", "PassHours") == ["CashbackCatchUpFunction"]
    longest = template()["Parameters"]["CatchUpHours"]["MaxValue"]
    assert resources(ALARM)["CashbackCatchUpSlowAlarm"]["Threshold"] >= longest


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
def test_an_alarm_notifies_a_person_says_what_is_wrong_and_is_silent_when_nothing_happens(alarm: str) -> None:
    properties = resources(ALARM)[alarm]
    severity, _, rest = properties["AlarmDescription"].partition(". ")
    notified = {"Urgent": ["UrgentAlarmTopic", "AlarmTopic"], "Soon": ["AlarmTopic"]}[severity]
    assert properties["AlarmActions"] == [{"Ref": topic} for topic in notified]
    assert re.fullmatch(r".+\. See docs/alarms\.md#" + alarm.lower(), rest)
    # An alarm on a missing hourly run must ring when there is no data.
    is_of_what_must_come = properties.get("MetricName") == "Invocations"
    assert properties["TreatMissingData"] == ("breaching" if is_of_what_must_come else "notBreaching")


def test_the_runbook_has_a_section_for_each_alarm_with_its_severity() -> None:
    sections = dict(re.findall(r"^## (\w+Alarm)\n\n(\w+)\. ", (ROOT / "docs/alarms.md").read_text(), re.MULTILINE))
    assert sections == {name: alarm["AlarmDescription"].partition(".")[0] for name, alarm in resources(ALARM).items()}


def test_the_dashboard_shows_every_alarm_and_only_what_exists() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    assert widgets[0]["properties"]["alarms"] == [
        f"${{{name}.Arn}}" for name in template()["Resources"] if name in resources(ALARM)
    ]
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([^}]+)\}", body)}
    assert named <= {*template()["Resources"], "AWS::Region", "AWS::StackName"}
    places = {
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    }
    assert len(places) == sum(each["width"] * each["height"] for each in widgets), "no widget covers another"
    assert all(x < 24 for x, _ in places)


SEVERAL = sorted(name for name, alarm in resources(ALARM).items() if "Metrics" in alarm)


@pytest.mark.parametrize("alarm", SEVERAL)
def test_an_alarm_on_several_metrics_rings_for_any_of_them_even_when_others_have_no_data(alarm: str) -> None:
    properties = resources(ALARM)[alarm]
    (total, *each) = properties["Metrics"]
    assert (total["Expression"], total["ReturnData"]) == ("SUM(FILL(METRICS(), 0))", True)
    assert 1 < len(each) <= MOST_METRICS
    assert not any(metric["ReturnData"] for metric in each)
    assert (properties["ComparisonOperator"], properties["Threshold"]) == ("GreaterThanThreshold", 0)
    # The latest minute is 0 until its data arrive, so the alarm also reads the two before it.
    assert (properties["EvaluationPeriods"], properties["DatapointsToAlarm"]) == (3, 1)


@pytest.mark.parametrize("service", sorted(path.parent.name for path in (ROOT / "functions").glob("*/template.yaml")))
def test_one_alarm_watches_the_failures_of_a_service(service: str) -> None:
    own = {name for name, each in functions().items() if each["Handler"].startswith(f"{service}.")}
    watching = [alarm for alarm in resources(ALARM).values() if "Errors" in str(alarm) and own & named_in(alarm)]
    (alarm,) = watching
    assert {(each["MetricName"], *named_in(each["Dimensions"])) for each in metrics(alarm)} == {
        (metric, function) for metric in ("Errors", "Throttles") for function in own
    }


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("{severity: soon, watch: tempers, of: Api, says: x.}", "Hot watches tempers; there are failures, lateness"),
        (
            "{severity: soon, watch: messages, of: [A, B, C, D, E, F, G, H, I, J, K], says: x.}",
            "Hot watches 11 metrics",
        ),
        ("{severity: grave, watch: messages, of: A, says: x.}", "Hot has severity grave; there are urgent, soon"),
        ("{watch: messages, of: A, says: x.}", "Hot has severity None"),
    ],
)
def test_a_row_that_cloudwatch_would_refuse_is_refused(row: str, refused: str) -> None:
    with pytest.raises(BadAlarm, match=refused):
        list(alarms(["Alarms:", f"  Hot: {row}"], {}))


def test_the_topic_has_no_key_that_alarms_could_not_use() -> None:
    assert "KmsMasterKeyId" not in resources("AWS::SNS::Topic")["AlarmTopic"]
