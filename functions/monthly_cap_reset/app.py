"""The schedule at 00:00 Asia/Seoul on the 1st: open the new month, and close the old one."""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.calendar import parse_instant
from eeum.composition import City
from eeum.months.use_cases import reset_month

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, list[str]]:
    """Turn the month; return the months opened and closed. `scheduled_at` is when the schedule was due, RFC 3339."""
    due_at = parse_instant(event["scheduled_at"], "scheduled_at")
    turn = reset_month(city.months(context), city.patience(context), due_at, city.clock())
    months = {
        "opened": [record.month for record in turn.opened],
        "closed": [record.month for record in turn.closed],
    }
    logger.info("months turned", opened=months["opened"], closed=months["closed"])
    return months
