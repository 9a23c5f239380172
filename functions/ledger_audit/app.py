"""The nightly audit of one segment, from where the call before ended. A bucket keeps its findings for the conclusion."""

import os
import time
from typing import Any

from aws_lambda_powertools import Logger

from eeum.audit.report import wanted_instants
from eeum.audit.use_cases import Audit
from eeum.aws.audit_parts import AuditParts
from eeum.aws.clients import OBJECT_SECONDS
from eeum.aws.roots import RootBucket
from eeum.calendar import parse_instant, text_of
from eeum.composition import City, buckets
from eeum.segments import BEGINNING

SECONDS_FOR_A_PAGE = 60.0
"""With less time left, no further page is begun: its wallets, and one that continues after it, must still be checked."""

logger = Logger()
city = City.of(os.environ)
s3 = buckets(OBJECT_SECONDS)
roots = RootBucket(s3, os.environ["AUDIT_RECORDS_BUCKET"])
parts = AuditParts(s3, os.environ["AUDIT_PARTS_BUCKET"])


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Audit `segment` of `segments` from `resume` on; return the event of the next call.

    `run` names the audit, `parts` is the number of the segment's stored parts, and `as_of` are the instants of their chain heads. `resume`
    is null at the end.
    """
    now = city.clock()
    resume = event.get("resume", BEGINNING)
    run = event.get("run") or f"{now:%Y-%m-%d}"
    as_of = event.get("as_of") or [text_of(instant) for instant in wanted_instants(roots, now)]
    store = city.audit()
    # Read once, before the pass: the conclusion leaves out accounts that move in the meantime.
    projected = store.balances() if event["segment"] == 0 and resume == BEGINNING else None
    audit = Audit(
        store,
        city.policies(),
        now,
        [parse_instant(instant, "as_of") for instant in as_of],
        lambda: context.get_remaining_time_in_millis() / 1000 > SECONDS_FOR_A_PAGE,
        time.sleep,
    )
    audited = audit.segment(event["segment"], event["segments"], resume)
    found = audited.found
    found.projected = projected
    stored = event.get("parts", 0)
    parts.add(run, event["segment"], stored, resume, audited)
    counted = {"wallets": found.wallets, "entries": found.entries, "deviations": len(found.deviations)}
    logger.info("audited", run=run, segment=event["segment"], found=counted)
    return {
        "segment": event["segment"],
        "segments": event["segments"],
        "resume": audited.resume,
        "run": run,
        "as_of": as_of,
        "parts": stored + 1,
        **{name: event.get(name, 0) + number for name, number in counted.items()},
    }
