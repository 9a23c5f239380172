"""Policies and their differences in plain Korean and English: complete, and without a false sentence."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import gcd
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.errors import PolicyRefused
from eeum.policy.comparison import LISTS, Change, Kind, changes_between, explained
from eeum.policy.document_models import PolicyDocument
from eeum.policy.documents import shaped_document
from eeum.policy.plain import statements_of
from eeum.policy.plain_conditions import clause
from eeum.policy.wording import Plain, instant, listed, rate, won
from tests.unit.policy.policy_documents import document
from tests.unit.policy.random_documents import documents

# --- numbers as people read them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "korean", "english"),
    [
        (0, "0원", "0 won"),
        (1_000, "1,000원", "1,000 won"),
        (10_000, "1만원", "10,000 won"),
        (15_000, "1만 5,000원", "15,000 won"),
        (500_000, "50만원", "500,000 won"),
        (300_000_000, "3억원", "300,000,000 won"),
        (123_456_789, "1억 2,345만 6,789원", "123,456,789 won"),
        (1_000_000_000_000, "1조원", "1,000,000,000,000 won"),
    ],
)
def test_won(amount: int, korean: str, english: str) -> None:
    assert won(amount) == (korean, english)


@pytest.mark.parametrize(
    ("basis_points", "text"), [(0, "0"), (1, "0.01"), (30, "0.3"), (750, "7.5"), (1_000, "10"), (10_000, "100")]
)
def test_rates(basis_points: int, text: str) -> None:
    assert rate(basis_points) == (f"{text}%", f"{text} %")


@pytest.mark.parametrize(
    ("at", "korean", "english"),
    [
        ("2026-03-01T00:00:00+09:00", "2026년 3월 1일 0시", "1 March 2026, 00:00"),
        ("2026-02-28T15:00:00Z", "2026년 3월 1일 0시", "1 March 2026, 00:00"),
        ("2019-08-01T06:30:00+09:00", "2019년 8월 1일 06:30", "1 August 2019, 06:30"),
        ("2026-12-31T23:59:59.999+09:00", "2026년 12월 31일 23:59:59.999", "31 December 2026, 23:59:59.999"),
    ],
)
def test_instants(at: str, korean: str, english: str) -> None:
    assert instant(at) == (korean, english)
    assert instant(datetime.fromisoformat(at).astimezone(SEOUL)) == (korean, english)


def test_lists() -> None:
    parts = [Plain("가", "a"), Plain("나", "b"), Plain("다", "c")]
    assert listed(parts) == ("가, 나 또는 다", "a, b or c")
    assert listed(parts[:1]) == ("가", "a")
    assert listed([]) == ("없음", "none")


BY_APP_WITHOUT_CARD_A = [{"fact": "method", "in": ["app"]}, {"not": {"fact": "card_product", "in": ["a"]}}]


@pytest.mark.parametrize(
    ("condition", "korean", "english"),
    [
        (
            {"fact": "merchant_annual_revenue", "above": 300_000_000, "at_most": 3_000_000_000},
            "가맹점 연매출: 3억원 초과 30억원 이하",
            "the shop's sales a year is more than 300,000,000 won and at most 3,000,000,000 won",
        ),
        (
            {"fact": "member_age", "at_least": 19, "below": 35},
            "가입자 나이: 19 이상 35 미만",
            "the member's age is at least 19 and less than 35",
        ),
        ({"fact": "channel", "in": ["qr", "taxi"]}, "결제 장소: QR 또는 택시", "the place of payment is QR or taxi"),
        ({"fact": "weekday", "in": ["sunday"]}, "요일: 일요일", "the day of the week is Sunday"),
        ({"fact": "merchant_flags", "has": "partner"}, "상생 가맹점", "the shop is marked “partner”"),
        (
            {"fact": "time_of_day", "from": "18:00", "until": "22:00"},
            "시각: 18:00부터 22:00 전까지",
            "the time of day is from 18:00 until before 22:00",
        ),
        (
            {"fact": "instant", "until": "2026-03-01T00:00:00+09:00"},
            "때: 2026년 3월 1일 0시 전까지",
            "the time is until before 1 March 2026, 00:00",
        ),
        (
            {"any": [{"all": BY_APP_WITHOUT_CARD_A}, {"fact": "amount", "at_least": 10_000}]},
            "(결제 방법: 앱 그리고 다음이 아닌 경우(카드 종류: 카드 1)) 또는 금액: 1만원 이상",
            "(the means of payment is app, and it is not so that (the card is a)), or the amount is at least 10,000 won",
        ),
    ],
)
def test_conditions(condition: dict[str, Any], korean: str, english: str) -> None:
    assert clause(condition) == (korean, english)


# --- one policy -----------------------------------------------------------------------------------------------------------


def test_a_policy_says_what_it_gives_when_and_who_pays() -> None:
    said = {each.about: each.says for each in explained(document())}
    assert said["layers.base.gives"] == ("결제 뒤 캐시백: 30만원까지 10%", "10 % up to 300,000 won, back after payment")
    assert said["layers.base.limits"].en == "within monthly-spend"
    assert said["layers.base.funders"] == ("재원은 국비 1 : 시비 1", "paid by the nation 1 : the city 1")
    assert said["limits.monthly-spend"] == ("매달 쓰는 금액 30만원까지", "up to 300,000 won of spend a month")
    assert said["limits.monthly-reward"].en == "up to 20,000 won of benefits a month"
    assert said["wallet.minimum_top_up"] == ("1만원", "10,000 won")
    assert "layers.base.when" not in said, "what is always so is not said"


# --- two policies ---------------------------------------------------------------------------------------------------------


def _one_change(*changes: tuple[str, Any], since: tuple[str, Any] | None = None) -> Change:
    before = [since] if since else []
    (change,) = changes_between(document(*before), document(*before, *changes))
    return change


def test_a_higher_limit_is_better_and_a_lower_one_less() -> None:
    open_ended = _bands((0, None, 1_000))
    higher = _one_change(("limits.0.amount", 500_000), since=open_ended)
    assert (higher.kind, higher.about) == (Kind.BETTER, "limits.monthly-spend")
    assert higher.says.ko == "확대 — 월 이용 한도: 매달 쓰는 금액 50만원까지 (그 전에는 매달 쓰는 금액 30만원까지)"
    assert higher.says.en == (
        "Better: Limit monthly-spend: up to 500,000 won of spend a month (until then: up to 300,000 won of spend a month)"
    )
    assert _one_change(("limits.0.amount", None), since=open_ended).kind is Kind.BETTER
    assert _one_change(("limits.0.amount", 1_000)).kind is Kind.LESS
    assert _one_change(("limits.0.window", "year")).kind is Kind.CHANGES


def test_a_limit_that_is_raised_beyond_the_last_band_is_not_better() -> None:
    for amount in (500_000, None):
        raised = _one_change(("limits.0.amount", amount))
        assert raised.kind is Kind.CHANGES
        assert raised.says.en.endswith("; what is given stays the same")
        assert raised.says.ko.endswith(". 받는 혜택은 그대로임")


def _bands(*edges: tuple[int, int | None, int | str]) -> tuple[str, Any]:
    return "layers.0.bands", [{"from": start, "up_to": end, "rate_basis_points": given} for start, end, given in edges]


def test_bands_are_better_only_if_no_member_gets_less() -> None:
    assert _one_change(_bands((0, 300_000, 1_001))).kind is Kind.BETTER
    assert _one_change(_bands((0, None, 1_000))).kind is Kind.BETTER
    assert _one_change(_bands((0, 300_000, 900))).kind is Kind.LESS
    assert _one_change(_bands((0, 100_000, 2_000))).kind is Kind.CHANGES, "better only for members who spend little"
    assert _one_change(_bands((0, 100_000, 4_000))).kind is Kind.BETTER, "never less than before, whatever is spent"
    assert _one_change(_bands((0, 300_000, "merchant"))).kind is Kind.CHANGES
    assert _one_change(_bands((0, 200_000, 1_400), (200_000, 300_000, 100))).kind is Kind.CHANGES


def test_an_added_or_removed_layer_is_one_change() -> None:
    with_none = document(("layers", []))
    (came, order) = changes_between(with_none, document())
    assert (came.kind, came.about, order.about) == (Kind.NEW, "layers.base", "layers")
    assert came.says.en == (
        "New: Base: 10 % up to 300,000 won, back after payment; within monthly-spend; paid by the nation 1 : the city 1"
    )
    assert came.says.ko.startswith("신설 — 기본: ")
    (_, went) = changes_between(document(), with_none)
    assert (went.kind, went.about) == (Kind.ENDS, "layers.base")
    assert went.says.ko.startswith("종료 — 기본: ")


def test_a_changed_set_shows_only_added_and_removed_names() -> None:
    came, went = changes_between(document(), document(("merchants.districts", ["north", "harbour", "hill"])))
    assert (came.kind, came.says.en) == (Kind.BETTER, "Better: Districts: harbour and hill are added")
    assert (went.kind, went.says.ko) == (Kind.LESS, "축소 — 지역: 지역 3 제외")
    excluded = _one_change(("merchants.excluded_categories", ["large_mart", "bookshop"]))
    assert excluded.kind is Kind.LESS


def test_a_moved_end_is_a_change() -> None:
    ends = _one_change(("ends_at", "2026-07-01T00:00:00+09:00"))
    assert (ends.kind, ends.says.en) == (Kind.LESS, "Less: Until: 1 July 2026, 00:00 (until then: not set)")


# --- nothing is left out --------------------------------------------------------------------------------------------------

GIVES = ("gives", "bands", "steps")
DEFAULTS: dict[str, Any] = {
    "layers": {"when": None, "gives": "cashback", "bands": None, "steps": None, "limits": [], "counts": "accepted"}
    | {"into": "cashback", "exclusive": None, "pools": [], "most_at_once": None},
    "limits": {"from": None, "until": None, "carries_over_from": None},
    "pools": {"from": None, "until": None},
    "purses": {"expires_after": None, "spendable_at": None},
    "rows": {},
    "groups": {},
}


def _instants_of(value: Any) -> Any:
    """A document with instants parsed and sets sorted, for comparison."""
    if isinstance(value, dict):
        return {name: sorted(part) if name == "in" else _instants_of(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_instants_of(part) for part in value]
    if isinstance(value, str) and value.startswith("20") and "T" in value:
        return datetime.fromisoformat(value)
    return value


def _single(condition: Any) -> Any:
    """A condition in an `all` or `any` of one, unwrapped: both mean the same."""
    if not isinstance(condition, dict):
        return condition
    for joint in ("all", "any"):
        if joint in condition:
            parts = [_single(part) for part in condition[joint]]
            return parts[0] if len(parts) == 1 else {joint: parts}
    return {"not": _single(condition["not"])} if "not" in condition else condition


def facts_of(of: dict[str, Any]) -> dict[str, Any]:
    """Everything a document states, by the path of its statement."""
    return dict(_facts(of))


def _facts(of: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("title", "programme", "version", "language", "starts_at", "ends_at"):
        yield name, _instants_of(of.get(name))
    yield "earns_from", frozenset(of["earns_from"])
    wallet = {"spends_first": "member_chooses", "top_up_limits": []} | of["wallet"]
    yield from ((f"wallet.{name}", value) for name, value in wallet.items())
    merchants = {"excluded_categories": [], "flags": [], "excluded_above_revenue": None} | of["merchants"]
    for name, value in merchants.items():
        yield f"merchants.{name}", frozenset(value) if isinstance(value, list) else value
    for kind in ("districts", "categories", "flags", "card_products", "card_issuers", "member_classes"):
        yield f"names.{kind}", (of.get("names") or {}).get(kind, {})
    for part in LISTS:
        for each in of.get(part, ()):
            own = DEFAULTS[part] | {name: value for name, value in each.items() if name != "id"}
            about = f"{part}.{each['id']}"
            for name in ("when", "spendable_at"):
                if name in own:
                    own[name] = _instants_of(_single(own[name]))
            if part == "layers":
                shares = own["funders"]
                least = gcd(*(funder["share"] for funder in shares))
                own["funders"] = [(funder["funder"], funder["share"] // least) for funder in shares]
                yield f"{about}.gives", [own.pop(name) for name in GIVES]
            if part in ("layers", "purses"):
                yield from ((f"{about}.{name}", value) for name, value in own.items())
            else:
                yield f"{about}.title", own.pop("title", None)
                yield about, _instants_of(own)
    yield "layers", [each["id"] for each in of["layers"]]


def _is_told(about: str, changes: list[Change]) -> bool:
    return any(
        change.about == about or about.startswith(f"{change.about}.")
        for change in changes
        if change.about != "layers" or about == "layers"
    )


@settings(max_examples=150, deadline=None)
@given(documents(), documents())
def test_changes_are_exactly_the_differences_between_two_documents(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    changes = changes_between(before, after)
    earlier, later = facts_of(before), facts_of(after)
    missing = object()
    different = {
        about for about in earlier.keys() | later.keys() if earlier.get(about, missing) != later.get(about, missing)
    }
    assert [about for about in sorted(different) if not _is_told(about, changes)] == []
    for change in changes:
        assert any(about == change.about or about.startswith(f"{change.about}.") for about in different), change
        assert change.says.ko.strip()
        assert change.says.en.strip()


Place = tuple[str | int, ...]


def _leaves(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every number, instant and time of day, with its path."""
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(part, (*at, name))
    elif (isinstance(value, int) and at != ("language",)) or (isinstance(value, str) and re.match(r"\d", value)):
        yield at, value


