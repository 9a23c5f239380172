"""The policies of real cities: each document is valid, and together they state each published row for its time."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from eeum.calendar import SEOUL
from eeum.policy.documents import canonical_document, parse_policy
from eeum.policy.validation import problems_of_history
from tests.golden.published import POLICIES, Member, documents_of, incheon

PUBLISHED_SCHEMA = json.loads((POLICIES / "policy.schema.json").read_text(encoding="utf-8"))
PROGRAMMES = sorted(folder.name for folder in POLICIES.iterdir() if folder.is_dir() and folder.name != "examples")
DOCUMENTS = [
    pytest.param(path, document, id=path.stem)
    for programme in PROGRAMMES
    for path, document in documents_of(programme).items()
]

PERIODS = {
    "IC-01": [("2019-05-01", "2019-08-01T06:00")],
    "IC-02": [("2019-08-01T06:00", "2019-10-22")],
    "IC-03": [("2019-10-22", "2020-01-01")],
    "IC-04": [("2020-01-01", "2020-03-01")],
    "IC-05": [("2020-03-01", "2022-07-01")],
    "IC-06": [("2022-07-01", "2022-10-01")],
    "IC-07": [("2022-10-01", "2023-05-01"), ("2023-06-01", "2023-09-25")],
    "IC-08": [("2023-05-01", "2023-06-01")],
    "IC-09": [("2023-09-25", "2023-10-01")],
    "IC-10": [("2023-10-01", "2024-01-01")],
    "IC-11": [("2024-01-01", "2024-12-16")],
    "IC-12": [("2024-07-01", "2025-09-01")],
    "IC-13": [("2024-12-16", "2025-02-01")],
    "IC-14": [("2025-02-01", "2025-07-01")],
    "IC-15": [("2025-07-01", "2025-09-01")],
    "IC-16": [("2025-09-01", None)],
}
"""The time of each published row: its first instant in Seoul, and the first after it (None: it is still in force)."""


@pytest.mark.parametrize(("path", "document"), DOCUMENTS)
def test_a_document_is_valid_by_the_published_schema_and_by_the_models(path: Path, document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(PUBLISHED_SCHEMA).validate(document)
    policy = parse_policy(document)

    assert document["programme"] == path.parent.name
    assert document["version"] == path.stem
    assert path.stem == f"{policy.programme}-{policy.starts_at:%Y-%m-%d}"
    # The stored form gives the same rules when it is read.
    assert parse_policy(canonical_document(document)) == policy


@pytest.mark.parametrize(("path", "document"), DOCUMENTS)
def test_a_document_says_where_it_is_from_and_what_was_assumed(path: Path, document: dict[str, Any]) -> None:
    assert document["rows"]
    for row in document["rows"]:
        assert row["note"]
        assert row["sources"] or "the address of the notice is not known to us" in row["note"]
        assert all(source.startswith(("http://", "https://")) for source in row["sources"])


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_versions_of_a_programme_follow_one_another_without_gap_or_overlap(programme: str) -> None:
    documents = [canonical_document(document) for document in documents_of(programme).values()]

    assert list(problems_of_history(documents)) == []
    # A version is in force until the next one starts: none ends before that, and the last has no end.
    assert all("ends_at" not in document for document in documents)


def seoul(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize("row", PERIODS)
def test_each_row_is_stated_for_its_whole_time_and_no_longer(row: str) -> None:
    documents = list(documents_of("incheon").values())
    starts = [datetime.fromisoformat(document["starts_at"]) for document in documents]
    stated: list[tuple[datetime, datetime | None]] = []
    for document, start, end in zip(documents, starts, [*starts[1:], None], strict=True):
        if row in (named["id"] for named in document["rows"]):
            if stated and stated[-1][1] == start:
                stated[-1] = (stated[-1][0], end)
            else:
                stated.append((start, end))
    assert stated == [(seoul(start), seoul(end)) for start, end in PERIODS[row]]


def test_no_version_names_a_row_that_is_not_published() -> None:
    named = {row["id"] for document in documents_of("incheon").values() for row in document["rows"]}
    assert named == set(PERIODS)


def test_before_the_first_loaded_version_no_policy_is_in_force() -> None:
    # IC-00 (2018-07-31 to 2019-04) states no rule that can be computed: policies/incheon/README.md.
    first = datetime(2019, 5, 1, tzinfo=SEOUL)
    assert incheon().in_force_at(first - timedelta(milliseconds=1)) is None
    assert incheon().running_at(first).version == "incheon-2019-05-01"


SMALL, MEDIUM, LARGE = 300_000_000, 3_000_000_000, 3_000_000_001
JUST_ABOVE_SMALL = 300_000_001

WON = [
    # Row, day, spend, facts, cashback: a month's first payment, at each edge of the row's bands and conditions.
    ("IC-01", "2019-06-30", 3_000_000, {}, 180_000),
    ("IC-02", "2019-09-15", 1_000_001, {}, 60_000),
    ("IC-02", "2019-09-15", 500_000, {"merchant_category": "used_car_dealer"}, 0),
    ("IC-03", "2019-12-31", 300_100, {}, 9_000),
    ("IC-03", "2019-12-31", 300_000, {"merchant_category": "gambling"}, 0),
    ("IC-04", "2020-02-29", 500_000, {}, 16_000),
    ("IC-04", "2020-02-29", 500_000, {"merchant_category": "car_dealer"}, 16_000),
    ("IC-05", "2020-03-01", 500_000, {}, 50_000),
    ("IC-05", "2021-01-15", 2_000_000, {}, 55_000),
    ("IC-05", "2022-06-30", 500_099, {}, 50_000),
    ("IC-06", "2022-08-01", 300_000, {"merchant_annual_revenue": LARGE}, 15_000),
    ("IC-07", "2022-10-01", 300_000, {"merchant_annual_revenue": SMALL}, 30_000),
    ("IC-07", "2022-10-01", 300_000, {"merchant_annual_revenue": JUST_ABOVE_SMALL}, 15_000),
    ("IC-07", "2023-06-01", 300_000, {"merchant_annual_revenue": LARGE}, 15_000),
    ("IC-08", "2023-05-31", 1_000_000, {"merchant_annual_revenue": SMALL}, 100_000),
    ("IC-08", "2023-05-31", 1_000_000, {"merchant_annual_revenue": LARGE}, 70_000),
    ("IC-09", "2023-09-30", 300_000, {"merchant_annual_revenue": MEDIUM}, 15_000),
    ("IC-09", "2023-09-30", 300_000, {"merchant_annual_revenue": LARGE}, 0),
    ("IC-10", "2023-12-31", 300_000, {"merchant_annual_revenue": MEDIUM}, 21_000),
    ("IC-11", "2024-04-30", 300_000, {"merchant_annual_revenue": MEDIUM}, 15_000),
    ("IC-11", "2024-05-01", 300_000, {"merchant_annual_revenue": MEDIUM}, 21_000),
    ("IC-11", "2024-06-01", 300_000, {"merchant_annual_revenue": MEDIUM, "merchant_district": "ganghwa"}, 15_000),
    ("IC-11", "2024-09-30", 300_000, {"merchant_annual_revenue": MEDIUM}, 21_000),
    ("IC-11", "2024-10-01", 300_000, {"merchant_annual_revenue": MEDIUM}, 15_000),
    ("IC-12", "2024-07-01", 300_000, {"merchant_annual_revenue": MEDIUM, "merchant_district": "ganghwa"}, 30_000),
    ("IC-12", "2024-09-01", 300_000, {"merchant_annual_revenue": SMALL, "merchant_district": "ongjin"}, 30_000),
    ("IC-12", "2024-12-16", 300_000, {"merchant_annual_revenue": MEDIUM, "merchant_district": "ongjin"}, 30_000),
    ("IC-12", "2025-08-31", 300_000, {"merchant_annual_revenue": LARGE, "merchant_district": "ongjin"}, 0),
    ("IC-13", "2025-01-15", 500_000, {"merchant_annual_revenue": MEDIUM}, 30_000),
    ("IC-14", "2025-02-01", 400_000, {"merchant_annual_revenue": MEDIUM}, 15_000),
    ("IC-15", "2025-08-31", 400_000, {"merchant_annual_revenue": MEDIUM}, 21_000),
    ("IC-16", "2025-09-01", 400_000, {"merchant_annual_revenue": MEDIUM}, 30_000),
    ("IC-16", "2026-02-01", 400_000, {"merchant_annual_revenue": MEDIUM, "merchant_district": "ganghwa"}, 45_000),
    ("IC-16", "2026-02-01", 400_000, {"merchant_annual_revenue": LARGE, "merchant_district": "ganghwa"}, 0),
]  # fmt: skip


def documents_by_version() -> dict[str, dict[str, Any]]:
    return {document["version"]: document for document in documents_of("incheon").values()}


@pytest.mark.parametrize(("row", "day", "spend", "facts", "cashback"), WON)
def test_each_row_gives_what_it_publishes(row: str, day: str, spend: int, facts: dict[str, Any], cashback: int) -> None:
    at = datetime.fromisoformat(day).replace(hour=12, tzinfo=SEOUL)
    version = incheon().running_at(at)
    assert row in (stated["id"] for stated in documents_by_version()[version.version]["rows"])

    assert Member(incheon()).pays(at, spend, **facts).won == cashback


@pytest.mark.parametrize(
    ("instant", "verified"), [("2023-09-24T23:59:59.999+09:00", 2_000_000), ("2023-09-25T00:00:00+09:00", 1_500_000)]
)
def test_a_verified_member_may_hold_less_from_2023_09_25_on(instant: str, verified: int) -> None:
    wallet = incheon().running_at(datetime.fromisoformat(instant)).wallet
    assert (wallet.minimum_top_up, wallet.holding_limit, wallet.holding_limit_verified) == (30_000, 500_000, verified)


def test_a_payment_never_meets_two_rates_at_once() -> None:
    """Incheon's layers exclude one another: for any shop, at most one of them gives cashback."""
    for document in documents_of("incheon").values():
        at = datetime.fromisoformat(document["starts_at"])
        for district in document["merchants"]["districts"]:
            for revenue in (0, SMALL, JUST_ABOVE_SMALL, MEDIUM, LARGE, None):
                rewards = (
                    Member(incheon())
                    .pays(at, 10_000, merchant_district=district, merchant_annual_revenue=revenue)
                    .rewards
                )
                assert len(rewards) <= 1
