"""The library's other policies give the published rewards: cards, channels and shops in Incheon, and other cities' rewards."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.policy.conditions import Facts
from eeum.policy.documents import parse_policy
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AT_PAYMENT, AT_TOP_UP, Evaluation, PolicyVersion
from eeum.policy.use_cases import PolicyBook
from tests.golden.published import POLICIES, Member, documents_of
from tests.unit.policy.policy_documents import document

MINUTE = timedelta(minutes=1)
PUBLISHED = json.loads((POLICIES.parent / "tests" / "golden" / "other_forms.json").read_text(encoding="utf-8"))


def book(programme: str) -> PolicyBook:
    return PolicyBook([parse_policy(each) for each in documents_of(programme).values()])


def at(programme: str, day: str) -> PolicyVersion:
    return book(programme).running_at(datetime.fromisoformat(day).replace(tzinfo=SEOUL) + MINUTE)


def won_by_layer(evaluation: Evaluation) -> dict[str, int]:
    return {reward.layer: reward.won for reward in evaluation.rewards}


def pays(day: str, amount: int, **facts: Any) -> dict[str, int]:
    member = Member(book("incheon-all"))
    instant = datetime.fromisoformat(day).replace(tzinfo=SEOUL) + timedelta(hours=12)
    return won_by_layer(member.pays(instant, amount, accepted_at=instant, **facts))


SEO = {"merchant_district": "seo", "card_product": "seoro"}
PARTNER = frozenset({"partner"})

ROWS: list[tuple[str, str, int, dict[str, Any], dict[str, int]]] = [
    ("DC-01, in Seo-gu", "2019-06-01", 100_000, SEO, {"base": 6_000, "seo-card": 4_000}),
    ("DC-01, elsewhere", "2019-06-01", 100_000, {**SEO, "merchant_district": "jung"}, {"base": 6_000}),
    ("DC-02 (D01)", "2019-08-02", 1_000_000, SEO, {"base": 60_000, "seo-card": 14_000}),
    ("DC-02 (D01b)", "2019-08-02", 1_200_000, SEO, {"base": 60_000, "seo-card": 14_000}),
    ("DC-03", "2019-08-10", 1_000_000, SEO, {"base": 60_000}),
    ("DC-05", "2019-10-22", 400_000, SEO, {"base": 9_000, "seo-card": 12_000}),
    ("DC-07 (D03)", "2019-08-02", 1_000_000, {"card_product": "yeonsu"}, {"base": 60_000, "yeonsu-card": 20_000}),
    ("DC-15, 7.5 %", "2019-08-02", 100_000, {"card_product": "namdong"}, {"base": 6_000, "namdong-card": 1_500}),
    (
        "LX-06 (W04)",
        "2020-06-01",
        1_000_000,
        {"channel": "e_mall", "merchant_flags": frozenset({"incheon_goods"})},
        {"incheon-goods": 100_000},
    ),
    (
        "LX-08, 15 % beside the shop's discount",
        "2020-06-01",
        100_000,
        {"channel": "delivery", "merchant_district": "seo"},
        {"base": 10_000, "seo-delivery": 5_000},
    ),
    ("LX-07 at first", "2021-12-01", 100_000, {"channel": "taxi"}, {"base": 10_000}),
    ("LX-07 until 2023-03", "2023-03-31", 100_000, {"channel": "taxi"}, {"taxi": 5_000}),
    ("LX-07 from 2023-04", "2023-04-01", 100_000, {"channel": "taxi"}, {"taxi": 10_000}),
    (
        "LX-02, the highest: 17 %",
        "2023-02-01",
        100_000,
        {"merchant_flags": PARTNER, "merchant_own_rate": 500, "merchant_district": "seo"},
        {"small-merchants": 10_000, "partner": 5_000, "partner-district": 2_000},
    ),
    (
        "LX-03, the highest: 19 %",
        "2024-08-01",
        100_000,
        {"merchant_flags": PARTNER, "merchant_own_rate": 500, "merchant_district": "seo"},
        {"partner-small": 12_000, "partner": 5_000, "partner-district": 2_000},
    ),
    (
        "LX-03, shops of middle size",
        "2024-08-01",
        100_000,
        {"merchant_flags": PARTNER, "merchant_own_rate": 100, "merchant_annual_revenue": 300_000_001},
        {"partner-middle": 10_000, "partner": 1_000},
    ),
    (
        "LX-05, whatever the revenue",
        "2024-06-01",
        100_000,
        {"merchant_flags": frozenset({"good_price"}), "merchant_annual_revenue": 5_000_000_000},
        {"good-price": 12_000},
    ),
    ("LX-15", "2025-06-01", 100_000, {"card_product": "artist"}, {"small-merchants": 10_000, "artist-card": 5_000}),
    (
        "DC-22 (W14)",
        "2026-02-12",
        50_000,
        {**SEO, "merchant_flags": PARTNER, "merchant_own_rate": 500},
        {"base": 5_000, "seo-card": 1_000, "partner": 2_500},
    ),
    (
        "DC-22 with another card",
        "2026-02-12",
        50_000,
        {"merchant_district": "seo", "merchant_flags": PARTNER, "merchant_own_rate": 500},
        {"base": 5_000, "partner": 2_500},
    ),
]


@pytest.mark.parametrize(
    ("day", "amount", "facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_card_a_channel_or_a_kind_of_shop_of_incheon(
    day: str, amount: int, facts: dict[str, Any], expected: dict[str, int]
) -> None:
    assert pays(day, amount, **facts) == expected


def test_for_all_others_the_library_gives_the_citys_general_cashback() -> None:
    city, whole = book("incheon"), book("incheon-all")
    for version in [parse_policy(each) for each in documents_of("incheon-all").values()]:
        instant = version.starts_at + MINUTE
        for amount in (1, 33, 299_999, 300_001, 1_000_001):
            assert (
                won_by_layer(Member(whole).pays(instant, amount, card_product="standard"))
                == won_by_layer(Member(city).pays(instant, amount, card_product="standard"))
            ), version.version  # fmt: skip


@pytest.mark.parametrize(("day", "rate", "off"), [("2019-06-01", 300, 3_000), ("2021-06-01", 700, 7_000)])
def test_a_benefit_plus_shop_takes_its_rate_off_and_cashback_follows_what_was_paid(
    day: str, rate: int, off: int
) -> None:
    policy = at("incheon-all", day)
    facts = Facts(merchant_flags=frozenset({"benefit_plus"}), merchant_own_rate=rate, accepted_at=policy.starts_at)
    discount = evaluate(policy, facts, 100_000, {}, kinds=AT_PAYMENT)
    assert won_by_layer(discount) == {"benefit-plus": off}
    assert discount.rewards[0].funders == (("merchant", off),)


@pytest.mark.parametrize("case", PUBLISHED["rate_sums"], ids=lambda case: case["id"])
def test_rates_that_were_published_as_sums_add_up(case: dict[str, Any]) -> None:
    layers = [
        {
            "id": f"layer-{number}",
            "title": {"ko": "부분", "en": "part"},
            "bands": [{"from": 0, "up_to": None, "rate_basis_points": rate}],
            "funders": [{"funder": "city", "share": 1}],
        }
        for number, rate in enumerate(case["parts"])
    ]
    policy = parse_policy(document(("layers", layers)))
    assert evaluate(policy, Facts(), 10_000, {}).won == case["total"]


@pytest.mark.parametrize("case", PUBLISHED["top_ups"], ids=lambda case: case["id"])
def test_what_a_top_up_costs_and_brings(case: dict[str, Any]) -> None:
    policy = at(case["programme"], case["day"])
    evaluation = evaluate(policy, Facts(accepted_at=policy.starts_at), case["face"], {}, kinds=AT_TOP_UP)
    off = evaluation.won if policy.layers[0].reward_kind == "top_up_discount" else 0
    assert case["face"] - off == case["pays"]
    assert case["face"] + evaluation.won - off == case["balance"]


def test_a_discount_ends_at_its_monthly_limit() -> None:
    policy = at("ulsan", "2024-08-01")
    facts = Facts(accepted_at=policy.starts_at)
    assert evaluate(policy, facts, 200_000, {"monthly-top-up": 150_000}, kinds=AT_TOP_UP).won == 3_500
    assert evaluate(policy, facts, 200_000, {"monthly-top-up": 200_000}, kinds=AT_TOP_UP).won == 0


def test_daejeon_gives_5_percent_on_300_000_won_from_a_pool_of_the_city() -> None:
    policy = at("daejeon", "2022-08-15")
    assert evaluate(policy, Facts(), 400_000, {}).won == 15_000
    assert [policy.pools[pool].amount for layer in policy.layers for pool in layer.pools] == [7_000_000_000]
    assert policy.earns_from == {"charged"}


def test_icheon_gives_20_percent_to_30_000_won_in_points_of_two_months_in_october_alone() -> None:
    policy = at("icheon", "2024-10-15")
    october = Facts(accepted_at=datetime(2024, 10, 31, 23, 59, 59, tzinfo=SEOUL))
    november = Facts(accepted_at=datetime(2024, 11, 1, tzinfo=SEOUL))
    assert evaluate(policy, october, 100_000, {}).won == 20_000
    assert evaluate(policy, october, 100_000, {"october-2024": 20_000}).won == 10_000
    assert evaluate(policy, november, 100_000, {}).won == 0
    assert policy.purses[policy.layers[0].into].months == 2


@pytest.mark.parametrize(
    ("spend", "won"), [(9_999, 0), (10_000, 1_000), (19_999, 1_000), (20_000, 2_000), (90_000, 2_000)]
)
def test_a_fixed_reward_by_step(spend: int, won: int) -> None:
    (steps,) = PUBLISHED["steps"]
    layer = {
        "id": "refund",
        "title": {"ko": "환급", "en": "refund"},
        "steps": {"per": "payment", "reached": [{"from": start, "gives": gives} for start, gives in steps["steps"]]},
        "funders": [{"funder": "national", "share": 1}],
    }
    assert evaluate(parse_policy(document(("layers", [layer]))), Facts(), spend, {}).won == won
