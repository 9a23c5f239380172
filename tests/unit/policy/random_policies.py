"""Random valid documents with every word and small numbers, and payments and top-ups at the edges of their windows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.unit.policy.policy_documents import document

WON = st.integers(0, 60) | st.sampled_from([99, 100, 101, 250])
INSTANTS = [
    "2026-01-01T00:00:00+09:00", "2026-01-15T23:59:59.999+09:00", "2026-01-16T00:00:00+09:00", "2026-01-31T23:59:59.999+09:00",
    "2026-02-01T00:00:00+09:00", "2026-02-14T18:00:00+09:00", "2026-02-28T14:59:59Z", "2026-02-28T15:00:00Z",
    "2026-03-15T21:59:59+09:00", "2026-03-15T22:00:00+09:00", "2026-06-30T12:00:00+09:00", "2026-12-31T23:59:59+09:00",
    "2027-01-01T00:00:00+09:00", "2027-01-16T03:59:59+09:00", "2027-01-16T04:00:00+09:00",
]  # fmt: skip
ENDS = st.sampled_from([each for each in INSTANTS if "." not in each])
FUNDERS = ["national", "city", "district"]
COMMANDS = {"discount": ("command-spend", "command-reward"), "top_up_bonus": ("topped-up", "top-up-reward")}
COMMANDS["top_up_discount"] = COMMANDS["top_up_bonus"]
GROUPS = {
    "cashback": "after",
    "payback": "after",
    "discount": "off",
    "top_up_bonus": "top-up",
    "top_up_discount": "top-up",
}
LIMITS = {
    "spend-a": "spend", "spend-b": "spend", "reward-a": "reward", "reward-b": "reward", "command-spend": "spend",
    "command-reward": "reward", "topped-up": "top_up", "top-up-reward": "reward",
}  # fmt: skip
AFTER_PAYMENT = ("spend-a", "spend-b", "reward-a", "reward-b")
OF_ONE_ACT = ("groups", "sharing", "windows", "conditions")
EVERY_FIFTH = {"steps": {"per": "payment", "every": 5, "gives": 1}}
CLOCKS = st.sampled_from(["00:00", "04:00", "18:00", "22:00", "23:59"])


def _leaf(at_top_up: bool) -> st.SearchStrategy[dict[str, Any]]:
    of_member = [
        st.sampled_from([["welfare"], ["welfare", "student"]]).map(lambda names: {"fact": "member_class", "in": names}),
        st.sampled_from([["north"], ["north", "south"]]).map(lambda names: {"fact": "member_district", "in": names}),
        st.sampled_from([["saturday", "sunday"], ["thursday"]]).map(lambda names: {"fact": "weekday", "in": names}),
        st.tuples(
            st.sampled_from(["member_age", "amount", "day_of_month"]), st.integers(1, 20), st.integers(0, 60)
        ).map(lambda drawn: {"fact": drawn[0], "above": drawn[1], "at_most": drawn[1] + drawn[2] + 1}),
        st.tuples(st.sampled_from(["member_age", "amount"]), st.integers(0, 20), st.integers(1, 60)).map(
            lambda drawn: {"fact": drawn[0], "at_least": drawn[1], "below": drawn[1] + drawn[2]}
        ),
        st.tuples(CLOCKS, CLOCKS).map(
            lambda drawn: {
                "fact": "time_of_day",
                "from": drawn[0],
                "until": drawn[1] if drawn[1] != drawn[0] else "24:00",
            }
        ),
        ENDS.map(lambda end: {"fact": "instant", "from": end}),
        ENDS.map(lambda end: {"fact": "instant", "until": end}),
    ]
    of_shop = [
        st.sampled_from(["north", "south"]).map(lambda name: {"fact": "merchant_district", "in": [name]}),
        st.sampled_from(["restaurant", "bookshop"]).map(lambda name: {"fact": "merchant_category", "in": [name]}),
        st.sampled_from(["shop", "taxi"]).map(lambda name: {"fact": "channel", "in": [name]}),
        st.sampled_from(["card", "app"]).map(lambda name: {"fact": "method", "in": [name]}),
        st.sampled_from(["standard", "gold"]).map(lambda name: {"fact": "card_product", "in": [name]}),
        st.sampled_from(["bank"]).map(lambda name: {"fact": "card_issuer", "in": [name]}),
        st.sampled_from(["partner", "green"]).map(lambda name: {"fact": "merchant_flags", "has": name}),
        st.just({"fact": "merchant_annual_revenue", "at_most": 300}),
    ]
    return st.one_of(of_member if at_top_up else of_member + of_shop)


def conditions(at_top_up: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(
        _leaf(at_top_up),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=3,
    )


@st.composite
def _limit(draw: st.DrawFn, name: str, focus: str) -> dict[str, Any]:
    amounts = st.integers(0, 15) if LIMITS[name] == "reward" else WON
    limit: dict[str, Any] = {"id": name, "measure": LIMITS[name], "amount": draw(st.none() | amounts)}
    limit["window"] = draw(
        st.sampled_from(["month", "half_month", "year", "event"] if focus != "sharing" else ["year"])
    )
    if limit["window"] == "event":
        ends = sorted(
            draw(st.lists(ENDS, min_size=2, max_size=2, unique_by=datetime.fromisoformat)), key=datetime.fromisoformat
        )
        limit |= {"from": ends[0], "until": ends[1]}
    elif limit["amount"] is not None and draw(st.booleans()):
        limit["carries_over_from"] = draw(ENDS)
    return limit


@st.composite
def _how_much(draw: st.DrawFn, counted: dict[str, Any] | None, at_top_up: bool) -> dict[str, Any]:
    if draw(st.integers(0, 2)) == 0:
        per = draw(st.sampled_from(["payment", "window"])) if counted else "payment"
        if draw(st.booleans()):
            every = draw(st.integers(1, 40))
            return {"steps": {"per": per, "every": every, "gives": draw(st.integers(0, max(every // 5, 1)))}}
        starts = sorted(draw(st.sets(st.integers(10, 100), min_size=1, max_size=3)))
        reached = [{"from": start, "gives": number + 1} for number, start in enumerate(starts)]
        return {"steps": {"per": per, "reached": reached}}
    edges = sorted(draw(st.sets(st.integers(1, 120), max_size=3))) if counted else []
    ends: list[int | None] = [*edges, None]
    carries = counted is not None and counted.get("carries_over_from") is not None
    if len(ends) > 1 and not carries and draw(st.booleans()):
        ends.pop()
    rates = st.sampled_from([0, 1, 333, 1_000, 1_999] + ([] if at_top_up else ["merchant"]))
    starts_at = [0, *ends[:-1]]
    return {
        "bands": [
            {"from": start, "up_to": end, "rate_basis_points": draw(rates)}
            for start, end in zip(starts_at, ends, strict=True)
        ]
    }


@st.composite
def _layer(draw: st.DrawFn, name: str, limits: dict[str, dict[str, Any]], focus: str) -> dict[str, Any]:
    acts = (
        ["cashback"] if focus in OF_ONE_ACT else ["cashback", "payback", "discount", "top_up_bonus", "top_up_discount"]
    )
    act = draw(st.sampled_from(acts))
    usable = COMMANDS.get(act, ("spend-a", "reward-a") if focus in OF_ONE_ACT else AFTER_PAYMENT)
    own = (
        []
        if focus == "conditions"
        else draw(st.lists(st.sampled_from(usable), unique=True, min_size=focus == "windows"))
    )
    counted = next((limits[each] for each in own if LIMITS[each] != "reward"), None)
    layer: dict[str, Any] = {"id": name, "title": {"ko": name, "en": name}, "gives": act, "limits": own}
    layer |= EVERY_FIFTH if focus == "conditions" else draw(_how_much(counted, act.startswith("top_up")))
    early = [band["rate_basis_points"] for band in layer.get("bands", [])[:-1]]
    layer["counts"] = "all" if {0, "merchant"} & set(early) else draw(st.sampled_from(["accepted", "all"]))
    if focus == "conditions" or draw(st.integers(0, 3)) == 0:
        layer["when"] = draw(conditions(act.startswith("top_up")))
    if draw(st.integers(0, 3)) == 0:
        layer["most_at_once"] = draw(st.integers(1, 60))
    if focus == "groups" or (focus == "everything" and draw(st.booleans())):
        layer["exclusive"] = GROUPS[act]
    who = draw(st.lists(st.sampled_from(FUNDERS), unique=True, min_size=1))
    layer["funders"] = [{"funder": each, "share": draw(st.integers(1, 7))} for each in who]
    if draw(st.integers(0, 3)) == 0:
        layer["pools"] = draw(st.lists(st.sampled_from(["pool-a", "pool-b"]), unique=True))
    return layer


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Each strategy draws one part of the language more often, since documents drawn from all parts rarely meet an edge."""
    focus = draw(st.sampled_from(["everything", "groups", "sharing", "windows", "conditions"]))
    limits = {name: draw(_limit(name, focus)) for name in LIMITS}
    most = 1 if focus in ("windows", "conditions") else 4
    layers = [draw(_layer(f"layer-{number}", limits, focus)) for number in range(draw(st.integers(min(most, 2), most)))]
    counts = st.sampled_from(["highest", "first"])
    pools = [
        {"id": "pool-a", "window": draw(st.sampled_from(["month", "half_month", "year"])), "amount": draw(WON)},
        {"id": "pool-b", "window": "event", "from": INSTANTS[4], "until": INSTANTS[10], "amount": draw(WON)},
    ]
    return document(
        ("limits", list(limits.values())),
        ("layers", layers),
        ("groups", [{"id": group, "counts": draw(counts)} for group in ("after", "off", "top-up")]),
        ("pools", pools),
        ("merchants.flags", ["green"]),
    )


FACTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "merchant_own_rate": st.sampled_from([0, 0, 100, 700]),
        "merchant_flags": st.sets(st.sampled_from(["partner", "green"])),
    },
    optional={
        "merchant_district": st.sampled_from(["north", "south"]),
        "merchant_category": st.sampled_from(["restaurant", "bookshop"]),
        "merchant_annual_revenue": st.sampled_from([299, 300, 301]),
        "channel": st.sampled_from(["shop", "taxi"]),
        "method": st.sampled_from(["card", "app"]),
        "card_product": st.sampled_from(["standard", "gold"]),
        "card_issuer": st.sampled_from(["bank", "other"]),
        "member_class": st.sampled_from(["welfare", "student"]),
        "member_district": st.sampled_from(["north", "south"]),
        "member_age": st.integers(0, 30),
    },
)
ACTS = st.sampled_from(["after", "after", "after", "payment", "top_up"])
WON_OF_AN_EVENT = st.integers(1, 25) | st.integers(26, 120)


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[str, datetime, int, dict[str, Any]]]:
    """Events in the order of time: the kind (at payment, after it, or at a top-up), the instant, the won and the facts."""
    ats = sorted(draw(st.lists(st.sampled_from(INSTANTS), min_size=1, max_size=6)), key=datetime.fromisoformat)
    return [(draw(ACTS), datetime.fromisoformat(at), draw(WON_OF_AN_EVENT), draw(FACTS)) for at in ats]
