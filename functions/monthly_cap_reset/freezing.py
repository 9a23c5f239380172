"""The end of a pass that closes a month: freeze the month if every wallet is complete, or a day later without the others."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from eeum.composition import City
from eeum.months.freezing import SegmentFound, excepted_wallets, freeze_month
from eeum.segments import Segment

logger = Logger()
# The function's own name distinguishes the stages of one account.
metrics = Metrics(namespace="eeum", service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "month_freezing"))
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Freeze the month of a pass; return the month, or null, and the number of wallets it was frozen without.

    `found` is the last answer of each segment's run. A pass that is not finished freezes nothing: the next run continues it.
    """
    if unfinished := [each["segment"] for each in event["found"] if not each.get("finished", True)]:
        logger.info("the pass is not finished", segments=unfinished)
        return {"frozen": None, "excepted": 0}
    found = [
        SegmentFound(
            Segment(each["segment"], each["segments"]),
            each["month"],
            each["unposted"],
            tuple(each.get("excepted", ())),
        )
        for each in event["found"]
    ]
    frozen = freeze_month(city.months(context), found, city.clock())
    excepted = excepted_wallets(found) if frozen else []
    for wallet in excepted:
        logger.error("frozen without a wallet", month=frozen, wallet=wallet)
    metrics.add_metric(name="WalletsExcepted", unit=MetricUnit.Count, value=len(excepted))
    metrics.flush_metrics()
    logger.info("month frozen", frozen=frozen, unposted=sum(each.unposted for each in found), excepted=len(excepted))
    return {"frozen": frozen, "excepted": len(excepted)}
