"""The hourly catch-up of one segment of all wallets. It continues where the call before ended and makes the accruals that the stream
missed.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.cashback.catch_up import BEGINNING, catch_up_segment
from eeum.composition import City
from eeum.segments import Segment

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Catch up `segment` of `segments`, from `resume` on.

    It returns the event of the next call, with running totals: `wallets` checked, those `behind`, accruals `accrued`, and entries that stay
    `unposted`. `resume` is null at the end.
    """
    segment = Segment(event["segment"], event["segments"])
    found = catch_up_segment(city.catch_up(context), segment, event.get("resume", BEGINNING))
    for each in found.unposted:
        logger.warning("cannot be posted", wallet=each.wallet_id, entry=each.entry, reason=each.reason)
    answer = {
        "segment": segment.number,
        "segments": segment.of,
        "resume": found.resume,
        "wallets": event.get("wallets", 0) + found.wallets,
        "behind": event.get("behind", 0) + found.behind,
        "posted": event.get("posted", 0) + found.accrued,
        "unposted": event.get("unposted", 0) + len(found.unposted),
    }
    logger.info("caught up", **{name: answer[name] for name in ("segment", "wallets", "behind", "posted", "unposted")})
    return answer