def _another(value: Any) -> Any:
    """The next number, a millisecond later, a minute later."""
    if isinstance(value, int):
        return value + 1
    if "T" in value:
        return (datetime.fromisoformat(value) + timedelta(milliseconds=1)).isoformat()
    return f"{value[:-1]}{(int(value[-1]) + 1) % 10}"


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_the_smallest_difference_is_a_change_in_both_languages(before: dict[str, Any], data: st.DataObject) -> None:
    at, value = data.draw(st.sampled_from(list(_leaves(before))))
    after = copy.deepcopy(before)
    place: Any = after
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = _another(value)

    changes = changes_between(before, after)

    if facts_of(before) == facts_of(after):  # one funder's share of the whole, 2 : 4 in place of 1 : 2
        assert changes == []
        return
    ((kind, _, says),) = changes
    assert kind in (Kind.BETTER, Kind.LESS, Kind.CHANGES)
    for language in ("ko", "en"):
        was, now = (_said(of, changes[0].about, language) for of in (before, after))
        assert was != now
        assert was in getattr(says, language)
        assert now in getattr(says, language)


def _said(of: dict[str, Any], about: str, language: str) -> str:
    (statement,) = [each for each in statements_of(of) if each.about == about]
    said: str = getattr(statement.says, language)
    return said


