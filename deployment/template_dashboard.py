"""The dashboard of the template, from the rows of template/dashboard.yaml.

A row has a title, a statistic (CloudWatch's name, or a percentile), and metrics as CloudWatch writes them: namespace, name, then pairs
of a dimension and its value, in which `${…}` names a resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

WIDTH, HEIGHT, IN_A_ROW = 6, 6, 4
ALARMS_HEIGHT = 5
PERIOD = 300
"""In seconds."""


def dashboard(rows: Iterable[Mapping[str, Any]], alarms: Iterable[str]) -> Iterator[str]:
    """The lines of the dashboard, which begins with the state of the `alarms`, named by logical id."""
    widgets = [_alarms(alarms), *(_graph(number, row) for number, row in enumerate(rows))]
    yield ""
    yield "  Dashboard:"
    yield "    Type: AWS::CloudWatch::Dashboard"
    yield "    Properties:"
    yield "      DashboardName: !Ref AWS::StackName"
    yield "      DashboardBody: !Sub |-"
    yield '        {"widgets": ['
    yield from (f"        {json.dumps(widget)}{',' if widget is not widgets[-1] else ''}" for widget in widgets)
    yield "        ]}"


def _alarms(names: Iterable[str]) -> dict[str, Any]:
    arns = [f"${{{name}.Arn}}" for name in names]
    shown = {"title": "Alarms", "alarms": arns, "sortBy": "stateUpdatedTimestamp"}
    return {"type": "alarm", "x": 0, "y": 0, "width": WIDTH * IN_A_ROW, "height": ALARMS_HEIGHT, "properties": shown}


def _graph(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    down, across = divmod(number, IN_A_ROW)
    return {
        "type": "metric",
        "x": WIDTH * across,
        "y": ALARMS_HEIGHT + HEIGHT * down,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": row["title"],
            "region": "${AWS::Region}",
            "stat": row["statistic"],
            "period": PERIOD,
            "metrics": row["metrics"],
        },
    }
