"""Rewards after a payment, in their own purses, over HTTP: in the quote, the wallet, the cashback and corrections."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from tests.http.callers import ACQUIRER, OPERATOR, PAYER
from tests.http.city import NOON, InMemoryCity, budget_line, policies
from tests.http.requests import payment, schedule
from tests.http.test_rewards import POINTS, STARTS_AT, layer, paid, wallet

ANYWHERE = {name: value for name, value in POINTS.items() if name != "spendable_at"}
LAYERS = [layer("coupon", "discount"), layer("points", "cashback", into="points"), layer("later", "payback")]


@pytest.fixture
def giving(city: InMemoryCity) -> InMemoryCity:
    """From the next day on, 10 % discount; on the amount paid, 10 % points from 2,500 won, and 10 % next month."""
    base = next(each for each in policies() if each["version"] == "incheon-2021-01-01")
    announced = {"version": "with-points", "starts_at": STARTS_AT.isoformat(), "layers": LAYERS, "limits": []}
    schedule(city, base | announced | {"purses": [ANYWHERE]})
    line = budget_line(2021, "for-points", layers=["points"], amount=2_500, applies_from=STARTS_AT.isoformat())
    assert city.call(OPERATOR, "POST", "/budgets/2021/lines", line, key="the-line-for-points-of-2021").status == 200
    city.now = NOON + timedelta(days=1)
    city.post_cashback()
    return city


def _cashback(city: InMemoryCity) -> Any:
    told = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/cashback", query={"month": "2021-01"}).json
    return told | {"earnings": [each for each in told["earnings"] if each["policy"] == "with-points"]}


def test_a_quote_shows_the_discount_and_the_purses_of_other_rewards(giving: InMemoryCity) -> None:
    asked = {name: payment(giving, amount=20_000)[name] for name in ("merchant_id", "amount")}
    told = giving.call(PAYER, "POST", f"/wallets/{giving.who.wallet}/cashback_quotes", asked).json
    assert (told["paid"], told["discount"], told["base"], told["cashback"]) == (18_000, 2_000, 18_000, 3_600)
    assert [(each["layer"], each["won"]) for each in told["discounts"]] == [("coupon", 2_000)]
    into = {each["layer"]: (each["won"], each["into"]) for each in told["rewards"]}
    assert into == {"points": (1_800, "points@2021-02"), "later": (1_800, "payback@2021-02")}

    made = paid(giving, 20_000).json
    giving.post_cashback()
    (earning,) = _cashback(giving)["earnings"]
    assert (made["discount"], earning["rewards"]) == (told["discount"], told["rewards"])


def test_a_wallet_shows_points_and_deferred_cashback(giving: InMemoryCity) -> None:
    paid(giving, 20_000)
    giving.post_cashback()
    points, later = wallet(giving)["rewards"]
    assert (points["id"], points["won"], points["expires_at"][:10]) == ("points@2021-02", 1_800, "2021-03-01")
    assert later == {
        "id": "payback@2021-02",
        "purse": None,
        "title": None,
        "won": 1_800,
        "spendable_from": "2021-02-01T00:00:00.000+09:00",
        "expires_at": None,
        "expired": False,
        "spendable_at": None,
    }


def test_an_earning_shows_what_budgets_cut(giving: InMemoryCity) -> None:
    for number in (1, 2):
        paid(giving, 20_000, f"the-payment-number-{number}")
        giving.post_cashback()
    whole, cut = _cashback(giving)["earnings"]
    assert (whole["cut"], whole["cashback"]) == ([], 3_600)
    # The first 1,800 points pay part of the second 18,000 won and earn nothing: 1,620 next month, and the rest of the 2,500 as points.
    assert [(each["layer"], each["given"]) for each in cut["cut"]] == [("points", 700)]
    assert (cut["base"], cut["cashback"]) == (16_200, 700 + 1_620)


def test_rewards_are_taken_back_from_their_purse_and_expired_ones_from_none(giving: InMemoryCity) -> None:
    first = paid(giving, 20_000, "the-first-payment").json
    giving.post_cashback()
    spent = paid(giving, 1_000, "the-second-payment").json
    giving.post_cashback()
    assert spent["paid_from"] == {"points@2021-02": 900}
    giving.now = datetime(2021, 3, 1, 9, 0, tzinfo=SEOUL)
    giving.sweep(giving.who.wallet)
    before = wallet(giving)["purses"]
    address = f"/wallets/{giving.who.wallet}/payments/{first['id']}/cancellations"
    assert giving.call(ACQUIRER, "POST", address, {"amount": None}, key="a-cancellation-0001").status == 200
    giving.post_cashback()

    (correction,) = _cashback(giving)["corrections"]
    # Of 1,800 points, 900 were spent and are taken back from cashback; 900 had expired.
    assert (correction["cashback"], correction["expired"]) == (-3_600, {"points@2021-02": 900})
    assert correction["purses"] == {"payback@2021-02": -1_800, "cashback": -900}
    assert "그중 900원은 이미 소멸한 적립금입니다." in correction["message"]
    after = wallet(giving)["purses"]
    assert after["payback@2021-02"] == before["payback@2021-02"] - 1_800
    assert after["charged"] + after["cashback"] == before["charged"] + before["cashback"] + 18_000 - 900
