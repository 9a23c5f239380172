"""Policies and their differences in plain Korean and English: complete, and without a false sentence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.policy.comparison import Change, Kind, changes_between, explained
from eeum.policy.plain_conditions import clause
from eeum.policy.wording import Plain, instant, listed, rate, won
from tests.unit.policy.policy_documents import document

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
            "가입자 나이: 19세 이상 35세 미만",
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
            "일시: 2026년 3월 1일 0시 전까지",
            "the time is until before 1 March 2026, 00:00",
        ),
        (
            {"any": [{"all": BY_APP_WITHOUT_CARD_A}, {"fact": "amount", "at_least": 10_000}]},
            "(결제 방법: 앱 그리고 다음이 아닌 경우(카드 종류: 카드 1)) 또는 금액: 1만원 이상",
            "(the means of payment is app, and not (the card is a)), or the amount is at least 10,000 won",
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
        assert raised.says.en.endswith("; the benefit stays the same")
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
