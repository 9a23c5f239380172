"""A city with one of everything that a release stores, made by that release's own code, for `make release-fixture`.

First comes a simulated city under every form of policies, with budgets that run out and faults at its calls. Then clients send requests
over HTTP, and leave some payments unfinished.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from eeum.calendar import text_of
from local.inhabitants import business_registration_number
from tests.http.city import application, drafted
from tests.simulation.faults import Odds
from tests.simulation.running import OPERATIONS, do, new_city, steps_of
from tests.upgrade.calling import CallingCity
from tests.upgrade.fixture import Fixture, KeptRoots, items_of, template

SEED = 20_221_011
"""Odd, for a city under every form of policies."""

STEPS = 2_200
NOT_OF_A_RELEASE = ("grant", "suspend")
"""Operations of the simulation that are left out: no part of the product pays allowances yet, and simulated suspensions are not stored."""

WHY = "for the fixture"
CHARGED = 400_000


def made(release: str, steps: int = STEPS) -> Fixture:
    """The city of a release after this many operations, the same each time."""
    with patch("secrets.token_hex", _cards(random.Random(SEED))):
        return _made(release, _simulated(steps))


def _cards(chance: random.Random) -> Callable[[int], str]:
    """Make the tokens of cards predictable; the product draws them at random."""
    return lambda length: chance.randbytes(length).hex()


def _made(release: str, city: CallingCity) -> Fixture:
    roots = KeptRoots()
    _close_months(city)
    city.rebuild()
    _check(city, roots)
    shop = _operators(city)
    city.now += timedelta(days=1)
    wallets = _members(city)
    finished(city, wallets, shop)
    city.post_cashback()
    _recover(city, wallets["other member"], shop)
    city.catch_up()
    city.project()
    city.now += timedelta(hours=2)
    _check(city, roots)
    _unfinished(city, wallets["member"], shop)
    assert len(roots.dates()) > 1
    stored = [roots.stored[date] for date in roots.dates()]
    return Fixture(release, city.now, items_of(city.storage), stored, city.asked, city.waiting(), template())


def _simulated(steps: int) -> CallingCity:
    """Some months of a simulated city, without what no release stores."""
    city = new_city(SEED, steps)
    with patch.dict(OPERATIONS, {name: (lambda *_: None, 0.0) for name in NOT_OF_A_RELEASE}):
        for step in steps_of(SEED, steps):
            city.now += timedelta(seconds=step.seconds)
            do(city, step, Odds())
    return CallingCity(city.memory, city.now)


def _close_months(city: CallingCity) -> None:
    """Freeze all months that are over except the last, which is only closed."""
    city.turn_month()
    while city.freeze_month():
        pass
    city.now = city.now.replace(day=28, hour=9) + timedelta(days=5)
    city.turn_month()


def _check(city: CallingCity, roots: KeptRoots) -> None:
    report = city.audit(roots)
    wrong = [each for each in report.deviations if each.check != "posting_missing"]
    assert not wrong, wrong[:3]


def _operators(city: CallingCity) -> str:
    """Make a draft, an amendment and a shop of each outcome; return the approved shop's id."""
    for number, then in enumerate(("check", "approval", "rejection", "withdrawal")):
        version = f"fixture-{then}"
        city.ask("operator", "POST", "/policy_drafts", drafted(version, f"203{number}-01-01T00:00:00+09:00"))
        path = f"/policy_drafts/{version}"
        city.ask("operator", "POST", f"{path}/check", {"revision": 1})
        if then != "check":
            by = "operator" if then == "withdrawal" else "colleague"
            city.ask(by, "POST", f"{path}/{then}", {"revision": 1, "reason": WHY})
    for hours, then in ((3, "approval"), (300, "rejection"), (600, None)):
        start, until = (text_of(city.now + timedelta(hours=each)) for each in (hours, hours + 2))
        change = {"layers": ["points"], "from": start, "until": until}
        body = {"suspension": change, "reason": WHY, "emergency_reason": WHY}
        proposed = city.ask("operator", "POST", "/policy_amendments", body)
        if then:
            city.ask("colleague", "POST", f"/policy_amendments/{proposed['id']}/{then}", {"reason": WHY})
    for line in ("city-all", "district-all"):
        path = f"/budgets/{city.now.year}/lines/{line}-{city.now.year}/supplements"
        body = {"amount": 1_000_000, "reason": WHY, "document": WHY}
        city.ask("operator", "POST", path, body, f"supplement-of-{line}")
    shops = {}
    for number, then in enumerate(("approval", "rejection", None), start=900):
        applied = city.ask("owner", "POST", "/merchants", application(business_registration_number(number)))
        if then:
            body = {"reason": WHY, "applied_at": applied["applied_at"]}
            city.ask("operator", "POST", f"/merchant_applications/{applied['id']}/{then}", body)
        shops[then] = str(applied["id"])
    return shops["approval"]


