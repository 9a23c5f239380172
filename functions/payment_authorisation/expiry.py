"""The schedule that gives back what is held past its time. The rules refuse to capture it whether or not this has run."""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.composition import City
from eeum.payments.holds import ExpireHolds, expire_holds

logger = Logger()
city = City.of(os.environ)

TOGETHER = 100
"""Holds read from the index at once."""

SECONDS_FOR_MORE = 60.0
"""No further hundred is begun when less is left; the next run goes on."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Answers how many holds were released."""
    patience = city.patience(context)
    released = 0
    while patience.remaining_seconds() > SECONDS_FOR_MORE:
        command = ExpireHolds(city.clock(), TOGETHER)
        latest = expire_holds(command, city.payment_dependencies(context))
        released += latest
        # Fewer than were asked for: there are no more, or the index has not followed yet, and the next run will see.
        if latest < TOGETHER:
            break
    logger.info("holds expired", released=released)
    return {"released": released}
