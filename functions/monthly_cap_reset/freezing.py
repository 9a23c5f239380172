"""The end of a pass that closes a month: freezes it when no segment has found anything unposted."""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.aws.city import City
from eeum.cashback.gap_store import Segment
from eeum.months.closing import SegmentFound, freeze_month

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`found` is the last answer of the pass of each segment. Answers which month was frozen, or null."""
    found = [
        SegmentFound(Segment(each["segment"], each["segments"]), each["month"], each["unposted"])
        for each in event["found"]
    ]
    frozen = freeze_month(city.months(context), found, city.clock())
    logger.info("month frozen", frozen=frozen, unposted=sum(each.unposted for each in found))
    return {"frozen": frozen}
