"""The schedule every five minutes: tells when a budget reaches a level or runs out soon, and keeps what was spent by each day."""

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
# By the function's own name, so that the stages of an account are told apart.
metrics = Metrics(namespace="eeum", service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "budget_watch"))
city = City.of(os.environ)
bus = city.bus()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers what was told now, the largest part of a line that is spent (basis points), and how many lines run out within 30 days."""

    def tell(alarm: Alarm) -> None:
        logger.warning("budget alarm", alarm=alarm.key, kind=alarm.kind)
        detail = {**alarm.detail, "version": VERSION}
        bus.publish([Event(alarm.detail["id"], SOURCE, alarm.kind, detail)], city.patience(context))

    found = watch(tell, city.report_dependencies(context))
    metrics.add_metric(name="BudgetShareSpent", unit=MetricUnit.Percent, value=found.highest_share // 100)
    metrics.add_metric(name="BudgetsRunningOut", unit=MetricUnit.Count, value=found.running_out)
    metrics.flush_metrics()
    return {"told": list(found.told), "highest_share": found.highest_share, "running_out": found.running_out}
