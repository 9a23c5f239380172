"""Each warning is reported once, at its place; usual documents get none."""

from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from eeum.policy.check import problems_of_file
from eeum.policy.conditions import WEEKDAYS
from eeum.policy.document_warnings import warnings_beside, warnings_of
from eeum.policy.documents import canonical_document, shaped_document
from eeum.policy.reading import period_of
from eeum.policy.warnings_of_sums import adds_up
from tests.unit.policy.policy_documents import document, layer

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "policy-language" / "faults.md").read_text(encoding="utf-8")
PUBLISHED = sorted(path for path in ROOT.glob("policies/*/*.json") if ".events" not in path.name)

Changes = list[tuple[str, Any]]

SPEND = {"id": "monthly-spend", "measure": "spend", "window": "month", "amount": 300_000}
USED = ("limits", [SPEND])
EVENT = {"from": "2026-05-01T00:00:00+09:00", "until": "2026-06-01T00:00:00+09:00"}
LIMIT_OF_EVENT = SPEND | {"window": "event"} | EVENT


def revenue(**ends: int) -> dict[str, Any]:
    return {"fact": "merchant_annual_revenue", **ends}


def by_revenue(first: dict[str, Any], second: dict[str, Any], **of_second: Any) -> Changes:
    small = layer("small", [(None, 1_000)], ["monthly-spend"], when=first)
    large = layer("large", [(None, 500)], ["monthly-spend"], when=second) | of_second
    return [USED, ("layers", [small, large])]


def in_the_market(condition: dict[str, Any]) -> dict[str, Any]:
    return {"all": [{"fact": "merchant_flags", "has": "traditional_market"}, condition]}


SATURDAY = {"fact": "weekday", "in": ["saturday"]}
NIGHT = {"fact": "time_of_day", "from": "22:00", "until": "04:00"}
BOOKSHOPS = {"fact": "merchant_category", "in": ["bookshop"]}
MARKET = {"fact": "merchant_flags", "has": "traditional_market"}

EVENING = {"fact": "time_of_day", "from": "18:00", "until": "22:00"}
SENIORS = {"fact": "member_age", "at_least": 65}
IN_THE_APP = {"fact": "method", "in": ["app"]}


def two_rates(first: dict[str, Any] | None, second: dict[str, Any], **of_second: Any) -> Changes:
    layers = [
        layer("a", [(None, 700)], ["monthly-spend"], when=first),
        layer("b", [(None, 500)], ["monthly-spend"], when=second),
    ]
    return [USED, ("layers", [layers[0], layers[1] | of_second])]


TOGETHER: list[tuple[str, dict[str, Any] | None, dict[str, Any]]] = [
    ("everyone and the old", None, SENIORS),
    ("every hour and the evening", None, EVENING),
    ("an evening and a night that begins in it", EVENING, NIGHT | {"from": "21:59"}),
    ("small shops and the market", revenue(at_most=300_000_000), in_the_market(revenue(at_most=3_000_000_000))),
    ("bookshops and a card", BOOKSHOPS, {"fact": "card_product", "in": ["youth"]}),
    ("Saturday and a day of the month", SATURDAY, {"fact": "day_of_month", "at_most": 1}),
    ("all but taxis and all but deliveries", {"not": {"fact": "channel", "in": ["taxi"]}},
     {"not": {"fact": "channel", "in": ["delivery"]}}),
    ("one of two and the other", {"any": [BOOKSHOPS, SENIORS]}, IN_THE_APP),
    ("not both, and one", {"not": {"all": [BOOKSHOPS, SENIORS]}}, BOOKSHOPS),
    ("a sale within the version", None, {"fact": "instant", "from": "2026-05-01T00:00:00+09:00"}),
]  # fmt: skip
APART: list[tuple[str, dict[str, Any] | None, dict[str, Any]]] = [
    ("the app and the card", IN_THE_APP, {"fact": "method", "in": ["card"]}),
    ("the app, and neither app nor card", {"not": IN_THE_APP}, {"not": {"fact": "method", "in": ["card"]}}),
    ("an evening and the night after it", EVENING, NIGHT),
    ("the old and the young, in the market", {"all": [SENIORS, MARKET]}, {"all": [MARKET, {"not": SENIORS}]}),
    ("small shops, and others in the market", revenue(at_most=300_000_000), in_the_market(revenue(above=300_000_000))),
    ("the market, and bookshops that are not in it", MARKET, {"all": [BOOKSHOPS, {"not": MARKET}]}),
    ("either of two, and neither", {"any": [BOOKSHOPS, SENIORS]}, {"not": {"any": [BOOKSHOPS, SENIORS]}}),
    ("a sale that was over before", None, {"fact": "instant", "until": "2025-05-01T00:00:00+09:00"}),
    ("the same", SENIORS, SENIORS),
]  # fmt: skip


