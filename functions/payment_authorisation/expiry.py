"""The schedule that releases expired holds. The rules refuse to capture them whether or not it has run."""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.composition import City
from eeum.payments.holds import ExpireHolds, expire_holds

logger = Logger()
city = City.of(os.environ)

TOGETHER = 100
"""The holds that one read of the index returns."""

SECONDS_FOR_MORE = 60.0
"""No further page is started with less time left; the next run continues."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Return how many holds were released."""
    patience = city.patience(context)
    released = 0
    while patience.remaining_seconds() > SECONDS_FOR_MORE:
        command = ExpireHolds(city.clock(), TOGETHER)
        latest = expire_holds(command, city.payment_dependencies(context))
        released += latest
        # Fewer than the limit: there are no more, or the index is behind, and the next run will see them.
        if latest < TOGETHER:
            break
    logger.info("holds expired", released=released)
    return {"released": released}
