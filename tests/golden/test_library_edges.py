"""The library's rows at their edges: the last won of a limit or pool, the last instant of a version, the ends of revenue bands."""

from __future__ import annotations

from typing import Any

import pytest

from eeum.dry_run.events import course_of
from eeum.dry_run.outcomes import Outcome, dry_run
from eeum.policy.documents import parse_policy
from tests.golden.published import documents_of

SMALL, MIDDLE, LARGE = 300_000_000, 3_000_000_000, 3_000_000_001
SHOP = {"merchant_district": "jung", "merchant_category": "restaurant", "merchant_annual_revenue": 100_000_000}
SEO = {"merchant_district": "seo", "card_product": "seoro"}
PARTNER = {"merchant_flags": ["partner"], "merchant_own_rate": 100}
CAMPUS = {"merchant_flags": ["campus_area"], "merchant_own_rate": 1_000, "card_product": "university"}


def course(programme: str, *events: dict[str, Any], **more: Any) -> list[Outcome]:
    versions = sorted(
        (parse_policy(document) for document in documents_of(programme).values()), key=lambda version: version.starts_at
    )
    shop = SHOP if programme == "incheon-all" else {"merchant_category": "restaurant"}
    sent = [{**event, "at": f"{event['at']}+09:00"} for event in events]
    sent = [event if "top_up" in event else {**event, "facts": {**shop, **event.get("facts", {})}} for event in sent]
    return dry_run(versions, course_of({**more, "events": sent}, versions))


def pay(at: str, won: int, **facts: Any) -> dict[str, Any]:
    return {"payment": won, "at": at, "facts": facts}


def gets(outcomes: list[Outcome]) -> list[dict[str, int]]:
    return [{told.layer: told.won for told in outcome.layers if told.won} for outcome in outcomes]


