"""The main path of the city, from sign-up to explained cashback, over HTTP alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from local import inhabitants, sign_in
from local.api import Api
from local.city import City
from local.inhabitants import Shop
from local.roles import Tokens
from local.schedule import midnight
from tests.e2e.conftest import SignIn
from tests.e2e.members import Member, pay, top_up
from tests.e2e.waiting import wait_for, wait_for_cashback

NOODLES = Shop(inhabitants.business_registration_number(2_000), "신포 국수집", "jung", "restaurant", 150_000_000)
PLAIN_SHOP = "송월 다방"


def test_a_member_pays_at_a_new_shop_and_the_cashback_is_in_the_wallet_a_moment_later(
    city: City,
    api: Api,
    tokens: Tokens,
    sign_in_as: SignIn,
    move_clock: Callable[[str], datetime],
) -> None:
    # A resident signs up and opens a wallet, and the bank credits the money that it debited.
    resident = api.as_caller(sign_in_as("resident", sign_in.RESIDENT_APP))
    wallet = resident.post("/wallets", {"debit_order": "charged_first"})
    member = Member("resident", resident, wallet["id"], wallet["cards"][0]["token"])
    assert (wallet["purses"], wallet["status"]) == ({"charged": 0, "cashback": 0}, "active")
    assert [card["product"] for card in wallet["cards"]] == ["standard"]
    assert top_up(api, tokens, member, 300_000)["status"] == "completed"

    # A shopkeeper applies. Until an operator approves, a payment there is declined; on the day of the approval, too.
    keeper = api.as_caller(sign_in_as("sunja", sign_in.MERCHANT_APP))
    operator = api.as_caller(tokens.operator)
    applied = keeper.post("/merchants", NOODLES.application())
    shop = applied["id"]
    assert applied["status"] == "applied"
    assert pay(api, tokens, member, shop, 12_000)["decline"]["reason"] == "unknown_merchant"

    assert shop in waiting_applications(operator)
    approved = operator.post(f"/merchant_applications/{shop}/approval", {"reason": "Papers in order."})
    tomorrow = midnight(city.clock.now()) + timedelta(days=1)
    assert approved["status"] == "approved"
    assert datetime.fromisoformat(approved["payable_from"]) == tomorrow
    assert pay(api, tokens, member, shop, 12_000)["decline"]["reason"] == "merchant_not_payable_yet"
    assert member.balances() == {"charged": 300_000, "cashback": 0}

    # The next day the member finds the shop, asks for a quote, and pays.
    move_clock((tomorrow + timedelta(hours=9)).isoformat())
    found = resident.get("/merchants", district="jung", category="restaurant")["merchants"]
    assert shop in {merchant["id"] for merchant in found}
    quote = resident.post(f"/wallets/{member.wallet}/cashback_quotes", {"merchant_id": shop, "amount": 12_345})
    assert (quote["cashback"], quote["base"], quote["decline"]) == (1_234, 12_345, None)

    payment = pay(api, tokens, member, shop, 12_345)
    assert (payment["status"], payment["paid_from"]) == ("approved", {"charged": 12_345})
    wait_for_cashback(member)
    assert member.balances() == {"charged": 287_655, "cashback": 1_234}

    # The month's cashback explains it, payment by payment.
    month = f"{city.clock.now():%Y-%m}"
    cashback = resident.get(f"/wallets/{member.wallet}/cashback", month=month)
    assert (cashback["month"], cashback["cashback"]) == (month, 1_234)
    (earning,) = cashback["earnings"]
    assert (earning["payment_id"], earning["merchant_id"]) == (payment["id"], shop)
    assert (earning["base"], earning["policy"]) == (12_345, policy_in_force(api))
    assert earning["rewards"] == quote["rewards"]
    (reward,) = earning["rewards"]
    assert reward == {
        "layer": "base",
        "won": 1_234,
        "bands": [{"from": 0, "up_to": 500_000, "rate_basis_points": 1_000, "base": 12_345}],
        # The nation funds 940 of 1,950 parts, the city the rest.
        "funders": {"national": 594, "city": 640},
        "into": "cashback",
    }

    # The member sees the payment and the declined attempts before it, and so does the acquirer. The shop sees payments since
    # its approval, without the payer.
    payments = resident.get(f"/wallets/{member.wallet}/payments", month=month)["payments"]
    assert [each["status"] for each in payments] == ["approved", "declined", "declined"]
    decided = {name: value for name, value in payment.items() if name != "current"}
    since = decided | {
        "captured": 12_345,
        "cancelled": 0,
        "held": 0,
        "released": 0,
        "message": None,
        "message_en": None,
    }
    assert since["merchant_name"] == earning["merchant_name"] == quote["merchant_name"] == NOODLES.name
    assert payments[0] == since
    for reader in (resident, api.as_caller(tokens.acquirer)):
        assert reader.get(f"/wallets/{member.wallet}/payments/{payment['id']}") == since | {"cancellations": []}
    taken = wait_for(
        lambda: keeper.get(f"/merchants/{shop}/payments")["payments"], lambda listed: len(listed) == 2, "the payments"
    )
    told = since | {"own_discount": 0}
    assert taken[0] == {name: told[name] for name in taken[0]}
    assert {"id", "status", "amount", "accepted_at"} <= set(taken[0])
    assert not {"wallet_id", "paid_from"} & set(taken[0])
    assert [shop] == [merchant["id"] for merchant in keeper.get("/merchants", owner="me")["merchants"]]


def test_a_member_pays_from_the_app_with_cashback_that_was_earned_before(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=50_000, debit_order="cashback_first")
    order = {"merchant_id": shops[PLAIN_SHOP], "amount": 30_000, "channel": "qr"}
    path = f"/wallets/{member.wallet}/payments"
    first = member.api.post(path, order, key="the first from the app")
    wait_for_cashback(member)
    assert (first["paid_from"], member.balances()) == ({"charged": 30_000}, {"charged": 20_000, "cashback": 3_000})

    second = member.api.post(path, order | {"amount": 10_000}, key="the second from the app")
    wait_for_cashback(member)

    # Only the part paid from the loaded balance earns: 7,000 of the 10,000.
    assert second["paid_from"] == {"cashback": 3_000, "charged": 7_000}
    assert member.balances() == {"charged": 13_000, "cashback": 700}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"amount": 100_001}, "51", id="more than the wallet holds"),
        pytest.param({"merchant_id": "00000000-0000-8000-8000-000000000000"}, "03", id="an unknown merchant"),
        pytest.param({"card_token": "00000000-0000-8000-8000-000000000000.0"}, "14", id="an unknown card"),
    ],
)
def test_a_declined_payment_is_an_answer_and_takes_nothing(
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    change: dict[str, Any],
    code: str,
) -> None:
    member = new_member(charged=100_000)
    body = {"card_token": member.card, "merchant_id": shops[PLAIN_SHOP], "amount": 10_000, "channel": "shop"}

    answer = api.as_caller(tokens.acquirer).post("/payments", body | change, key=f"declined {code} {member.wallet}")

    assert (answer["status"], answer["decline"]["code"]) == ("declined", code)
    assert member.balances() == {"charged": 100_000, "cashback": 0}


def test_a_suspended_wallet_pays_nothing_until_it_is_reinstated(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member, operator = new_member(charged=100_000), api.as_caller(tokens.operator)
    operator.patch(f"/wallets/{member.wallet}", {"status": "suspended", "reason": "The card was reported stolen."})
    refused = pay(api, tokens, member, shops[PLAIN_SHOP], 10_000)
    operator.patch(f"/wallets/{member.wallet}", {"status": "active", "reason": "It was found again."})
    approved = pay(api, tokens, member, shops[PLAIN_SHOP], 10_000)

    assert refused["decline"]["reason"] == "wallet_suspended"
    assert approved["status"] == "approved"
    assert member.balances()["charged"] == 90_000


def waiting_applications(operator: Api) -> set[str]:
    return {each["id"] for each in operator.get("/merchant_applications")["applications"]}


def policy_in_force(api: Api) -> str:
    version: str = api.get("/policies/in_force")["version"]
    return version
