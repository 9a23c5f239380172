"""Random policies of the whole language, and random payments at their edges."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.simulator.cities import POLICY, START, layer

EDGES = [0, 1, 9_999, 10_000, 10_001, 30_000, 50_000, 99_999, 100_000]
limit_amounts = st.sampled_from(EDGES) | st.integers(0, 120_000)
won = st.sampled_from(EDGES) | st.integers(0, 60_000)
rates = st.sampled_from([1, 30, 333, 750, 1000, 1001, 5_000, 9_999]) | st.integers(1, 10_000)

facts = st.sampled_from(
    [
        {"fact": "merchant_district", "in": ["seo"]},
        {"fact": "merchant_district", "in": ["jung"]},
        {"fact": "merchant_category", "in": ["restaurant", "bookshop"]},
        {"fact": "merchant_flags", "has": "partner"},
        {"fact": "merchant_flags", "has": "benefit_plus"},
        {"fact": "member_class", "in": ["welfare"]},
        {"fact": "card_product", "in": ["standard"]},
        {"fact": "channel", "in": ["qr", "taxi"]},
        {"fact": "method", "in": ["app"]},
        {"fact": "merchant_annual_revenue", "above": 100, "at_most": 300},
        {"fact": "merchant_annual_revenue", "at_most": 100},
        {"fact": "merchant_annual_revenue", "at_least": 101, "below": 301},
        {"fact": "merchant_flags", "has": "old_town"},
        {"fact": "card_issuer", "in": ["nonghyup"]},
        {"fact": "member_district", "in": ["seo", "jung"]},
        {"fact": "member_age", "at_least": 19, "below": 65},
        {"fact": "amount", "at_least": 10_000},
        {"fact": "amount", "above": 9_999, "at_most": 30_000},
        {"fact": "weekday", "in": ["saturday", "sunday"]},
        {"fact": "weekday", "in": ["tuesday"]},
        {"fact": "day_of_month", "at_most": 15},
        {"fact": "day_of_month", "at_least": 16, "below": 31},
        {"fact": "time_of_day", "from": "18:00", "until": "22:00"},
        {"fact": "time_of_day", "from": "22:30", "until": "06:00"},
        {"fact": "instant", "from": "2020-03-16T00:00:00+09:00", "until": "2020-04-01T00:00:00.001+09:00"},
        {"fact": "instant", "until": "2020-03-01T00:00:00.001+09:00"},
    ]
)
EVENT = {"window": "event", "from": "2020-03-01T00:00:00.001+09:00", "until": "2020-03-16T00:00:00.001+09:00"}
windows = st.sampled_from([{"window": "month"}] * 3 + [{"window": "half_month"}, {"window": "year"}, EVENT])
conditions = facts | st.recursive(
    facts,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda of: {"all": of}),
        st.lists(parts, min_size=1, max_size=3).map(lambda of: {"any": of}),
        parts.map(lambda of: {"not": of}),
    ),
    max_leaves=4,
)


@st.composite
def bands(draw: st.DrawFn, *, counts_all: bool) -> list[dict[str, Any]]:
    edges = sorted(draw(st.sets(st.sampled_from(EDGES[1:]) | st.integers(1, 120_000), max_size=3)))
    ends = [*edges, None] if draw(st.booleans()) or not edges else edges
    starts = [0, *edges][: len(ends)]
    found = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        last = place == len(ends) - 1
        rate = draw(rates | st.sampled_from([0, "merchant"]) if last or counts_all else rates)
        found.append({"from": start, "up_to": end, "rate_basis_points": rate})
    return found


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    per = draw(st.sampled_from(["payment", "window"]))
    if draw(st.booleans()):
        return {"per": per, "every": draw(st.sampled_from([1, 7_000, 10_000])), "gives": draw(st.integers(1, 3_000))}
    starts = sorted(draw(st.sets(st.sampled_from(EDGES[1:]), min_size=1, max_size=3)))
    given = sorted(draw(st.sets(st.integers(1, 9_000), min_size=len(starts), max_size=len(starts))))
    return {"per": per, "reached": [{"from": at, "gives": won} for at, won in zip(starts, given, strict=True)]}


@st.composite
def layers(draw: st.DrawFn, number: int, about: dict[str, list[str]], sayable: bool) -> dict[str, Any]:
    spends, rewards = about["spend"], about["reward"]
    several = not sayable and draw(st.integers(0, 9)) == 0
    spend = draw(st.permutations(spends))[: draw(st.sampled_from([2, 1] if several else [1, 1, 1, 0]))]
    # Limits in a row are nested, since a layer with one of them also has all before it; any others may overlap in part.
    reward = rewards[: draw(st.integers(0, len(rewards)))] if sayable or draw(st.booleans()) else _some(draw, rewards)
    counts_all = bool(spend) and draw(st.booleans())
    funders = draw(st.lists(st.sampled_from(["national", "city", "district", "merchant"]), unique=True, min_size=1))
    shares = st.integers(1, 20) | st.sampled_from([662, 1474, 10**9 // 2])
    made = layer(
        id=f"layer-{number}",
        limits=draw(st.permutations([*spend, *reward])),
        counts="all" if counts_all else "accepted",
        funders=[{"funder": funder, "share": draw(shares)} for funder in funders],
        gives=draw(st.sampled_from(["cashback", "cashback", "payback"])),
    )
    if draw(st.integers(0, 3)) == 0 and (not sayable or counts_all or not spend):
        made["steps"] = draw(steps())
        del made["bands"]
    elif spend:
        made["bands"] = draw(bands(counts_all=counts_all))
    else:
        made["bands"] = [{"from": 0, "up_to": None, "rate_basis_points": draw(rates | st.just("merchant"))}]
    if draw(st.integers(0, 3)) == 0:
        made["most_at_once"] = draw(st.sampled_from([1, 300, 2_500]))
    if draw(st.booleans()):
        made["when"] = draw(conditions)
    if about["pool"] and draw(st.booleans()) and not (sayable and reward):
        made["pools"] = about["pool"][:1] if sayable else _some(draw, about["pool"])
    if about["group"] and draw(st.booleans()):
        made["exclusive"] = about["group"][0]
    return made


def _some(draw: st.DrawFn, names: list[str]) -> list[str]:
    return draw(st.lists(st.sampled_from(names), unique=True)) if names else []


@st.composite
def discounts(draw: st.DrawFn) -> dict[str, Any]:
    """A discount layer with limits of its own."""
    rate = draw(st.sampled_from([300, 700, 9_999]))
    return layer(
        id="discount",
        gives="discount",
        limits=draw(st.sampled_from([[], ["command-spend"], ["command-spend", "command-reward"]])),
        bands=[{"from": 0, "up_to": None, "rate_basis_points": rate}],
        when=draw(conditions),
    )


@st.composite
def policies(draw: st.DrawFn, *, sayable: bool = False) -> dict[str, Any]:
    """Documents of the language; some pay more than 100 %, which the evaluator accepts.

    With `sayable`, window functions can compute them.
    """
    several = [] if sayable else ["pool-0", "pool-1"]
    about = {
        "spend": [f"spend-{number}" for number in range(draw(st.sampled_from([1, 1, 1, 2])))],
        "reward": [f"reward-{number}" for number in range(draw(st.sampled_from([0, 1, 1, 2, 3])))],
        "pool": draw(st.sampled_from([[], ["pool-0"], several])),
        "group": [] if sayable else draw(st.sampled_from([[], [], [], ["group"]])),
    }
    amounts = {"spend": limit_amounts | st.none(), "reward": st.integers(0, 30_000) | st.none()}
    limits = [
        {"id": name, "measure": measure, "amount": draw(amounts[measure]), **draw(windows)}
        for measure in ("spend", "reward")
        for name in about[measure]
    ]
    if not sayable and limits and draw(st.integers(0, 3)) == 0:
        _let_carry_over(draw, limits[draw(st.integers(0, len(limits) - 1))])
    made = [draw(layers(number, about, sayable)) for number in range(draw(st.integers(1, 4)))]
    if not sayable and draw(st.integers(0, 4)) == 0:
        made.append(draw(discounts()))
        limits += [
            {"id": f"command-{measure}", "measure": measure, "amount": draw(limit_amounts), **draw(windows)}
            for measure in ("spend", "reward")
        ]
    return POLICY | {
        "limits": limits,
        "pools": [{"id": name, "amount": draw(st.integers(0, 40_000)), **draw(windows)} for name in about["pool"]],
        "groups": [{"id": name, "counts": draw(st.sampled_from(["highest", "first"]))} for name in about["group"]],
        "purses": [{"id": "points", "title": {"ko": "포인트", "en": "Points"}}],
        "earns_from": draw(
            st.lists(st.sampled_from(["charged", "cashback", "grants", "rewards"]), unique=True, min_size=1)
        ),
        "layers": made,
    }


def _let_carry_over(draw: st.DrawFn, limit: dict[str, Any]) -> None:
    if limit["amount"] is not None and limit["window"] != "event":
        limit["carries_over_from"] = draw(
            st.sampled_from(["2019-01-01T00:00:00+09:00", "2020-02-01T00:00:00+09:00", "2020-03-16T00:00:00+09:00"])
        )


HOUR, DAY = 3_600_000, 86_400_000
instants = st.one_of(
    # Few instants, before and after windows change, so that the key decides the order of many payments.
    st.integers(START, START + 3) | st.just(START - 1),
    st.integers(START + 15 * DAY - 2, START + 15 * DAY + 2) | st.sampled_from([START + 31 * DAY, START - 31 * DAY]),
    st.integers(0, 30 * 24).map(lambda hours: START + hours * HOUR),
)
payments = st.lists(
    st.fixed_dictionaries(
        {
            "member": st.integers(1, 2),
            "accepted_at": instants,
            "won_charged": won,
            "won_cashback": st.just(0) | won,
            "won_rewards": st.just(0) | won,
            "won_discount": st.sampled_from([0, 0, 0, 500]),
            "merchant_district": st.sampled_from(["seo", "jung", None]),
            "merchant_category": st.sampled_from(["restaurant", "bookshop", "other", None]),
            "merchant_annual_revenue": st.sampled_from([0, 100, 101, 300, 301, None]),
            "merchant_benefit_plus": st.booleans(),
            "merchant_partner": st.booleans(),
            "flag_old_town": st.booleans(),
            "merchant_own_rate": st.sampled_from([0, 0, 100, 333, 500]),
            "card_product": st.sampled_from(["standard", "seo", None]),
            "card_issuer": st.sampled_from([None, "nonghyup", "shinhan"]),
            "member_class": st.sampled_from([None, "welfare"]),
            "member_district": st.sampled_from([None, "seo", "busan"]),
            "member_age": st.sampled_from([None, 18, 19, 64, 65]),
            "channel": st.sampled_from(["shop", "qr", "taxi", None]),
            "method": st.sampled_from(["card", "app", None]),
        }
    ),
    min_size=4,
    max_size=20,
)
