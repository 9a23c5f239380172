"""The schedule every five minutes: publish an event if a budget reaches a level or runs out soon; store each day's spending."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from eeum.budget.alarms import Alarm
from eeum.budget.events import SOURCE
from eeum.budget.watching import watch
from eeum.composition import City
from eeum.publishing.events import VERSION, Event

logger = Logger()
# The function's own name distinguishes the stages of one account.
metrics = Metrics(namespace="eeum", service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "budget_watch"))
city = City.of(os.environ)
bus = city.bus()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Watch the budgets; return the published events, the highest share spent (basis points), and the lines that last under 30 days."""

    def publish(alarm: Alarm) -> None:
        logger.warning("budget alarm", alarm=alarm.key, kind=alarm.kind)
        detail = {**alarm.detail, "version": VERSION}
        bus.publish([Event(alarm.detail["id"], SOURCE, alarm.kind, detail)], city.patience(context))

    found = watch(publish, city.report_dependencies(context))
    metrics.add_metric(name="BudgetShareSpent", unit=MetricUnit.Percent, value=found.highest_share // 100)
    metrics.add_metric(name="BudgetsRunningOut", unit=MetricUnit.Count, value=found.running_out)
    metrics.flush_metrics()
    return {"told": list(found.published), "highest_share": found.highest_share, "running_out": found.running_out}
