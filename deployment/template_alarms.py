"""The alarms of the template, from the rows of template/alarms.yaml.

A row names the severity, the metric (`watch`, a name of `WATCHED`), the resource (`of`), the threshold (`above`, `from` or `below`;
above 0 by default), the number of periods (`periods`, 1 by default), and the sentence that an operator reads (`says`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from samtranslator.yaml_helper import yaml_parse

MOST_METRICS = 10
"""CloudWatch's limit for one alarm."""
OPERATORS = {
    "above": "GreaterThanThreshold",
    "from": "GreaterThanOrEqualToThreshold",
    "below": "LessThanThreshold",
}


TOPICS = {"urgent": ("UrgentAlarmTopic", "AlarmTopic"), "soon": ("AlarmTopic",)}
"""Who is notified, by severity."""
RUNBOOK = "docs/alarms.md"
"""It has a section for each alarm, under the alarm's name."""


class BadAlarm(Exception):
    """A row with an unknown `watch` or `severity`, or with more metrics than one alarm can hold."""


@dataclass(frozen=True)
class Watched:
    """Metrics of one kind of resource."""

    namespace: str
    metrics: tuple[str, ...]
    dimension: str | None
    """None for a metric that the stack's name is a part of."""
    reference: str
    """The dimension's value, with a place for the logical id."""
    statistic: str
    """CloudWatch's name of it, or a percentile such as `p99`."""
    period: int
    """In seconds."""


def _of_function(*metrics: str, statistic: str = "Maximum", period: int = 60) -> Watched:
    return Watched("AWS/Lambda", metrics, "FunctionName", "!Ref {}", statistic, period)


def _of_queue(statistic: str) -> Watched:
    waiting = ("ApproximateNumberOfMessagesVisible",)
    return Watched("AWS/SQS", waiting, "QueueName", "!GetAtt {}.QueueName", statistic, 300)


def _of_code(metric: str) -> Watched:
    return Watched("eeum", (metric,), "service", "!Ref {}", "Maximum", 300)


def _of_the_api_log(metric: str, period: int) -> Watched:
    return Watched("eeum", (f"!Sub ${{AWS::StackName}}-{metric}",), None, "", "Sum", period)


WATCHED = {
    # Of all functions of a service: crashes and time-outs, and calls that Lambda refused because concurrency was used up.
    "failures": _of_function("Errors", "Throttles", statistic="Sum"),
    # Milliseconds that the reader of a stream is behind.
    "lateness": _of_function("IteratorAge"),
    "runs": _of_function("Invocations", statistic="Sum", period=3600),
    "messages": _of_queue("Maximum"),
    # At least one message during the whole period, not always the same one.
    "messages that stay": _of_queue("Minimum"),
    "failed executions": Watched("AWS/States", ("ExecutionsFailed",), "StateMachineArn", "!Ref {}", "Sum", 300),
    # Metrics that template/api.yaml counts in the API's log.
    "server errors": _of_the_api_log("ApiErrors", 60),
    "retries asked for": _of_the_api_log("ApiRetries", 300),
    # Milliseconds, as clients see them.
    "latency": Watched("AWS/ApiGateway", ("Latency",), "ApiId", "!Ref {}", "p99", 300),
    # Metrics that the code publishes.
    "deviations": _of_code("AuditDeviations"),
    "hours of a pass": _of_code("PassHours"),
    "wallets excepted": _of_code("WalletsExcepted"),
    "share spent": _of_code("BudgetShareSpent"),
    "budgets that run out": _of_code("BudgetsRunningOut"),
}


def alarms(section: list[str], functions: Mapping[str, list[str]]) -> Iterator[str]:
    """The lines of each alarm, with the comments above its row. `functions` are the logical ids by service. Raises `BadAlarm`."""
    rows: dict[str, dict[str, Any]] = yaml_parse("\n".join(section))["Alarms"]
    comments: list[str] = []
    for line in section[1:]:
        if line.startswith("  #"):
            comments.append(line)
        elif row := re.match(r"  (\w+):", line):
            yield ""
            yield from comments
            yield from _alarm(row[1], rows[row[1]], functions)
            comments = []
        elif not line.strip():
            comments = []


def _alarm(name: str, row: dict[str, Any], functions: Mapping[str, list[str]]) -> Iterator[str]:
    if row["watch"] not in WATCHED:
        raise BadAlarm(f"{name} watches {row['watch']}; there are {', '.join(WATCHED)}.")
    if row.get("severity") not in TOPICS:
        raise BadAlarm(f"{name} has severity {row.get('severity')}; there are {', '.join(TOPICS)}.")
    watched = WATCHED[row["watch"]]
    of = row["of"] if isinstance(row["of"], list) else functions.get(row["of"], [row["of"]])
    metrics = [(metric, resource) for metric in watched.metrics for resource in of]
    if len(metrics) > MOST_METRICS:
        raise BadAlarm(f"{name} watches {len(metrics)} metrics; an alarm holds {MOST_METRICS}.")
    rings = next((each for each in OPERATORS if each in row), "above")
    yield f"  {name}:"
    yield "    Type: AWS::CloudWatch::Alarm"
    yield "    Properties:"
    yield f"      AlarmDescription: {json.dumps(_description(name, row))}"
    yield f"      AlarmActions: [{', '.join(f'!Ref {topic}' for topic in TOPICS[row['severity']])}]"
    if len(metrics) == 1:
        yield from _one(*metrics[0], watched, row.get("periods", 1))
    else:
        yield from _sum(metrics, watched)
    yield f"      ComparisonOperator: {OPERATORS[rings]}"
    yield f"      Threshold: {row.get(rings, 0)}"
    # An alarm on too few events must ring when there are none.
    yield f"      TreatMissingData: {'breaching' if rings == 'below' else 'notBreaching'}"


def _description(name: str, row: dict[str, Any]) -> str:
    return f"{row['severity'].capitalize()}. {row['says']} See {RUNBOOK}#{name.lower()}"


def _dimensions(watched: Watched, resource: str) -> str:
    if watched.dimension is None:
        return "Dimensions: []"
    return f"Dimensions: [{{Name: {watched.dimension}, Value: {watched.reference.format(resource)}}}]"


def _one(metric: str, resource: str, watched: Watched, periods: int) -> Iterator[str]:
    yield f"      Namespace: {watched.namespace}"
    yield f"      MetricName: {metric}"
    yield f"      {_dimensions(watched, resource)}"
    yield f"      {'ExtendedStatistic' if watched.statistic.startswith('p') else 'Statistic'}: {watched.statistic}"
    yield f"      Period: {watched.period}"
    yield f"      EvaluationPeriods: {periods}"


def _sum(metrics: list[tuple[str, str]], watched: Watched) -> Iterator[str]:
    """The sum of several metrics. A metric without data counts as 0. As its latest value may be late, three periods are read."""
    yield "      Metrics:"
    yield "        - {Id: total, Expression: 'SUM(FILL(METRICS(), 0))', ReturnData: true}"
    for number, (metric, resource) in enumerate(metrics, start=1):
        yield f"        - Id: m{number}"
        yield "          ReturnData: false"
        yield "          MetricStat:"
        yield f"            Metric: {{Namespace: {watched.namespace}, MetricName: {metric}, {_dimensions(watched, resource)}}}"
        yield f"            Period: {watched.period}"
        yield f"            Stat: {watched.statistic}"
    yield "      EvaluationPeriods: 3"
    yield "      DatapointsToAlarm: 1"
