"""The catch-up of one segment of all wallets: makes the accruals that the stream missed.

A scheduled run continues where the run before stopped. When a pass is finished, the next begins as many hours after it as PASS_HOURS says.
"""

import os
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from eeum.cashback.catch_up import SegmentCaughtUp, catch_up_segment
from eeum.composition import City
from eeum.segments import BEGINNING, Segment

COUNTS = ("wallets", "behind", "posted", "unposted")

logger = Logger()
# The function's own name distinguishes the stages of one account.
metrics = Metrics(namespace="eeum", service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "cashback_catch_up"))
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Catch up `segment` of `segments`, from `resume` on. With `at_once`, all of it now, in a pass of its own.

    It returns the event of the next call, with running totals: `wallets` checked, those `behind`, accruals `accrued`, and entries that stay
    `unposted`. `resume` is null at the end of the run, and at once if no pass is due; `finished` says whether the pass is over.
    """
    segment = Segment(event["segment"], event["segments"])
    passes = city.passes(context, "catch_up", timedelta(hours=city.settings.pass_hours))
    begun = passes.begin(event)
    if begun is None:
        report(0.0)
        return _answer(segment, event, SegmentCaughtUp(None)) | {"finished": True}
    found = catch_up_segment(city.catch_up(context, segment.of), segment, begun.get("resume", BEGINNING))
    for each in found.unposted:
        logger.warning("cannot be posted", wallet=each.wallet_id, entry=each.entry, reason=each.reason)
    answer = passes.end(begun, _answer(segment, begun, found))
    report(0.0 if answer["finished"] else passes.hours(answer))
    logger.info("caught up", segment=segment.number, **{name: answer[name] for name in (*COUNTS, "finished")})
    return answer


def _answer(segment: Segment, event: dict[str, Any], found: SegmentCaughtUp) -> dict[str, Any]:
    counted = (found.wallets, found.behind, found.accrued, len(found.unposted))
    return {
        "segment": segment.number,
        "segments": segment.of,
        "resume": found.resume,
        **{name: event.get(name, 0) + number for name, number in zip(COUNTS, counted, strict=True)},
    }


def report(hours: float) -> None:
    """Publish how long the unfinished pass has been running; 0 when none is."""
    metrics.add_metric(name="PassHours", unit=MetricUnit.Count, value=hours)
    metrics.flush_metrics()