DOUBTS: list[tuple[str, str, str, Changes]] = [
    ("a limit that no layer lists", "limits.1", "not_used", []),
    ("a pool that no layer lists", "pools.0", "not_used", [USED, ("pools", [{"id": "p", "window": "month", "amount": 1}])]),
    ("a purse that nothing comes into", "purses.0", "not_used",
     [USED, ("purses", [{"id": "points", "title": {"ko": "포인트", "en": "Points"}}])]),
    ("a group without layers", "groups.0", "not_used", [USED, ("groups", [{"id": "g", "counts": "first"}])]),
    ("a group of one", "groups.0", "group_of_one",
     [USED, ("groups", [{"id": "g", "counts": "first"}]), ("layers.0.exclusive", "g")]),
    ("the last second of the last day", "ends_at", "ends_a_moment_early",
     [USED, ("ends_at", "2026-05-31T23:59:59+09:00")]),
    ("the last minute", "ends_at", "ends_a_moment_early", [USED, ("ends_at", "2026-05-31T23:59:00+09:00")]),
    ("the last day, where it begins", "ends_at", "ends_before_the_last_day",
     [USED, ("ends_at", "2026-05-31T00:00:00+09:00")]),
    ("the last day of an event", "limits.0.until", "ends_before_the_last_day",
     [("limits", [LIMIT_OF_EVENT | {"until": "2026-05-31T00:00:00+09:00"}])]),
    ("an event that is over before the version starts", "limits.0", "never_open",
     [("limits", [LIMIT_OF_EVENT]), ("starts_at", "2026-06-01T00:00:00+09:00")]),
    ("an event that begins when the version ends", "limits.0", "never_open",
     [("limits", [LIMIT_OF_EVENT]), ("ends_at", "2026-05-01T00:00:00+09:00")]),
    ("10 for 10 %", "layers.0.bands.0.rate_basis_points", "very_little",
     [USED, ("layers.0.bands.0.rate_basis_points", 10)]),
    ("300 for 30만원", "limits.0.amount", "very_little",
     [("limits", [SPEND | {"amount": 300}]), ("layers.0.bands.0.up_to", None)]),
    ("a band that begins where its limit ends", "layers.0.bands.1", "beyond_its_limit",
     [USED, ("layers.0.bands", [{"from": 0, "up_to": 300_000, "rate_basis_points": 1_000},
                                {"from": 300_000, "up_to": 500_000, "rate_basis_points": 500}])]),
    ("10 % to 300 million, 5 % to 3 billion, both from nothing", "layers.1.when", "both_apply",
     by_revenue(revenue(at_most=300_000_000), revenue(at_most=3_000_000_000))),
    ("both include the same end", "layers.1.when", "both_apply",
     by_revenue(revenue(at_most=300_000_000), revenue(at_least=300_000_000))),
    ("both in the market", "layers.1.when", "both_apply",
     by_revenue(in_the_market(revenue(at_most=300_000_000)), in_the_market(revenue(at_most=3_000_000_000)))),
    ("a card that is spelt in two ways", "layers.1.when", "spelt_twice",
     [USED, ("layers", [layer("a", [(None, 1_000)], ["monthly-spend"], when={"fact": "card_product", "in": ["welfare"]}),
                        layer("b", [(None, 500)], ["monthly-spend"],
                              when={"not": {"any": [{"fact": "card_product", "in": ["standard", "welfaer"]}]}})
                        | {"title": {"ko": "카드 추가", "en": "more with a card"}}])]),
    ("a limit beyond the last band", "limits.0.amount", "beyond_the_bands", [("limits", [SPEND | {"amount": 500_000}])]),
    ("a band that gives nothing behind the last that does", "limits.0.amount", "beyond_the_bands",
     [("limits", [SPEND | {"amount": 500_000}]),
      ("layers.0.bands", [{"from": 0, "up_to": 300_000, "rate_basis_points": 1_000},
                          {"from": 300_000, "up_to": None, "rate_basis_points": 0}])]),
    ("a start at midnight of UTC", "starts_at", "midnight_of_utc", [USED, ("starts_at", "2026-03-01T00:00:00Z")]),
    ("an end at midnight of UTC", "ends_at", "midnight_of_utc", [USED, ("ends_at", "2026-06-01T00:00:00Z")]),
    ("the night of Saturday", "layers.0.when", "night_of_one_day", [USED, ("layers.0.when", {"all": [SATURDAY, NIGHT]})]),
    ("the night of Saturday, one inside the other", "layers.0.when", "night_of_one_day",
     [USED, ("layers.0.when", {"all": [SATURDAY, {"any": [{"fact": "channel", "in": ["taxi"]}, NIGHT]}]})]),
    ("the night of the 1st", "layers.0.when", "night_of_one_day",
     [USED, ("layers.0.when", {"all": [{"fact": "day_of_month", "at_most": 1}, NIGHT]})]),
    ("a member of a group with a pool", "layers.0.pools", "pool_in_a_group",
     [USED, ("pools", [{"id": "p", "window": "month", "amount": 1_000_000}]), ("groups", [{"id": "g", "counts": "highest"}]),
      ("layers", [layer("a", [(None, 1_000)], ["monthly-spend"]) | {"pools": ["p"], "exclusive": "g"},
                  layer("b", [(None, 500)], ["monthly-spend"]) | {"exclusive": "g"}])]),
    ("7 % at pharmacies beside 2 % everywhere", "layers.1.when", "adds_up",
     [USED, ("layers", [layer("all", [(None, 200)], ["monthly-spend"]),
                        layer("pharmacy", [(None, 700)], ["monthly-spend"], when=BOOKSHOPS)])]),
    ("a flag beside a category", "layers.1.when", "adds_up",
     [USED, ("layers", [layer("market", [(None, 700)], ["monthly-spend"], when=MARKET),
                        layer("book", [(None, 500)], ["monthly-spend"], when=BOOKSHOPS)])]),
    ("a title in which a word of adding is part of another", "layers.1.when", "adds_up",
     [USED, ("layers", [layer("all", [(None, 200)], ["monthly-spend"]),
                        layer("book", [(None, 700)], ["monthly-spend"], when=BOOKSHOPS)
                        | {"title": {"ko": "원도심 서점", "en": "Downtown and well-known bookshops"}}])]),
    *((f"two rates for one payment: {name}", "layers.1.when", "adds_up", two_rates(first, second))
      for name, first, second in TOGETHER),
]  # fmt: skip


