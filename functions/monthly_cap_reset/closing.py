"""Close a month in one segment, from where the call before ended: post missing cashback, and write statements."""

import os
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from eeum.composition import City
from eeum.months.closing import SegmentClosed, close_segment, due_month, write_late_statements
from eeum.months.rules import MOST_EXCEPTED
from eeum.segments import BEGINNING, Segment

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Close `month`, or the month that is due, in `segment` of `segments` from `resume` on; return the event of the next call.

    It has the totals so far: `wallets` read, accruals `accrued`, `statements` written, won that `expired`, the month's `unposted` entries,
    and their wallets, `excepted`. `resume` is null at the end of the run, and at once if no month is due; `finished` says whether the pass
    is over. If it is not, the next hourly run continues it. The first segment also writes missing statements of months that were frozen
    without some wallets.
    """
    segment = Segment(event["segment"], event["segments"])
    month = event.get("month") or due_month(city.months(context), city.clock())
    passes = city.passes(context, "month_closing", timedelta())
    begun = passes.begin(event, month=month) if month is not None else None
    found = SegmentClosed(month, resume=None)
    if month is not None and begun is not None:
        event = begun
        catch_up, sweeping = city.catch_up(context, segment.of), city.sweeping(context)
        resume = event.get("resume", BEGINNING)
        found = close_segment(catch_up, sweeping, city.statements(context), month, segment, resume)
    if segment.number == 0 and found.resume is None:
        late = write_late_statements(
            city.catch_up(context), city.wallets(context), city.statements(context), city.months(context)
        )
        found.accrued += late.accrued
        found.statements += late.statements
    excepted = sorted({*event.get("excepted", ()), *(each.wallet_id for each in found.unposted)})
    for each in found.unposted:
        logger.warning("cannot be posted", wallet=each.wallet_id, entry=each.entry, reason=each.reason)
    counted = {
        "wallets": event.get("wallets", 0) + found.wallets,
        "posted": event.get("posted", 0) + found.accrued,
        "statements": event.get("statements", 0) + found.statements,
        "expired": event.get("expired", 0) + found.expired,
        "unposted": event.get("unposted", 0) + len(found.unposted),
    }
    logger.info("month closed in a segment", month=month, segment=segment.number, found=counted)
    answer = {
        "segment": segment.number,
        "segments": segment.of,
        "month": month,
        "resume": found.resume,
        **counted,
        # One wallet more than the limit shows that there are too many; a state machine's input must stay small.
        "excepted": excepted[: MOST_EXCEPTED + 1],
    }
    return passes.end(begun, answer) if begun is not None else {**answer, "finished": True}
