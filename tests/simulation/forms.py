"""A programme with every word of the policy language at once, and with budgets that run out, for a simulated city.

Its amounts are small compared with what members spend, so that limits, pools and budget lines are reached again and again.
"""

from datetime import datetime
from functools import cache
from typing import Any

from eeum.budget.rules import Line
from eeum.calendar import SEOUL
from eeum.policy.documents import canonical_document
from tests.simulation.scenes import Scene
from tests.use_cases.world import incheon

Document = dict[str, Any]
FAIR = {"window": "event", "from": "2022-11-05T10:00:00+09:00", "until": "2022-12-05T20:00:00+09:00"}
NIGHT = {"window": "event", "from": "2022-11-20T18:00:00+09:00", "until": "2022-11-27T22:00:00+09:00"}
SINCE = {"carries_over_from": "2022-11-01T00:00:00+09:00"}
FIRST_YEAR, SECOND_YEAR = 2022, 2023


def _limit(name: str, measure: str, amount: int | None, window: str = "month", **words: Any) -> Document:
    return {"id": name, "measure": measure, "window": window, "amount": amount, **words}


def _layer(
    name: str, gives: str, funders: dict[str, int], *bands: tuple[int, int | None, int | str], **words: Any
) -> Document:
    in_bands = {"bands": [{"from": start, "up_to": end, "rate_basis_points": rate} for start, end, rate in bands]}
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "gives": gives,
        **(in_bands if bands else {}),
        "funders": [{"funder": funder, "share": share} for funder, share in funders.items()],
        **words,
    }


def _every(won: int, gives: int) -> Document:
    return {"per": "window", "every": won, "gives": gives}


LIMITS = (
    _limit("spend-of-the-month", "spend", 300_000, **SINCE),
    _limit("spend-of-the-half", "spend", 90_000, "half_month", **SINCE),
    _limit("reward-of-the-year", "reward", 25_000, "year"),
    _limit("spend-at-the-fair", "spend", 150_000, **FAIR),
    _limit("reward-of-the-half", "reward", 2_500, "half_month"),
    _limit("reward-of-the-month", "reward", 4_000),
    _limit("spend-at-tables", "spend", 120_000, "half_month"),
    _limit("points", "reward", 3_000, "half_month"),
    _limit("coupons", "reward", 3_000, "half_month", **SINCE),
    _limit("coupons-of-the-fair", "reward", 4_000, **FAIR),
    _limit("spend-with-coupons", "spend", 250_000),
    _limit("welcome", "reward", 12_000, "year"),
    _limit("bonus-base", "top_up", 400_000, **SINCE),
    _limit("top-ups", "top_up", 2_000_000),
)

POOLS = (
    {"id": "fair", **FAIR, "amount": 60_000},
    {"id": "market-days", "window": "half_month", "amount": 40_000},
    # Members never use it up, so that rewards at its very end are tested.
    {"id": "night", **NIGHT, "amount": 50_000_000},
)

IN_RESTAURANTS = {"fact": "merchant_category", "in": ["restaurant"]}
ON_SITE = {"fact": "channel", "in": ["shop", "qr"]}
NOT_TRANSIT = {"not": {"fact": "card_product", "in": ["transit"]}}
BY_PAPERS = {
    "any": [
        {"fact": "member_age", "at_least": 60},
        {"fact": "member_class", "in": ["student"]},
        {"fact": "member_district", "in": ["seo", "yeonsu"]},
    ]
}
BY_MARKS = {"any": [{"fact": "merchant_flags", "has": flag} for flag in ("old_town", "traditional_market", "partner")]}
ON_SOME_DAYS = {
    "any": [{"fact": "weekday", "in": ["saturday", "sunday", "monday"]}, {"fact": "day_of_month", "above": 15}]
}
IN_APP_OR_LARGE = {"any": [{"fact": "method", "in": ["app"]}, {"fact": "amount", "at_least": 5_000}]}
OF_SMALL_SHOPS = {"all": [{"fact": "merchant_annual_revenue", "at_most": 3_000_000_000}, NOT_TRANSIT]}
NOT_OF_SHINHAN = {"not": {"fact": "card_issuer", "in": ["shinhan"]}}
NO_YOUTH = {"not": {"fact": "member_age", "below": 19}}
UNTIL_SPRING = {"all": [{"fact": "instant", "until": "2023-03-01T00:00:00+09:00"}, {"fact": "amount", "above": 29_999}]}