def told(changes: Changes) -> list[tuple[str, str]]:
    return [(path, code) for path, code, _ in warnings_of(canonical_document(document(*changes)))]


@pytest.mark.parametrize(("path", "code", "changes"), [each[1:] for each in DOUBTS], ids=[each[0] for each in DOUBTS])
def test_it_is_doubted_and_nothing_else_is(path: str, code: str, changes: Changes) -> None:
    assert told(changes) == [(path, code)]


@pytest.mark.parametrize(
    "changes",
    [
        [USED],
        [USED, ("ends_at", "2026-06-01T00:00:00+09:00")],
        [USED, ("ends_at", "2026-05-15T00:00:00+09:00")],
        [USED, ("ends_at", "2200-12-31T23:59:59+09:00")],
        [USED, ("ends_at", "2200-12-31T00:00:00+09:00")],
        [("limits", [SPEND, {"id": "top-up", "measure": "top_up", "window": "month", "amount": 500_000}]),
         ("wallet.top_up_limits", ["top-up"])],
        by_revenue(revenue(at_most=300_000_000), revenue(above=300_000_000, at_most=3_000_000_000)),
        by_revenue(revenue(below=300_000_000), revenue(at_least=300_000_000)),
        by_revenue(revenue(at_most=300_000_000), revenue(at_most=300_000_000)),
        by_revenue(revenue(at_most=300_000_000), revenue(at_most=3_000_000_000), limits=[]),
    ],
    ids=[
        "every word used", "the end of a month", "an end within a month",
        "the last second of all", "the last day of all", "what may be topped up", "ranges that part",
        "ranges that touch", "the same shops twice", "a limit of its own",
    ],
)  # fmt: skip
def test_what_is_usual_is_not_doubted(changes: Changes) -> None:
    assert told(changes) == []


