"""The end of the nightly audit: a report on what all segments found, the verified roots, and the root of the day."""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from eeum.audit.report import conclude
from eeum.audit.use_cases import Found
from eeum.aws.audit_parts import AuditParts
from eeum.aws.clients import OBJECT_SECONDS
from eeum.aws.roots import RootBucket
from eeum.composition import City, buckets

MOST_LOGGED = 100
"""How many deviations the log names; the report names all."""

logger = Logger()
# The function's own name distinguishes the stages of one account.
metrics = Metrics(namespace="eeum", service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "audit_conclusion"))
city = City.of(os.environ)
s3 = buckets(OBJECT_SECONDS)
roots = RootBucket(s3, os.environ["AUDIT_RECORDS_BUCKET"])
parts = AuditParts(s3, os.environ["AUDIT_PARTS_BUCKET"])


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Conclude the audit of all segments; return what was checked, the number of deviations, and the report's key.

    `found` is the last answer of each segment's pass.
    """
    answers = event["found"]
    report = conclude(_together(answers), roots, city.audit().balances(), city.clock(), parts.heads(answers))
    key = roots.add_report(report)
    for each in report.deviations[:MOST_LOGGED]:
        logger.error("deviation", wallet=each.wallet_id, check=each.check, entry=each.entry, detail=each.detail)
    metrics.add_metric(name="AuditDeviations", unit=MetricUnit.Count, value=len(report.deviations))
    metrics.flush_metrics()
    logger.info("audit concluded", checked=report.checked, deviations=len(report.deviations), report=key)
    return {
        "checked": report.checked,
        "deviations": len(report.deviations),
        "report": key,
        "root": report.root.root if report.root else None,
    }


def _together(answers: list[dict[str, Any]]) -> Found:
    """Add up what all segments found, but heads, which are too many."""
    found = Found()
    for answer in answers:
        for part in parts.segment(answer["run"], answer["segment"], answer["parts"]):
            found.add(part)
    return found
