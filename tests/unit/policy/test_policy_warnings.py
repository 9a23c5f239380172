"""Each warning is reported once, at its place; usual documents get none."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from eeum.policy.check import problems_of_file
from eeum.policy.conditions import WEEKDAYS
from eeum.policy.document_warnings import warnings_beside, warnings_of
from eeum.policy.documents import canonical_document, shaped_document
from eeum.policy.reading import period_of
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
                              when={"not": {"any": [{"fact": "card_product", "in": ["standard", "welfaer"]}]}})])]),
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
        by_revenue(revenue(at_most=300_000_000), in_the_market(revenue(at_most=3_000_000_000))),
        by_revenue(revenue(at_most=300_000_000), revenue(at_most=3_000_000_000), limits=[]),
    ],
    ids=[
        "every word used", "the end of a month", "an end within a month",
        "the last second of all", "the last day of all", "what may be topped up", "ranges that part",
        "ranges that touch", "the same shops twice", "more in the market", "a limit of its own",
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


BY_PROGRAMME = sorted({path.parent for path in PUBLISHED if path.parent.name != "examples"})


@pytest.mark.parametrize("folder", BY_PROGRAMME, ids=lambda folder: folder.name)
def test_no_version_published_is_doubted_beside_the_one_before(folder: Path) -> None:
    read = [problems_of_file(path)[0] for path in PUBLISHED if path.parent == folder]
    documents = sorted((each for each in read if each), key=lambda each: period_of(each)[0])
    assert [code for one, other in pairwise(documents) for _, code, _ in warnings_beside(other, one)] == []