def test_layers_of_one_group_are_never_added() -> None:
    changes = by_revenue(revenue(at_most=300_000_000), revenue(at_most=3_000_000_000), exclusive="g")
    layers = dict(changes)["layers"]
    grouped = [layers[0] | {"exclusive": "g"}, layers[1]]
    assert told([USED, ("groups", [{"id": "g", "counts": "highest"}]), ("layers", grouped)]) == []


@pytest.mark.parametrize(
    ("amount", "since", "warned"),
    [
        (500_000, "2026-01-01T00:00:00+09:00", True),
        (500_000, "2026-01-31T23:59:59+09:00", True),
        (500_000, "2026-02-01T00:00:00+09:00", False),
        (500_000, None, False),
        (None, None, False),
        (300_000, "2026-01-01T00:00:00+09:00", False),
        (200_000, "2026-01-01T00:00:00+09:00", False),
    ],
)
def test_an_amount_that_is_raised_while_something_carries_over(
    amount: int | None, since: str | None, warned: bool
) -> None:
    before = canonical_document(document(USED))
    carrying = SPEND | {"amount": amount} | ({"carries_over_from": since} if since else {})
    later = document(
        ("version", "next"), ("starts_at", "2026-02-01T00:00:00+09:00"), ("limits", [carrying]),
        ("layers.0.bands", [{"from": 0, "up_to": None, "rate_basis_points": 1_000}]),
    )  # fmt: skip
    found = [(path, code) for path, code, _ in warnings_beside(canonical_document(later), before)]
    assert found == ([("limits.0.carries_over_from", "raised_for_the_past")] if warned else [])
    assert "`raised_for_the_past`" in PAGE


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_nothing_published_is_doubted(path: Path) -> None:
    found, problems = problems_of_file(path)
    assert found, problems
    assert not list(warnings_of(found))


@pytest.mark.parametrize("code", sorted({code for _, _, code, _ in DOUBTS}))
def test_every_doubt_is_explained(code: str) -> None:
    assert f"`{code}`" in PAGE.partition("## What is valid, and perhaps not meant")[2]


@pytest.mark.parametrize("changes", [each[3] for each in DOUBTS], ids=[each[0] for each in DOUBTS])
def test_a_draft_is_doubted_as_the_version_that_it_becomes(changes: Changes) -> None:
    drafted = shaped_document(document(*changes))
    assert list(warnings_of(drafted)) == list(warnings_of(canonical_document(drafted)))


