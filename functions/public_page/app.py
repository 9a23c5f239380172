"""Write the public page of the latest release, with the current policies, budget and daily hashes, into the bucket of the pages.

It runs when disclosure control has published a release, and each morning, since budgets and hashes change daily.
"""

from __future__ import annotations

import json
import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.aws.files import FileBucket
from eeum.aws.roots import RootBucket
from eeum.budget.rules import fiscal_year_of
from eeum.budget.showing import year_forecast, year_report
from eeum.composition import City, LambdaContext, buckets
from eeum.policy.history import Did
from public_page.pages import Site, site
from public_page.parquet import parquet_files
from public_page.programme import ROOTS_SHOWN, programme_document

RELEASES, LATEST = "public/", "public/latest.json"
STEPS = 200
"""How many of the latest steps are searched for the reasons of approvals."""
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".parquet": "application/vnd.apache.parquet",
}

logger = Logger()
city = City.of(os.environ)
s3 = buckets()
roots = RootBucket(s3, os.environ["AUDIT_RECORDS_BUCKET"])
statistics = FileBucket(s3, os.environ["STATISTICS_BUCKET"])
pages = FileBucket(s3, os.environ["WEB_BUCKET"])


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write the page; return its release and the number of files written, or None and 0 while no release is published.

    Raises `ReleaseRefused` for a document that may not be shown; the page then stays as it is.
    """
    latest = statistics.read(LATEST)
    if latest is None:
        logger.info("no release is published yet")
        return {"release_id": None, "written": 0}
    release_id = json.loads(latest)["release_id"]
    document = statistics.read(f"{RELEASES}{release_id}/release.json")
    if document is None:
        raise FileNotFoundError(f"{LATEST} names the release {release_id}, which is not in the bucket.")
    made = site(
        document, _programme(context), city.settings.programme, os.environ.get("WEB_ADDRESS", ""), parquet_files
    )
    written = _write(made)
    logger.info("page written", release=release_id, files=written)
    return {"release_id": release_id, "written": written}


def _programme(context: LambdaContext) -> dict[str, Any]:
    now = city.clock()
    stored = city.policy_store(context).stored()
    steps, _ = city.policy_history().latest(STEPS)
    reasons = {step.name: step.reason for step in reversed(steps) if step.did is Did.APPROVED and step.reason}
    using, year = city.report_dependencies(context), fiscal_year_of(now)
    found = [roots.root(date) for date in roots.dates()[-ROOTS_SHOWN:]]
    return programme_document(
        stored.documents,
        stored.amendments,
        reasons,
        year_report(year, using),
        year_forecast(year, using),
        [each for each in found if each is not None],
        now,
    )


def _write(made: Site) -> int:
    """Write the files in their order; what never changes is written once. Return the number of files written."""
    return sum(
        pages.write(path, made.files[path], _content_type(path), once=path in made.fixed) for path in made.in_order()
    )


def _content_type(path: str) -> str:
    """The type of a file of the site. Raises `KeyError` for a kind of file that the site does not have."""
    return _TYPES[f".{path.rpartition('.')[2]}"]