INCHEON: list[tuple[str, list[tuple[dict[str, Any], dict[str, int]]]]] = [
    ("DC-01 and DC-02: to 06:00 without a cap, then by bands", [
        (pay("2019-07-31T23:59:59", 5_000_000, **SEO), {"base": 300_000, "seo-card": 200_000}),
        (pay("2019-08-01T05:59:59", 299_999, **SEO), {"base": 17_999, "seo-card": 11_999}),
        (pay("2019-08-01T06:00:00", 1_000_000, **SEO), {"base": 42_000, "seo-card": 2_000}),  # Since midnight.
    ]),
    ("DC-02: the bands of the district end at 300,000 and 500,000", [
        (pay("2019-08-05T12:00:00", 299_999, **SEO), {"base": 17_999, "seo-card": 11_999}),
        (pay("2019-08-05T12:00:01", 101, **SEO), {"base": 6, "seo-card": 1}),
        (pay("2019-08-05T12:00:02", 199_900, **SEO), {"base": 11_994, "seo-card": 1_999}),
        (pay("2019-08-05T12:00:03", 1_000, **SEO), {"base": 60}),
        (pay("2019-08-09T23:59:59", 600_000, **SEO), {"base": 29_940}),
    ]),
    ("DC-03: suspended from the first instant of 10 August", [
        (pay("2019-08-09T23:59:59", 100, **SEO), {"base": 6, "seo-card": 4}),
        (pay("2019-08-10T00:00:00", 100, **SEO), {"base": 6}),
    ]),
    ("DC-05: from midnight of 22 October 300,000 won", [
        (pay("2019-10-21T23:59:59", 299_900, **SEO), {"base": 17_994}),
        (pay("2019-10-22T00:00:00", 200, **SEO), {"base": 3, "seo-card": 4}),
    ]),
    ("DC-07: the district pays to 500,000, the others continue", [
        (pay("2019-08-02T12:00:00", 499_999, card_product="yeonsu"), {"base": 29_999, "yeonsu-card": 19_999}),
        (pay("2019-08-02T12:00:01", 10_001, card_product="yeonsu"), {"base": 600}),
    ]),
    ("DC-15: a fraction of a percent", [
        (pay("2019-08-02T12:00:00", 66, card_product="namdong"), {"base": 3}),
        (pay("2019-08-02T12:00:01", 67, card_product="namdong"), {"base": 4, "namdong-card": 1}),
    ]),
    ("DC-22: with the card, at a partner, in the district, within 300,000", [
        (pay("2026-02-12T00:00:00", 299_950, **SEO, **PARTNER), {"base": 29_995, "seo-card": 5_999, "partner": 2_999}),
        (pay("2026-02-12T00:00:01", 100, **SEO, **PARTNER), {"base": 5, "seo-card": 1}),
        (pay("2026-03-01T00:00:00", 100, **SEO), {"base": 10}),
        (pay("2026-03-01T00:00:01", 100, **{**SEO, **PARTNER, "merchant_district": "jung"}), {"base": 10, "partner": 1}),
    ]),
    ("LX-01: the shop's own rate off the price, then cashback on the rest", [
        (pay("2021-06-01T12:00:00", 10_001, merchant_flags=["benefit_plus"], merchant_own_rate=700), {"benefit-plus": 700, "base": 930}),
    ]),
    ("LX-02: the shop's own rate ends with the month's 300,000", [
        (pay("2023-02-01T12:00:00", 300_001, **PARTNER), {"small-merchants": 30_000, "partner": 3_000}),
        (pay("2023-02-28T23:59:59", 100, **PARTNER), {}),
    ]),
    ("LX-03: 300 million included, 3 billion included", [
        (pay("2024-06-30T23:59:59", 100, **PARTNER, merchant_annual_revenue=SMALL), {"small-merchants": 10, "partner": 1}),
        (pay("2024-07-01T00:00:00", 100, **PARTNER, merchant_annual_revenue=SMALL), {"partner-small": 12, "partner": 1}),
        (pay("2024-07-01T00:00:01", 100, **PARTNER, merchant_annual_revenue=SMALL + 1), {"partner-middle": 10, "partner": 1}),
        (pay("2024-07-01T00:00:02", 100, **PARTNER, merchant_annual_revenue=MIDDLE), {"partner-middle": 10, "partner": 1}),
        (pay("2024-07-01T00:00:03", 100, **PARTNER, merchant_annual_revenue=LARGE), {"partner": 1}),
    ]),
    ("LX-05: from midnight of 1 May whatever the revenue, in place of the city's rate", [
        (pay("2024-04-30T23:59:59", 100, merchant_flags=["good_price"]), {"small-merchants": 10}),
        (pay("2024-05-01T00:00:00", 100, merchant_flags=["good_price"], merchant_annual_revenue=LARGE), {"good-price": 12}),
    ]),
    ("LX-06: beyond every cap", [
        (pay("2020-06-01T12:00:00", 3_000_001, channel="e_mall", merchant_flags=["incheon_goods"]), {"incheon-goods": 300_000}),
        (pay("2020-06-01T12:00:01", 500_010, channel="e_mall"), {"base": 50_000}),
    ]),
    ("LX-07: 5 % to the last second of March 2023", [
        (pay("2023-03-31T23:59:59", 100, channel="taxi"), {"taxi": 5}),
        (pay("2023-04-01T00:00:00", 100, channel="taxi"), {"taxi": 10}),
    ]),
    ("LX-08: deliveries in Seo-gu alone", [
        (pay("2020-05-01T00:00:00", 100, channel="delivery", merchant_district="seo"), {"base": 10, "seo-delivery": 5}),
        (pay("2020-05-01T00:00:01", 100, channel="delivery"), {"base": 10}),
        (pay("2020-05-01T00:00:02", 100, channel="shop", merchant_district="seo"), {"base": 10}),
    ]),
    ("LX-13: with the university's card, around its campus", [
        (pay("2024-05-01T00:00:00", 10_009, **CAMPUS), {"university-card": 1_000, "small-merchants": 900}),
        (pay("2024-05-01T00:00:01", 10_000, **{**CAMPUS, "card_product": "standard"}), {"small-merchants": 1_000}),
    ]),
    ("LX-15: 5 % on top, with proof", [
        (pay("2024-12-31T23:59:59", 100, card_product="artist"), {"base": 10}),
        (pay("2025-01-01T00:00:00", 100, card_product="artist"), {"base": 10, "artist-card": 5}),
    ]),
]  # fmt: skip


