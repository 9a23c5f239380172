"""Discounts and purses of rewards over HTTP: the amounts that members see, their expiry and places, and what budgets cut."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from tests.http.callers import ACQUIRER, BANK, OPERATOR, PAYER
from tests.http.checks import unchanged
from tests.http.city import NOON, Answer, InMemoryCity, budget_line, policies
from tests.http.requests import KEY, payment, schedule

STARTS_AT = datetime(2021, 1, 6, tzinfo=SEOUL)
POINTS = {
    "id": "points",
    "title": {"ko": "책 포인트", "en": "Book points"},
    "expires_after": {"months": 1},
    "spendable_at": {"fact": "merchant_category", "in": ["bookshop"]},
}


def layer(name: str, gives: str, **words: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "gives": gives,
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": 1_000}],
        "funders": [{"funder": "city", "share": 1}],
        **words,
    }


@pytest.fixture
def giving(city: InMemoryCity) -> InMemoryCity:
    """From the next day on, 10 % discount and 10 % top-up bonus, each from a line of 2,500 won."""
    base = next(each for each in policies() if each["version"] == "incheon-2021-01-01")
    layers = [*base["layers"], layer("coupon", "discount"), layer("bonus", "top_up_bonus", into="points")]
    announced = {"version": "with-rewards", "starts_at": STARTS_AT.isoformat(), "layers": layers, "purses": [POINTS]}
    schedule(city, base | announced)
    for name in ("coupon", "bonus"):
        line = budget_line(2021, f"for-{name}", layers=[name], amount=2_500, applies_from=STARTS_AT.isoformat())
        answer = city.call(OPERATOR, "POST", "/budgets/2021/lines", line, key=f"the-line-for-{name}-of-2021")
        assert answer.status == 200, answer
    city.now = NOON + timedelta(days=1)
    return city


def paid(city: InMemoryCity, amount: int, key: str = KEY) -> Answer:
    return city.call(ACQUIRER, "POST", "/payments", payment(city, card_token=city.who.card, amount=amount), key=key)


def topped_up(city: InMemoryCity, amount: int, key: str = KEY) -> Answer:
    body = {"amount": amount, "bank_reference": "KB-2"}
    return city.call(BANK, "POST", f"/wallets/{city.who.wallet}/top_ups", body, key=key)


def wallet(city: InMemoryCity) -> Any:
    return city.call(PAYER, "GET", f"/wallets/{city.who.wallet}").json


def test_a_payment_shows_price_discount_and_the_amount_paid(giving: InMemoryCity) -> None:
    made = paid(giving, 20_000)
    told = ("amount", "discount", "paid", "paid_from", "discounts", "cut")
    assert {name: made.json[name] for name in told} == {
        "amount": 20_000,
        "discount": 2_000,
        "paid": 18_000,
        "paid_from": {"charged": 18_000},
        "discounts": [{"layer": "coupon", "won": 2_000, "funders": {"city": 2_000}}],
        "cut": [],
    }
    with unchanged(giving):
        again = paid(giving, 20_000)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (made.body, "true")


def test_a_partly_funded_discount_is_cut_and_says_so(giving: InMemoryCity) -> None:
    paid(giving, 20_000)
    part, none = paid(giving, 20_000, "the-second-payment"), paid(giving, 20_000, "the-third-payment-")
    assert [answer.json["status"] for answer in (part, none)] == ["approved", "approved"]
    assert (part.json["discount"], none.json["discount"]) == (500, 0)
    reason = {"layer": "coupon", "reason": "budget_used_up"}
    assert part.json["cut"] == [
        reason
        | {
            "given": 500,
            "message": "예산이 모두 사용되어 이 혜택은 500원까지만 적용되었습니다.",
            "message_en": "The budget is used up, so this benefit was limited to 500 won.",
        }
    ]
    assert none.json["cut"] == [
        reason
        | {
            "given": 0,
            "message": "예산이 모두 사용되어 이 혜택은 적용되지 않았습니다.",
            "message_en": "The budget is used up, so this benefit was not given.",
        }
    ]


def test_a_top_up_shows_its_bonus_and_what_was_cut(giving: InMemoryCity) -> None:
    made = topped_up(giving, 30_000)
    assert (made.json["debited"], made.json["credited"]) == (30_000, {"charged": 30_000, "points@2021-02": 2_500})
    assert [each["given"] for each in made.json["cut"]] == [2_500]
    with unchanged(giving):
        assert topped_up(giving, 30_000).body == made.body


def test_a_wallet_shows_expiry_and_places_of_rewards(giving: InMemoryCity) -> None:
    assert wallet(giving)["rewards"] == []
    topped_up(giving, 30_000)
    reward = {
        "id": "points@2021-02",
        "purse": "points",
        "title": {"ko": "책 포인트", "en": "Book points"},
        "won": 2_500,
        "spendable_from": None,
        "expires_at": "2021-03-01T00:00:00.000+09:00",
        "expired": False,
        "spendable_at": {"ko": "가맹점 업종: 서점", "en": "the shop's category is bookshop"},
    }
    assert wallet(giving)["rewards"] == [reward]
    assert wallet(giving)["purses"]["points@2021-02"] == 2_500
    giving.now = datetime(2021, 2, 28, 23, 59, 59, 999_000, tzinfo=SEOUL)
    assert wallet(giving)["rewards"] == [reward]
    giving.now += timedelta(milliseconds=1)
    assert wallet(giving)["rewards"] == [reward | {"expired": True}]


def test_a_purse_without_an_english_title_shows_the_korean_and_places_have_the_policys_names(
    giving: InMemoryCity,
) -> None:
    base = next(each for each in policies() if each["version"] == "incheon-2021-01-01")
    own = base | {
        "version": "in-korean",
        "starts_at": "2021-01-07T00:00:00+09:00",
        "names": {"categories": {"bookshop": {"ko": "동네책방"}}},
        "purses": [POINTS | {"title": {"ko": "책 포인트"}}],
    }
    topped_up(giving, 30_000)
    schedule(giving, own)
    giving.now = datetime(2021, 1, 7, 9, 0, tzinfo=SEOUL)
    (reward,) = wallet(giving)["rewards"]
    assert reward["title"] == {"ko": "책 포인트", "en": "책 포인트"}
    assert reward["spendable_at"] == {"ko": "가맹점 업종: 동네책방", "en": "the shop's category is bookshop"}


def test_what_the_policy_in_force_no_longer_lists_has_no_title_and_no_place(giving: InMemoryCity) -> None:
    topped_up(giving, 30_000)
    base = next(each for each in policies() if each["version"] == "incheon-2021-01-01")
    schedule(giving, base | {"version": "without-rewards", "starts_at": "2021-01-07T00:00:00+09:00"})
    giving.now = datetime(2021, 1, 7, 9, 0, tzinfo=SEOUL)
    (reward,) = wallet(giving)["rewards"]
    assert (reward["purse"], reward["title"], reward["spendable_at"]) == ("points", None, None)
    assert paid(giving, 10_000).json["paid_from"] == {"points@2021-02": 2_500, "charged": 7_500}


def test_a_cancellation_shows_refund_and_discount_but_not_to_the_merchant(giving: InMemoryCity) -> None:
    made = paid(giving, 20_000).json
    address = f"/wallets/{giving.who.wallet}/payments/{made['id']}"
    part = giving.call(ACQUIRER, "POST", f"{address}/cancellations", {"amount": 5_000}, key="a-cancellation-0001")
    assert (part.json["amount"], part.json["refund"], part.json["discount"]) == (5_000, 4_500, 500)
    assert giving.call(PAYER, "GET", address).json["cancellations"] == [part.json]
