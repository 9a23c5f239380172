"""Random documents with every word of the policy language, and few ids, so that two of them agree and differ in many places.

They have the language's shape. They follow its further rules only where a sentence about them would otherwise make no sense.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from eeum.policy.conditions import FLAG_FACTS

AMOUNTS = st.sampled_from([1, 999, 1_000, 10_000, 12_345, 300_000, 500_000, 100_000_000, 123_456_789])
INSTANTS = st.sampled_from(
    [
        "2026-01-01T00:00:00+09:00",
        "2026-01-01T00:00:00+08:00",
        "2026-03-01T06:00:00+09:00",
        "2026-03-01T06:30:00+09:00",
        "2026-03-01T06:30:01+09:00",
        "2026-03-01T06:30:01.500000+09:00",
        "2027-12-31T23:59:59.999000+09:00",
    ]
)
NAMES = ("one", "two", "three-of-them")
TEXTS = st.sampled_from(["첫째", "둘째", "first", "second"])
KOREAN = st.sampled_from(["첫째", "둘째 한도", "캐시백 10%", "시장 3", "e음 QR", "월 5만원", "포인트(기한부)", "겨울"])
"""Titles that end in each kind of Korean sound."""
TITLES = st.fixed_dictionaries({"ko": KOREAN}, optional={"en": st.sampled_from(["first", "second"])})
CLOCKS = st.sampled_from(["00:00", "09:30", "22:00"])
PLACES = ("north", "south", "east")
TEXT_FACTS = {
    "merchant_district": PLACES,
    "merchant_category": PLACES,
    "card_product": NAMES,
    "card_issuer": NAMES,
    "member_class": NAMES,
    "member_district": PLACES,
    "channel": ("shop", "qr", "e_mall", "delivery", "taxi"),
    "method": ("card", "app"),
    "weekday": ("monday", "friday", "sunday"),
}
NUMBER_FACTS = ("merchant_annual_revenue", "member_age", "amount", "day_of_month")
FLAGS = ("benefit_plus", "good_price", "traditional_market", "partner", "green_shop")


def some_of(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least)


def _is_one_of() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(sorted(TEXT_FACTS)).flatmap(
        lambda fact: st.fixed_dictionaries({"fact": st.just(fact), "in": some_of(TEXT_FACTS[fact], 1)})
    )


@st.composite
def _numbers(draw: st.DrawFn) -> dict[str, Any]:
    lower, upper = draw(st.sampled_from(["above", "at_least"])), draw(st.sampled_from(["at_most", "below"]))
    ends = draw(st.sampled_from([{lower}, {upper}, {lower, upper}]))
    return {"fact": draw(st.sampled_from(NUMBER_FACTS))} | {end: draw(AMOUNTS) for end in sorted(ends)}


@st.composite
def _times(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"fact": "time_of_day", "from": draw(CLOCKS), "until": draw(CLOCKS)}
    ends = draw(st.sampled_from([{"from"}, {"until"}, {"from", "until"}]))
    return {"fact": "instant"} | {end: draw(INSTANTS) for end in sorted(ends)}


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    flags = st.fixed_dictionaries({"fact": st.sampled_from(sorted(FLAG_FACTS)), "has": st.sampled_from(FLAGS)})
    simple = _is_one_of() | flags | _numbers() | _times()
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=4,
    )


@st.composite
def _window(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["month", "half_month", "year", "event"]))
    return {"window": kind} | ({"from": draw(INSTANTS), "until": draw(INSTANTS)} if kind == "event" else {})


TITLED = st.fixed_dictionaries({}, optional={"title": TITLES})


@st.composite
def _limit(draw: st.DrawFn, name: str) -> dict[str, Any]:
    limit = {"id": name, "measure": draw(st.sampled_from(["spend", "reward", "top_up"]))} | draw(_window())
    limit["amount"] = draw(st.none() | AMOUNTS)
    if draw(st.booleans()):
        limit["carries_over_from"] = draw(INSTANTS)
    return limit | draw(TITLED)


@st.composite
def _pool(draw: st.DrawFn, name: str) -> dict[str, Any]:
    return {"id": name} | draw(_window()) | {"amount": draw(AMOUNTS)} | draw(TITLED)


@st.composite
def _group(draw: st.DrawFn, name: str) -> dict[str, Any]:
    return {"id": name, "counts": draw(st.sampled_from(["highest", "first"]))} | draw(TITLED)


@st.composite
def _purse(draw: st.DrawFn, name: str) -> dict[str, Any]:
    purse = {"id": name, "title": draw(TITLES)}
    if draw(st.booleans()):
        purse["expires_after"] = {draw(st.sampled_from(["months", "years"])): draw(st.integers(1, 3))}
    if draw(st.booleans()):
        purse["spendable_at"] = draw(conditions())
    return purse


@st.composite
def _bands(draw: st.DrawFn) -> list[dict[str, Any]]:
    edges = [0, *sorted(draw(st.sets(AMOUNTS, max_size=3)))]
    ends = [*edges[1:], draw(st.sampled_from([None, 10**9]))]
    rates = st.sampled_from([0, 1, 30, 750, 1_000, 10_000, "merchant"])
    return [
        {"from": start, "up_to": end, "rate_basis_points": draw(rates)} for start, end in zip(edges, ends, strict=True)
    ]


@st.composite
def _steps(draw: st.DrawFn) -> dict[str, Any]:
    per = {"per": draw(st.sampled_from(["payment", "window"]))}
    if draw(st.booleans()):
        return per | {"every": draw(AMOUNTS), "gives": draw(AMOUNTS)}
    starts = sorted(draw(st.sets(AMOUNTS, min_size=1, max_size=3)))
    return per | {"reached": [{"from": start, "gives": draw(AMOUNTS)} for start in starts]}


@st.composite
def _layer(draw: st.DrawFn, name: str) -> dict[str, Any]:
    layer: dict[str, Any] = {"id": name, "title": draw(TITLES)}
    layer |= draw(st.fixed_dictionaries({"steps": _steps()}) | st.fixed_dictionaries({"bands": _bands()}))
    who = draw(st.lists(st.sampled_from(["national", "city", "district", "merchant"]), unique=True, min_size=1))
    layer["funders"] = [{"funder": each, "share": draw(st.sampled_from([1, 2, 4, 1_474]))} for each in who]
    gives = ["cashback", "payback", "discount", "top_up_bonus", "top_up_discount"]
    optional: dict[str, st.SearchStrategy[Any]] = {
        "when": conditions(),
        "gives": st.sampled_from(gives),
        "limits": some_of(NAMES),
        "counts": st.sampled_from(["accepted", "all"]),
        "into": st.sampled_from(["cashback", "charged", *NAMES]),
        "most_at_once": AMOUNTS,
        "exclusive": st.sampled_from(NAMES),
        "pools": some_of(NAMES),
    }
    return layer | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def _row(draw: st.DrawFn, name: str) -> dict[str, Any]:
    sources = draw(some_of(("https://one.example", "https://two.example")))
    return {"id": name, "trust": draw(st.sampled_from("ABC")), "sources": sources, "note": draw(TEXTS)}


def _names() -> st.SearchStrategy[dict[str, Any]]:
    def of(values: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
        return st.dictionaries(st.sampled_from(values), TITLES, max_size=3)

    return st.fixed_dictionaries(
        {},
        optional={
            "districts": of(PLACES),
            "categories": of(PLACES),
            "flags": of(("green_shop", "old_shop")),
            "card_products": of(NAMES),
            "card_issuers": of(NAMES),
            "member_classes": of(NAMES),
        },
    )


@st.composite
def _each(draw: st.DrawFn, make: Any) -> list[dict[str, Any]]:
    return [draw(make(name)) for name in draw(some_of(NAMES))]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    required = {
        "language": st.just(1),
        "programme": st.sampled_from(NAMES),
        "version": st.sampled_from(NAMES),
        "title": TITLES,
        "starts_at": INSTANTS,
        "wallet": st.fixed_dictionaries(
            {"minimum_top_up": AMOUNTS, "holding_limit": AMOUNTS, "holding_limit_verified": AMOUNTS},
            optional={
                "spends_first": st.sampled_from(["member_chooses", "cashback", "charged"]),
                "top_up_limits": some_of(NAMES),
            },
        ),
        "earns_from": some_of(("charged", "cashback", "grants", "rewards"), 1),
        "merchants": st.fixed_dictionaries(
            {"districts": some_of(PLACES, 1), "categories": some_of(PLACES, 1)},
            optional={
                "excluded_categories": some_of(PLACES),
                "excluded_above_revenue": AMOUNTS,
                "flags": some_of(("green_shop", "old_shop")),
            },
        ),
        "layers": _each(_layer),
    }
    optional = {
        "$schema": st.just("../policy.schema.json"),
        "ends_at": INSTANTS,
        "rows": _each(_row),
        "names": _names(),
        "limits": _each(_limit),
        "pools": _each(_pool),
        "groups": _each(_group),
        "purses": _each(_purse),
    }
    document: dict[str, Any] = draw(st.fixed_dictionaries(required, optional=optional))
    return document
