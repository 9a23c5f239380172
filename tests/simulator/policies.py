"""Random policies of the documented language, and random payments that meet their edges."""

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
    ]
)
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
def layers(draw: st.DrawFn, number: int, spends: list[str], rewards: list[str], sayable: bool) -> dict[str, Any]:
    several = not sayable and draw(st.integers(0, 9)) == 0
    spend = draw(st.permutations(spends))[: draw(st.sampled_from([2, 1] if several else [1, 1, 1, 0]))]
    # Limits in a row lie within one another, as a layer that keeps to one keeps to all before it; any others may cross.
    reward = rewards[: draw(st.integers(0, len(rewards)))] if sayable or draw(st.booleans()) else _some(draw, rewards)
    counts_all = bool(spend) and draw(st.booleans())
    funders = draw(st.lists(st.sampled_from(["national", "city", "district", "merchant"]), unique=True, min_size=1))
    shares = st.integers(1, 20) | st.sampled_from([662, 1474, 10**9 // 2])
    made = layer(
        id=f"layer-{number}",
        limits=draw(st.permutations([*spend, *reward])),
        counts="all" if counts_all else "accepted",
        funders=[{"funder": funder, "share": draw(shares)} for funder in funders],
    )
    if spend:
        made["bands"] = draw(bands(counts_all=counts_all))
    else:
        made["bands"] = [{"from": 0, "up_to": None, "rate_basis_points": draw(rates | st.just("merchant"))}]
    if draw(st.booleans()):
        made["when"] = draw(conditions)
    return made


def _some(draw: st.DrawFn, names: list[str]) -> list[str]:
    return draw(st.lists(st.sampled_from(names), unique=True)) if names else []


@st.composite
def policies(draw: st.DrawFn, *, sayable: bool = False) -> dict[str, Any]:
    """Documents of the language; some pay more than everything, which the evaluator does not mind.

    Those that are `sayable` are window functions.
    """
    spends = [f"spend-{number}" for number in range(draw(st.sampled_from([1, 1, 1, 2])))]
    rewards = [f"reward-{number}" for number in range(draw(st.sampled_from([0, 1, 1, 2, 3])))]
    limits = [
        {"id": name, "measure": "spend", "window": "month", "amount": draw(limit_amounts | st.none())}
        for name in spends
    ]
    limits += [
        {"id": name, "measure": "reward", "window": "month", "amount": draw(st.integers(0, 30_000) | st.none())}
        for name in rewards
    ]
    return POLICY | {
        "limits": limits,
        "earns_from": draw(st.lists(st.sampled_from(["charged", "cashback", "grants"]), unique=True, min_size=1)),
        "layers": [draw(layers(number, spends, rewards, sayable)) for number in range(draw(st.integers(1, 4)))],
    }


payments = st.lists(
    st.fixed_dictionaries(
        {
            "member": st.integers(1, 2),
            # Few instants, so that the key decides the order of many.
            "accepted_at": st.integers(START, START + 3) | st.just(START - 1),
            "won_charged": won,
            "won_cashback": st.just(0) | won,
            "merchant_district": st.sampled_from(["seo", "jung", None]),
            "merchant_category": st.sampled_from(["restaurant", "bookshop", "other", None]),
            "merchant_annual_revenue": st.sampled_from([0, 100, 101, 300, 301, None]),
            "merchant_benefit_plus": st.booleans(),
            "merchant_partner": st.booleans(),
            "merchant_own_rate": st.sampled_from([0, 0, 100, 333, 500]),
            "card_product": st.sampled_from(["standard", "seo", None]),
            "member_class": st.sampled_from([None, "welfare"]),
            "channel": st.sampled_from(["shop", "qr", "taxi", None]),
            "method": st.sampled_from(["card", "app", None]),
        }
    ),
    min_size=4,
    max_size=20,
)
