"""Korean sentences about policies: no ids of documents, the right particles, and a different name for each thing."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.policy.amendments import Suspension
from eeum.policy.announcements import announced
from eeum.policy.comparison import changes_between, explained
from eeum.policy.documents import canonical_document, shaped_document
from eeum.policy.names import Names
from eeum.policy.plain import Statement, statements_of
from eeum.policy.plain_conditions import clause
from eeum.policy.wording import Plain, with_particle
from tests.unit.policy.korean_sentences import faults_in
from tests.unit.policy.policy_documents import document, layer
from tests.unit.policy.random_documents import conditions, documents

POLICIES = Path(__file__).parents[3] / "policies"
LIBRARY = sorted(path for path in POLICIES.glob("*/*.json") if not path.name.endswith(".events.json"))
AS_WRITTEN = ("programme", "version", "language")
"""Statements that show identifiers on purpose: people copy them into requests. Sources of `rows` are addresses and notes."""

# --- every sentence -------------------------------------------------------------------------------------------------------


def _is_generated(about: str) -> bool:
    return about not in AS_WRITTEN and not about.startswith("rows.")


def _faults_of_statements(statements: list[Statement]) -> list[str]:
    return [
        fault
        for each in statements
        if _is_generated(each.about)
        for sentence in (each.subject.ko, each.says.ko, *(member.ko for member in (each.members or {}).values()))
        for fault in faults_in(sentence)
    ]


def _faults_of_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    changes = changes_between(before, after)
    return [fault for each in changes if _is_generated(each.about) for fault in faults_in(each.says.ko)]


@settings(max_examples=300, deadline=None)
@given(documents())
def test_sentences_of_any_document_are_korean(of: dict[str, Any]) -> None:
    assert _faults_of_statements(statements_of(of)) == []


@settings(max_examples=200, deadline=None)
@given(documents(), documents())
def test_sentences_of_any_change_are_korean(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert _faults_of_changes(before, after) == []


@settings(max_examples=100, deadline=None)
@given(conditions())
def test_a_condition_by_itself_is_korean(condition: dict[str, Any]) -> None:
    assert list(faults_in(clause(condition).ko)) == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_sentences_of_the_library_are_korean(path: Path) -> None:
    stored = shaped_document(json.loads(path.read_text(encoding="utf-8")))
    assert _faults_of_statements(statements_of(stored)) == []
    assert not any("1" in each.ko for each in _values(stored)), (
        "every place and category of the library has a Korean name"
    )


def _values(stored: dict[str, Any]) -> list[Plain]:
    names = Names(stored)
    return [
        *(names.value("districts", name) for name in stored["merchants"]["districts"]),
        *(names.value("categories", name) for name in stored["merchants"]["categories"]),
    ]


@pytest.mark.parametrize("programme", ["incheon", "incheon-all", "suwon"])
def test_changes_of_the_library_are_korean(programme: str) -> None:
    stored = [shaped_document(json.loads(path.read_text())) for path in LIBRARY if path.parent.name == programme]
    stored.sort(key=lambda each: each["starts_at"])
    for before, after in pairwise(stored):
        assert _faults_of_changes(before, after) == []


def test_announcements_are_korean() -> None:
    now = datetime(2019, 1, 1, tzinfo=UTC)
    stored = [shaped_document(json.loads(path.read_text())) for path in LIBRARY if path.parent.name == "incheon"]
    found = announced(sorted(stored, key=lambda each: each["starts_at"]), [], now)
    assert len(found) == len(stored)
    for each in found:
        assert [fault for change in each.changes for fault in faults_in(change.says.ko)] == []


@pytest.mark.parametrize(
    "wrong",
    ["한도 monthly-spend 안에서", "업종: grocery 및 음식점", "large_mart 제외", "지갑 a에 받음", "캐시으로 받음", "충전금로 받음",
     "10%을 줌", "3를 더함", "QR를 씀", "5,000원를 줌", "월 이용 한도을 넘으면", "포인트(2개월)은 없음", "혜택는 없음", "6로 나눔"],
)  # fmt: skip
def test_the_check_finds_what_is_wrong(wrong: str) -> None:
    assert list(faults_in(wrong))


def test_the_check_lets_pass_what_is_right() -> None:
    right = (
        "e음 카드는 10%를 10만원으로 캐시로 서울로 QR을 3을 1로 받는 혜택이 한도를 넘으면 e몰에서 포인트(2개월)는 없이"
    )
    assert list(faults_in(right)) == []


# --- particles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pair", "expected"),
    [
        ("캐시", "으로/로", "캐시로"),
        ("충전금", "으로/로", "충전금으로"),
        ("서울", "으로/로", "서울로"),
        ("서울", "은/는", "서울은"),
        ("월 이용 한도", "을/를", "월 이용 한도를"),
        ("5,000원", "을/를", "5,000원을"),
        ("7.5%", "은/는", "7.5%는"),
        ("지역 1", "으로/로", "지역 1로"),
        ("지역 3", "이/가", "지역 3이"),
        ("지역 2", "이/가", "지역 2가"),
        ("지역 10", "으로/로", "지역 10으로"),
        ("6", "으로/로", "6으로"),
        ("QR", "을/를", "QR을"),
        ("NFC", "을/를", "NFC를"),
        ("포인트(2개월)", "은/는", "포인트(2개월)는"),
        ("“동백전”", "이/가", "“동백전”이"),
        ("", "을/를", "를"),
    ],
)
def test_particles(text: str, pair: str, expected: str) -> None:
    assert with_particle(text, pair) == expected


@settings(max_examples=300, deadline=None)
@given(
    # "가으로" can be read as 가 with 으로, and as 가으 with 로.
    st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=3).filter(
        lambda text: text[-1] != "으"
    )
    | st.from_regex(r"[가-힣]{1,2}[0-9A-Z%]{1,3}", fullmatch=True),
    st.sampled_from(["은/는", "이/가", "을/를", "과/와", "으로/로"]),
)
def test_a_particle_fits_whatever_it_follows(text: str, pair: str) -> None:
    assert list(faults_in(with_particle(f"첫{text}", pair))) == []


# --- names ----------------------------------------------------------------------------------------------------------------


def _says(of: dict[str, Any], about: str) -> Plain:
    return {each.about: each.says for each in statements_of(of)}[about]


def _subject(of: dict[str, Any], about: str) -> Plain:
    return {each.about: each.subject for each in statements_of(of)}[about]


def test_a_limit_without_a_title_is_described() -> None:
    both = document(("layers.0.limits", ["monthly-spend", "monthly-reward"]))
    assert _says(both, "layers.base.limits") == (
        "월 이용 한도, 월 혜택 한도 안에서",
        "within monthly-spend, monthly-reward",
    )
    assert _subject(both, "limits.monthly-spend") == ("월 이용 한도", "Limit monthly-spend")


def test_limits_that_read_alike_have_numbers() -> None:
    alike = document(("limits.1.measure", "spend"), ("layers.0.limits", ["monthly-spend", "monthly-reward"]))
    assert _says(alike, "layers.base.limits").ko == "월 이용 한도 2, 월 이용 한도 안에서"


@pytest.mark.parametrize(
    ("window", "measure", "phrase"),
    [
        ("half_month", "spend", "보름 이용 한도"),
        ("year", "reward", "연간 혜택 한도"),
        ("month", "top_up", "월 충전 한도"),
        ("event", "reward", "행사 혜택 한도"),
    ],
)
def test_phrases_of_limits(window: str, measure: str, phrase: str) -> None:
    period = {"from": "2026-01-01T00:00:00+09:00", "until": "2026-02-01T00:00:00+09:00"} if window == "event" else {}
    one = document(("limits", [{"id": "x", "measure": measure, "window": window, "amount": 1, **period}]))
    assert _subject(one, "limits.x").ko == phrase


def test_a_title_goes_before_the_phrase() -> None:
    titled = document(("limits.0.title", {"ko": "5월 축제", "en": "May festival"}))
    assert _says(titled, "layers.base.limits") == ("5월 축제 한도 안에서", "within May festival")
    ends = document(("limits.0.title", {"ko": "개인별 월 한도"}))
    assert _says(ends, "layers.base.limits") == ("개인별 월 한도 안에서", "within 개인별 월 한도")


def test_pools_groups_and_purses_have_names() -> None:
    one = layer("one", [(None, 100)]) | {"pools": ["p"], "exclusive": "g", "into": "w"}
    of = document(
        ("layers", [one]),
        ("pools", [{"id": "p", "window": "year", "amount": 1, "title": {"ko": "축제 예산"}}]),
        ("groups", [{"id": "g", "counts": "highest"}]),
        ("purses", [{"id": "w", "title": {"ko": "환영 포인트"}}]),
    )
    canonical_document(of)
    assert _says(of, "layers.one.pools").ko == "축제 예산 안에서 선착순"
    assert _says(of, "layers.one.exclusive").ko == "택일 혜택 가운데 하나만 받음"
    assert _says(of, "layers.one.into").ko == "환영 포인트로 받음"
    untitled = document(("layers", [one]), ("pools", [{"id": "p", "window": "year", "amount": 1}]))
    assert _says(untitled, "layers.one.pools").ko == "연간 공동 한도 안에서 선착순"


def test_places_have_the_names_of_the_document_then_the_usual_ones_then_a_number() -> None:
    of = document(
        ("merchants.districts", ["north", "hill", "seo", "jung"]),
        ("names", {"districts": {"hill": {"ko": "언덕동", "en": "the Hill"}, "jung": {"ko": "가운데구"}}}),
    )
    assert _says(canonical_document(of), "merchants.districts") == (
        "언덕동, 가운데구, 지역 1 및 서구",
        "the Hill, jung, north and seo",
    )


def test_a_name_is_given_to_one_place_only() -> None:
    named = {"districts": {"north": {"ko": "중구"}, "south": {"ko": "중구"}}}
    of = document(("merchants.districts", ["north", "south", "jung"]), ("names", named))
    assert _says(of, "merchants.districts").ko == "중구, 중구 2 및 중구 3"


def test_a_new_title_of_a_limit_is_one_change() -> None:
    (change,) = changes_between(document(), document(("limits.0.title", {"ko": "이달의 한도"})))
    assert change.about == "limits.monthly-spend.title"
    assert change.says.ko == "변경 — 이달의 한도: 이름은 “이달의 한도” (그 전에는 이름 없음)"


def test_a_new_name_of_a_place_is_one_change() -> None:
    (change,) = changes_between(document(), document(("names", {"districts": {"north": {"ko": "북동"}}})))
    assert (change.about, change.says.ko) == (
        "names.districts",
        "변경 — 지역 이름: 북동 (그 전에는 따로 정하지 않음)",
    )


def test_a_suspended_layer_that_no_document_has_is_not_named() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    suspension = Suspension("s", ("gone", "base"), start, None)
    (found,) = announced([document()], [suspension], datetime(2026, 2, 1, tzinfo=UTC))
    (change,) = found.changes
    assert list(faults_in(change.says.ko)) == []
    assert "기본" in change.says.ko


# --- without English ------------------------------------------------------------------------------------------------------


def test_english_titles_may_be_left_out() -> None:
    of = document(("title.en-", None), ("layers.0.title.en-", None))
    stored = canonical_document(of)
    assert stored["title"] == {"ko": "월 30만원까지 10% 캐시백"}
    assert stored["layers"][0]["title"] == {"ko": "기본"}
    assert _says(stored, "title") == ("월 30만원까지 10% 캐시백", "월 30만원까지 10% 캐시백")
    assert _subject(stored, "layers.base.gives") == ("기본", "기본")
    assert explained(stored)
    (found,) = announced([stored], [], datetime(2025, 1, 1, tzinfo=UTC))
    assert found.title.en == "월 30만원까지 10% 캐시백"