@pytest.mark.parametrize(
    "changes",
    [
        [USED, ("layers.0.when", {"all": [{"fact": "weekday", "in": list(WEEKDAYS)}, NIGHT]})],
        [USED, ("layers.0.when", {"any": [SATURDAY, NIGHT]})],
        [USED, ("layers.0.when", {"all": [SATURDAY, NIGHT | {"from": "18:00", "until": "22:00"}]})],
        [USED, ("starts_at", "2026-03-01T09:00:01+09:00")],
        [USED, ("layers", [layer("a", [(None, 700)], ["monthly-spend"], when=BOOKSHOPS),
                           layer("b", [(None, 500)], ["monthly-spend"], when={"fact": "merchant_category", "in": ["restaurant"]})])],
        [USED, ("layers", [layer("all", [(None, 200)], ["monthly-spend"]),
                           layer("b", [(None, 500)], ["monthly-spend"], when=BOOKSHOPS)
                           | {"title": {"ko": "서점 5% 추가", "en": "5 % more at bookshops"}}])],
    ],
    ids=["every day", "any of both", "within the day", "a second later", "other categories", "said to be added"],
)  # fmt: skip
def test_what_is_meant_is_not_doubted(changes: Changes) -> None:
    assert not list(warnings_of(canonical_document(document(*changes))))


@pytest.mark.parametrize(("first", "second"), [each[1:] for each in APART], ids=[each[0] for each in APART])
def test_layers_that_never_meet_do_not_add_up(first: dict[str, Any] | None, second: dict[str, Any]) -> None:
    assert told(two_rates(first, second)) == []


def test_the_largest_document_is_soon_compared() -> None:
    """Twenty layers, each with as many ways to hold as a condition can have, and none together with another."""

    def condition(own: int) -> dict[str, Any]:
        ages = {"any": [{"fact": "member_age", "at_least": 10 + each} for each in range(20)]}
        amounts = {"any": [{"fact": "amount", "at_least": 1 + each} for each in range(20)]}
        return {"all": [ages, amounts, {"fact": "card_product", "in": [f"{own}-{each}" for each in range(100)]}]}

    layers = [layer(f"l{own}", [(None, 700)], ["monthly-spend"], when=condition(own)) for own in range(20)]
    begun = process_time()
    assert list(adds_up(document(("layers", layers)))) == []
    assert process_time() - begun < 10


@pytest.mark.parametrize(
    "of_second",
    [
        {"title": {"ko": "65세 이상 추가", "en": "Seniors"}},
        {"funders": [{"funder": "district", "share": 1}]},
        {"limits": ["monthly-reward"]},
        {"gives": "discount", "limits": []},
    ],
    ids=["said to be added", "from another's money", "under another limit", "on another occasion"],
)
def test_a_rate_that_is_added_on_purpose_is_not_doubted(of_second: dict[str, Any]) -> None:
    both = ("limits", [SPEND, {"id": "monthly-reward", "measure": "reward", "window": "month", "amount": 20_000}])
    changes = [both, two_rates(None, SENIORS, **of_second)[1]]
    assert [code for _, code in told(changes) if code == "adds_up"] == []


@pytest.mark.parametrize(
    ("start", "name", "warned"),
    [
        ("2026-02-10T00:00:00+09:00", "new-spend", True),
        ("2026-02-01T00:00:00+09:00", "new-spend", False),
        ("2026-02-10T00:00:00+09:00", "monthly-spend", False),
    ],
)
def test_a_limit_that_takes_another_s_place_in_mid_month(start: str, name: str, warned: bool) -> None:
    before = canonical_document(document(USED))
    later = document(
        ("version", "next"), ("starts_at", start), ("limits", [SPEND | {"id": name}]), ("layers.0.limits", [name])
    )
    found = [(path, code) for path, code, _ in warnings_beside(canonical_document(later), before)]
    assert found == ([("limits.0.id", "starts_from_zero")] if warned else [])
    assert "`starts_from_zero`" in PAGE


def beside(before: Changes, after: Changes, start: str = "2026-02-10T00:00:00+09:00") -> list[tuple[str, str]]:
    later = document(("version", "next"), ("starts_at", start), *after)
    return [
        (path, code)
        for path, code, _ in warnings_beside(canonical_document(later), canonical_document(document(*before)))
    ]


