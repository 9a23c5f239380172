"""The hourly catch-up: one segment of all wallets, from where the call before ended; what never came through the stream is posted."""

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
    """`segment` of `segments`, from `resume` on.

    Answers the event of the call that goes on, with what was found so far added up: `wallets` looked at, those `behind`, how many postings
    were `posted`, and how many entries stay `unposted`. `resume` is null at the end.
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
        "posted": event.get("posted", 0) + found.posted,
        "unposted": event.get("unposted", 0) + len(found.unposted),
    }
    logger.info("caught up", **{name: answer[name] for name in ("segment", "wallets", "behind", "posted", "unposted")})
    return answer