LAYERS = (
    _layer("base", "cashback", {"national": 2, "city": 3}, (0, 100_000, 700), (100_000, None, 300),
           limits=["spend-of-the-month", "reward-of-the-year"]),
    _layer("stamps", "cashback", {"city": 1}, steps=_every(20_000, 400), limits=["spend-of-the-half"], when=NOT_OF_SHINHAN),
    _layer("evening", "cashback", {"city": 1, "merchant": 1}, (0, None, 200),
           when={"fact": "time_of_day", "from": "18:00", "until": "02:00"}),
    _layer("fair", "cashback", {"district": 1, "city": 1}, (0, None, 900), limits=["spend-at-the-fair"], pools=["fair"],
           when={"fact": "merchant_district", "in": ["seo", "yeonsu"]}),
    _layer("market", "cashback", {"district": 1}, (0, None, 500), when=ON_SITE, limits=["reward-of-the-half"],
           pools=["market-days"], exclusive="one-of-them"),
    # It counts everything, even while the other layer of its group is chosen.
    _layer("table", "cashback", {"district": 1}, (0, 20_000, 300), (20_000, None, 600), when=IN_RESTAURANTS, limits=["spend-at-tables"],
           counts="all", exclusive="one-of-them"),
    _layer("points", "cashback", {"city": 1}, (0, None, 250), into="gift", limits=["points"], when=BY_PAPERS),
    _layer("kept", "cashback", {"district": 1, "merchant": 1}, (0, None, 100), into="keep", when=BY_MARKS),
    _layer("own", "cashback", {"merchant": 1}, (0, None, "merchant")),
    _layer("later", "payback", {"national": 1, "city": 2}, (0, None, 150), when=ON_SITE),
    _layer("night", "cashback", {"national": 1}, (0, None, 100), pools=["night"]),
    _layer("stall", "cashback", {"district": 1}, (0, None, 50), pools=["fair"], when=ON_SOME_DAYS),
    _layer("coupon", "discount", {"city": 2, "merchant": 1}, (0, None, 800), when=ON_SITE, limits=["coupons"],
           exclusive="one-coupon"),
    _layer("fair-coupon", "discount", {"district": 1}, (0, None, 1_000), limits=["spend-with-coupons", "coupons-of-the-fair"],
           pools=["fair"], counts="all", exclusive="one-coupon", when=IN_APP_OR_LARGE),
    _layer("large", "discount", {"national": 1}, when=OF_SMALL_SHOPS,
           steps={"per": "payment", "reached": [{"from": 30_000, "gives": 300}, {"from": 70_000, "gives": 1_000}]}),
    _layer("welcome", "top_up_bonus", {"city": 1}, (0, None, 300), limits=["welcome"], into="gift", when=NO_YOUTH),
    _layer("monthly", "top_up_bonus", {"national": 1, "city": 1}, steps=_every(100_000, 1_000), limits=["bonus-base"],
           into="charged"),
    _layer("rebate", "top_up_discount", {"district": 1}, (0, None, 50), when=UNTIL_SPRING),
)  # fmt: skip

PURSES = (
    {
        "id": "gift",
        "title": {"ko": "선물", "en": "gift"},
        "expires_after": {"months": 1},
        "spendable_at": IN_RESTAURANTS,
    },
    {"id": "keep", "title": {"ko": "적립", "en": "keep"}, "expires_after": {"years": 1}},
)

LINES = (
    ("city-coupons", "city", ("coupon",), 30_000),
    ("city-welcome", "city", ("welcome",), 60_000),
    ("city-all", "city", (), 250_000),
    ("district-all", "district", (), 120_000),
    ("national-top-ups", "national", ("monthly",), 20_000),
)
"""Id, funder, layers (none: all others of that funder), and amount. The nation's other layers have no budget."""


def forms() -> Scene:
    starts = (datetime(2022, 10, 10, 9, tzinfo=SEOUL), datetime(2022, 10, 28, 9, tzinfo=SEOUL))
    return Scene(documents(), starts, tuple(lines()))


@cache
def documents() -> tuple[Document, ...]:
    """Three versions: as above, with less from December on, and with other windows and no carry-over from January on.

    The first two end some days before the next one starts. Then there are no rewards, and the terms of wallets still limit.
    """
    first = _version("forms-2022-09", "2022-09-01T00:00:00+09:00", LIMITS, LAYERS, "2022-12-16T22:00:00+09:00")
    fewer = [layer for layer in LAYERS if layer["id"] not in ("stamps", "large")]
    second = _version("forms-2022-12", "2022-12-20T00:00:00+09:00", LIMITS, fewer, "2023-01-22T00:00:00+09:00")
    # A limit with the same name must keep its window; one with another window is another limit.
    changed = {
        "spend-of-the-month": _limit("spend-of-the-month", "spend", 120_000),
        "coupons": _limit("coupons", "reward", 5_000, "half_month"),
    }
    limits = [changed.get(limit["id"], limit) for limit in LIMITS]
    monthly = [{**layer, "limits": ["reward-of-the-month"]} if layer["id"] == "market" else layer for layer in LAYERS]
    third = _version("forms-2023-01", "2023-01-25T06:00:00+09:00", limits, monthly)
    return first, second, third


def _version(name: str, starts_at: str, limits: Any, layers: Any, ends_at: str | None = None) -> Document:
    template = next(each for each in incheon() if each["version"] == "incheon-2022-07-01")
    own = {name for layer in layers for name in layer.get("limits", ())}
    document = {
        **template,
        "version": name,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "earns_from": ["charged", "rewards"],
        "limits": [limit for limit in limits if limit["id"] in own | {"top-ups"}],
        "layers": list(layers),
        "merchants": {**template["merchants"], "flags": ["old_town"]},
        "pools": list(POOLS),
        "groups": [{"id": "one-of-them", "counts": "highest"}, {"id": "one-coupon", "counts": "first"}],
        "purses": list(PURSES),
        "wallet": {**template["wallet"], "top_up_limits": ["top-ups"]},
    }
    return canonical_document(document)


def lines() -> list[tuple[Line, int]]:
    """The budget lines of both years, with their appropriations."""
    return [
        (
            Line(
                year,
                f"{name}-{year}",
                funder,
                frozenset(layers) or None,
                datetime(year, 1, 1, tzinfo=SEOUL),
                {"ko": name, "en": name},
            ),
            won,
        )
        for year in (FIRST_YEAR, SECOND_YEAR)
        for name, funder, layers, won in LINES
    ]