REWARD = {"id": "monthly-reward", "measure": "reward", "window": "month", "amount": 20_000}
HALVES = SPEND | {"id": "half", "window": "half_month"}
POOL = {"id": "p", "window": "month", "amount": 1_000_000}
SALE = SPEND | {"id": "sale", "window": "event"} | EVENT


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ([USED], [("limits", [SPEND, SPEND | {"id": "second"}])], "limits.1.id"),
        ([USED], [("limits", [SPEND, REWARD])], "limits.1.id"),
        ([USED], [("limits", [SPEND, SPEND | {"id": "counted", "amount": None}])], "limits.1.id"),
        ([USED], [("limits", [SPEND, SPEND | {"id": "yearly", "window": "year"}])], "limits.1.id"),
        ([("limits", []), ("layers.0.limits", []), ("layers.0.bands.0.up_to", None)], [USED], "limits.0.id"),
        ([USED], [("limits", [SPEND | {"window": "half_month"}])], "limits.0.window"),
        ([USED], [USED, ("pools", [POOL])], "pools.0.id"),
        ([USED, ("pools", [POOL])], [USED, ("pools", [POOL | {"id": "q"}])], "pools.0.id"),
        ([USED], [("limits", [SPEND, SALE | {"from": "2026-02-01T00:00:00+09:00"}])], "limits.1.id"),
        ([("limits", [SPEND, SALE | {"from": "2026-02-01T00:00:00+09:00"}])],
         [("limits", [SPEND, SALE | {"from": "2026-02-01T00:00:00+09:00", "until": "2026-07-01T00:00:00+09:00"}])],
         "limits.1.window"),
    ],
    ids=["a second limit beside a kept one", "a limit on rewards beside a kept one on spend", "one that only counts", "of a year",
         "the first limit of all", "another window under the same id", "a pool", "another pool in its place", "a sale that has begun",
         "a sale that is extended into another month"],
)  # fmt: skip
def test_whatever_starts_to_count_in_the_middle_of_its_window_is_doubted(
    before: Changes, after: Changes, place: str
) -> None:
    assert beside(before, after) == [(place, "starts_from_zero")]


@pytest.mark.parametrize(
    ("before", "after", "start"),
    [
        ([USED], [("limits", [SPEND, HALVES])], "2026-02-16T00:00:00+09:00"),
        ([USED], [("limits", [SPEND | {"amount": 500_000}])], "2026-02-10T00:00:00+09:00"),
        ([USED, ("ends_at", "2026-02-01T00:00:00+09:00")], [("limits", [SPEND, REWARD])], "2026-02-10T00:00:00+09:00"),
        ([USED], [("limits", [SPEND, SALE])], "2026-02-10T00:00:00+09:00"),
        ([USED, ("pools", [POOL])], [USED, ("pools", [POOL | {"amount": 2_000_000}])], "2026-02-10T00:00:00+09:00"),
    ],
    ids=[
        "where its window begins",
        "another amount",
        "nothing was in force",
        "a sale that begins later",
        "the same pool",
    ],
)
def test_what_counts_from_the_beginning_of_its_window_is_not_doubted(
    before: Changes, after: Changes, start: str
) -> None:
    assert beside(before, after, start) == []


BY_PROGRAMME = sorted({path.parent for path in PUBLISHED if path.parent.name != "examples"})


@pytest.mark.parametrize("folder", BY_PROGRAMME, ids=lambda folder: folder.name)
def test_no_version_published_is_doubted_beside_the_one_before(folder: Path) -> None:
    read = [problems_of_file(path)[0] for path in PUBLISHED if path.parent == folder]
    documents = sorted((each for each in read if each), key=lambda each: period_of(each)[0])
    found = {
        (other["version"], path, code)
        for one, other in pairwise(documents)
        for path, code, _ in warnings_beside(other, one)
    }
    # As the note in this version says: its limit on rewards is another than the one before, and starts from zero in mid-month.
    known = {(f"{folder.name}-2024-12-16", "limits.0.id", "starts_from_zero")}
    assert found == (known if folder.name.startswith("incheon") else set())