@settings(max_examples=60, deadline=None)
@given(documents())
def test_shares_that_are_the_same_proportion_are_the_same(of: dict[str, Any]) -> None:
    doubled = copy.deepcopy(of)
    for layer in doubled["layers"]:
        for funder in layer["funders"]:
            funder["share"] *= 2
    assert changes_between(of, doubled) == []


@settings(max_examples=60, deadline=None)
@given(documents())
def test_equal_documents_give_no_sentence(of: dict[str, Any]) -> None:
    assert changes_between(of, copy.deepcopy(of)) == []
    reordered = copy.deepcopy(of)
    for part in ("limits", "pools", "groups", "purses", "rows"):
        reordered.get(part, []).reverse()
    reordered["earns_from"].reverse()
    reordered["merchants"]["districts"].reverse()
    assert changes_between(of, reordered) == []


def test_the_same_reward_in_other_bands_is_neither_better_nor_less() -> None:
    nothing = {"from": 300_000, "up_to": None, "rate_basis_points": 0}
    said = [{"from": 0, "up_to": 300_000, "rate_basis_points": 1000}]
    one, other = (document(("layers.0.bands", bands)) for bands in (said, [*said, nothing]))
    for changes in (changes_between(one, other), changes_between(other, one)):
        assert {change.kind for change in changes} <= {Kind.CHANGES}


