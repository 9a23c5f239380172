"""Random policies of the documented language, and random payments that meet their edges."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.simulator.cities import POLICY, START, layer

EDGES = [0, 1, 7, 999, 1_000, 9_999, 10_000, 10_001, 30_000, 50_000, 99_999, 100_000, 123_457]
amounts = st.sampled_from(EDGES) | st.integers(0, 150_000)
rates = st.sampled_from([1, 30, 33, 100, 500, 750, 1000, 1001, 9_999]) | st.integers(1, 10_000)

conditions = st.recursive(
    st.one_of(
        st.sampled_from(
            [
                {"fact": "merchant_district", "in": ["seo"]},
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
    ),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda of: {"all": of}),
        st.lists(parts, min_size=1, max_size=3).map(lambda of: {"any": of}),
        parts.map(lambda of: {"not": of}),
    ),
    max_leaves=4,
)


@st.composite
def bands(draw: st.DrawFn, *, counts_all: bool) -> list[dict[str, Any]]:
    edges = sorted(draw(st.sets(st.sampled_from(EDGES[1:]) | st.integers(1, 150_000), max_size=3)))
    ends = [*edges, None] if draw(st.booleans()) or not edges else edges
    starts = [0, *edges][: len(ends)]
    found = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        last = place == len(ends) - 1
        rate = draw(rates | st.sampled_from([0, "merchant"]) if last or counts_all else rates)
        found.append({"from": start, "up_to": end, "rate_basis_points": rate})
    return found


@st.composite
def layers(draw: st.DrawFn, number: int, spends: list[str], rewards: list[str]) -> dict[str, Any]:
    several = draw(st.integers(0, 9)) == 0
    spend = (
        draw(st.lists(st.sampled_from(spends), unique=True, min_size=0, max_size=2 if several else 1)) if spends else []
    )
    reward = draw(st.lists(st.sampled_from(rewards), unique=True, max_size=2)) if rewards else []
    counts_all = bool(spend) and draw(st.booleans())
    funders = draw(st.lists(st.sampled_from(["national", "city", "district", "merchant"]), unique=True, min_size=1))
    shares = st.integers(1, 20) | st.sampled_from([662, 1474, 10**9])
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


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Documents of the language; some pay more than everything, which the evaluator does not mind."""
    spends = [f"spend-{number}" for number in range(draw(st.integers(0, 2)))]
    rewards = [f"reward-{number}" for number in range(draw(st.integers(0, 3)))]
    limits = [{"id": id_, "measure": "spend", "window": "month", "amount": draw(st.none() | amounts)} for id_ in spends]
    limits += [
        {"id": id_, "measure": "reward", "window": "month", "amount": draw(st.none() | st.integers(0, 15_000))}
        for id_ in rewards
    ]
    return POLICY | {
        "limits": limits,
        "earns_from": draw(st.lists(st.sampled_from(["charged", "cashback", "grants"]), unique=True, min_size=1)),
        "layers": [draw(layers(number, spends, rewards)) for number in range(draw(st.integers(1, 4)))],
    }


payments = st.lists(
    st.fixed_dictionaries(
        {
            "member": st.integers(1, 3),
            # Few instants, so that the key decides the order of many.
            "accepted_at": st.integers(START, START + 3) | st.just(START - 1),
            "won_charged": amounts,
            "won_cashback": st.just(0) | amounts,
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
    min_size=1,
    max_size=25,
)