def _members(city: CallingCity) -> dict[str, dict[str, Any]]:
    """Three members: one verified, one who spends cashback first, and one who is suspended."""
    wallets = {}
    for name in ("member", "other member", "customer"):
        order = "cashback_first" if name == "other member" else "charged_first"
        wallet = city.ask(name, "POST", "/wallets", {"debit_order": order})
        body = {"amount": CHARGED, "bank_reference": f"opening of {name}"}
        city.ask("bank", "POST", f"/wallets/{wallet['id']}/top_ups", body, f"opening-of-{name.replace(' ', '-')}")
        wallets[name] = wallet
    city.ask("operator", "PATCH", f"/wallets/{wallets['member']['id']}", {"verified": True, "reason": WHY})
    city.ask("operator", "PATCH", f"/wallets/{wallets['customer']['id']}", {"status": "suspended", "reason": WHY})
    declined = {"amount": 50_000_000, "bank_reference": "too much"}
    city.ask("bank", "POST", f"/wallets/{wallets['member']['id']}/top_ups", declined, "a-declined-top-up-0001")
    return wallets


def payment_of(wallet: dict[str, Any], shop: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"card_token": wallet["cards"][0]["token"], "merchant_id": shop, "amount": amount, "channel": "shop"} | more


def finished(city: CallingCity, wallets: dict[str, dict[str, Any]], shop: str, name: str = "fixture") -> None:
    """Make payments with each outcome; keys of requests start with `name`."""
    wallet = wallets["member"]
    path = f"/wallets/{wallet['id']}/payments"

    def pay(what: str, amount: int, of: dict[str, Any] = wallet, **more: Any) -> str:
        paid = city.ask("acquirer", "POST", "/payments", payment_of(of, shop, amount, **more), f"{name}-{what}-0001")
        return str(paid["id"])

    def change(payment: str, action: str, number: int, **body: Any) -> None:
        city.ask("acquirer", "POST", f"{path}/{payment}/{action}", body, f"{name}-{action}-{payment}-{number}")

    pay("paid-and-kept", 40_000)
    pay("paid-by-delivery", 30_000, channel="delivery")
    change(pay("paid-and-cancelled", 20_000), "cancellations", 1, reason=WHY)
    partly = pay("paid-and-partly-cancelled", 25_000)
    change(partly, "cancellations", 1, amount=7_777, reason=WHY)
    change(partly, "cancellations", 2, amount=1, reason=WHY)
    held = pay("held-and-captured-twice", 30_000, capture="later")
    change(held, "captures", 1, amount=11_000)
    change(held, "captures", 2)
    change(held, "cancellations", 3, amount=15_000, reason=WHY)
    change(pay("held-and-voided", 9_000, capture="later"), "void", 1)
    pay("too-much-to-be-paid", 5_000_000)
    pay("with-a-suspended-wallet", 1_000, wallets["customer"])
    pay("paid-and-reversed", 8_000)
    reversed_payment = payment_of(wallet, shop, 8_000)
    city.ask("acquirer", "POST", "/payments/reversals", reversed_payment, f"{name}-paid-and-reversed-0001")
    before = payment_of(wallet, shop, 4_444)
    city.ask("acquirer", "POST", "/payments/reversals", before, f"{name}-reversed-before-it-came-0001")
    pay("reversed-before-it-came", 4_444)


def _recover(city: CallingCity, wallet: dict[str, Any], shop: str) -> None:
    """Cancel a payment whose cashback was spent: its refund fills the negative cashback."""
    body = payment_of(wallet, shop, 90_000)
    paid = city.ask("acquirer", "POST", "/payments", body, "fixture-cashback-earned-0001")
    city.catch_up()
    purses = city.ask("other member", "GET", f"/wallets/{wallet['id']}")["purses"]
    assert purses["cashback"] > 0, purses
    city.ask(
        "acquirer", "POST", "/payments", payment_of(wallet, shop, purses["cashback"]), "fixture-cashback-spent-0001"
    )
    path = f"/wallets/{wallet['id']}/payments/{paid['id']}/cancellations"
    city.ask("acquirer", "POST", path, {"reason": WHY}, "fixture-cashback-taken-back-0001")


def _unfinished(city: CallingCity, wallet: dict[str, Any], shop: str) -> None:
    """Leave open holds, and a payment and a cancellation without postings."""
    ask = city.ask
    paid = ask("acquirer", "POST", "/payments", payment_of(wallet, shop, 15_000), "fixture-unposted-payment-0001")
    for number, amount in enumerate((12_000, 13_000, 14_000)):
        body = payment_of(wallet, shop, amount, capture="later")
        held = ask("acquirer", "POST", "/payments", body, f"fixture-open-hold-of-today-{number}")
    path = f"/wallets/{wallet['id']}/payments"
    ask("acquirer", "POST", f"{path}/{held['id']}/captures", {"amount": 2_000}, "fixture-unposted-capture-0001")
    body = {"amount": 5_000, "reason": WHY}
    ask("acquirer", "POST", f"{path}/{paid['id']}/cancellations", body, "fixture-unposted-cancellation-0001")