@settings(max_examples=60, deadline=None)
@given(documents(), documents())
def test_swapping_documents_swaps_better_and_less(before: dict[str, Any], after: dict[str, Any]) -> None:
    opposite = {Kind.BETTER: Kind.LESS, Kind.NEW: Kind.ENDS, Kind.CHANGES: Kind.CHANGES}
    opposite |= {value: key for key, value in opposite.items()}
    there = sorted((change.about, change.kind) for change in changes_between(before, after))
    back = sorted((change.about, opposite[change.kind]) for change in changes_between(after, before))
    assert there == back


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_a_draft_with_missing_values_can_still_be_explained(of: dict[str, Any], data: st.DataObject) -> None:
    """Any document of the right shape can be read; its check reports other faults."""
    places = [(part, name) for part in _parts(of) for name in part]
    for part, name in data.draw(st.lists(st.sampled_from(places), max_size=4, unique_by=lambda each: id(each[0]))):
        part.pop(name, None)
    try:
        shaped = shaped_document(shaped_document(of))
    except PolicyRefused:
        return
    assert explained(shaped)
    assert changes_between(shaped, shaped) == []
    changes_between(document(), shaped)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(part)
    if isinstance(value, dict):
        yield value


def _words_of_the_schema() -> set[str]:
    schema = PolicyDocument.model_json_schema(by_alias=True)
    return {name for each in (schema, *schema["$defs"].values()) for name in each.get("properties", {})}


def test_the_random_documents_use_every_word_of_the_language() -> None:
    used: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            used.update(value)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(part)

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(documents())
    def gather(of: dict[str, Any]) -> None:
        look(of)

    gather()
    assert _words_of_the_schema() <= used