@pytest.mark.parametrize("events", [each[1] for each in INCHEON], ids=[each[0] for each in INCHEON])
def test_a_row_of_incheon_at_its_edges(events: list[tuple[dict[str, Any], dict[str, int]]]) -> None:
    found = gets(course("incheon-all", *(sent for sent, _ in events)))
    assert found == [expected for _, expected in events]


def test_daejeon_ends_with_the_last_won_of_its_pool_and_begins_again_with_the_month() -> None:
    outcomes = course(
        "daejeon",
        pay("2022-08-15T12:00:00", 299_999),
        pay("2022-08-15T12:00:01", 20),
        pay("2022-08-31T23:59:59", 1),
        pay("2022-09-01T00:00:00", 400_000),
        pools={"monthly-pool": 14_000},
    )
    assert [outcome.won(*{told.reward_kind for told in outcome.layers}) for outcome in outcomes] == [
        14_000,
        0,
        0,
        14_000,
    ]
    assert [outcome.limits[0].left for outcome in outcomes] == [1, 0, 0, 0]


def test_daejeon_gives_five_percent_to_the_last_of_300_000_won() -> None:
    assert gets(course("daejeon", pay("2022-08-15T12:00:00", 299_981), pay("2022-08-16T12:00:00", 400_000))) == [
        {"base": 14_999},
        {},  # 5 % of the 19 won that are left.
    ]


def test_icheon_ends_at_30_000_won_of_points_and_these_at_the_end_of_december() -> None:
    earned, last, spent, gone = course(
        "icheon",
        pay("2024-10-31T23:59:59", 149_999),
        pay("2024-10-31T23:59:59.999", 10),
        {**pay("2024-12-31T23:59:59", 1_000), "paid_from": {"points": 1_000}},
        {**pay("2025-01-01T00:00:00", 1_000), "paid_from": {"points": 1_000}},
    )
    assert gets([earned, last, spent]) == [{"support": 29_999}, {"support": 1}, {}]
    assert (spent.base, spent.declined) == (0, None)
    assert gone.declined == "points holds 0 won that can pay this, not 1,000"


def test_icheon_stops_when_a_billion_is_spent() -> None:
    outcomes = course(
        "icheon", pay("2024-10-15T12:00:00", 100_000), pay("2024-10-15T12:00:01", 100), pools={"october-2024": 20_001}
    )
    assert gets(outcomes) == [{"support": 20_000}, {"support": 1}]


def test_ulsan_takes_seven_percent_off_the_first_200_000_won_of_a_month() -> None:
    outcomes = course(
        "ulsan",
        {"top_up": 199_986, "at": "2024-08-31T12:00:00"},
        {"top_up": 10_000, "at": "2024-08-31T23:59:59"},
        {"top_up": 200_000, "at": "2024-09-01T00:00:00"},
    )
    # 7 % of 199,986 is 13,999.02; of the 14 won that are left it is 0.98.
    assert [outcome.price for outcome in outcomes] == [185_987, 10_000, 186_000]


def test_suwon_gives_ten_percent_on_top_from_the_first_instant_of_its_promotion() -> None:
    outcomes = course(
        "suwon", {"top_up": 10_009, "at": "2019-04-30T23:59:59"}, {"top_up": 10_009, "at": "2019-05-01T00:00:00"}
    )
    assert gets(outcomes) == [{"bonus": 600}, {"bonus": 1_000}]
    assert [told.purse.id for outcome in outcomes for told in outcome.layers if told.purse] == ["charged", "charged"]
