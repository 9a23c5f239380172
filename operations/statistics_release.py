"""A release of a folder: computed, and published by disclosure control; and shown by the running local city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from city_statistics.computation import Asked
from city_statistics.publishing import Place, Progress
from eeum.aws.files import FileBucket
from eeum.statistics.inputs import Input
from operations.stack import Stack
from statistics_disclosure.refusals import RevisionWithheld
from statistics_disclosure.releases import LATEST, Folder, publish_next

Document = dict[str, Any]


def suppressed_and_published(
    place: Place, inputs: Mapping[str, Input], asked: Asked, report: Progress
) -> tuple[Document, Document]:
    """Compute a release and publish it; return both documents, the internal one first.

    Where disclosure control withholds corrections of a month, the release is computed again with the revision of the month that was
    published last; the withheld corrections come with a later release.

    Raises:
        StatisticsRefused: the release cannot be computed.
        Refused: disclosure control publishes nothing.
    """
    kept = dict(asked.kept)
    while True:
        computed, _ = place.compute(inputs, replace(asked, kept=kept))
        try:
            return computed, publish_next(Folder(place.folder), computed["release_id"])
        except RevisionWithheld as withheld:
            published = place.published_revisions()
            further = {month: published[month] for month in withheld.months if month in published and month not in kept}
            if not further:
                raise
            report(f"corrections of {', '.join(further)} are withheld: {withheld}")
            kept |= further


def show_in_city(city: Stack, place: Place, release_id: str) -> str:
    """Put the published release where the city's own function finds it, and let the function write the page; return the city's address.

    Raises `OperationFailed` when the function fails.
    """
    bucket = FileBucket(city.client("s3"), city.resources["StatisticsBucket"])
    for key in (f"public/{release_id}/release.json", LATEST):
        bucket.write(key, (place.folder / key).read_bytes(), "application/json")
    city.invoke("PublicPageFunction", {})
    port = city.client("s3").meta.endpoint_url.rpartition(":")[2]
    return f"http://localhost:{port}"
