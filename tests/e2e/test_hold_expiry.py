"""The schedule releases expired holds, with the deployed function's rights and index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from local.api import Api
from local.city import City
from local.roles import Tokens
from local.schedule import HOLD_EXPIRY
from tests.e2e.members import Member
from tests.e2e.waiting import wait_for_cashback

SHOP = "운서 빵집"


def test_the_schedule_releases_a_hold_only_after_it_has_expired(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    move_clock: Callable[[str], Any],
) -> None:
    acquirer = api.as_caller(tokens.acquirer)
    member = new_member(charged=100_000)
    order = {"card_token": member.card, "merchant_id": shops[SHOP], "channel": "shop", "capture": "later"}
    left, captured = (
        acquirer.post("/payments", {**order, "amount": amount}, key=f"e2e-hold-{uuid4()}")
        for amount in (30_000, 20_000)
    )
    path = f"/wallets/{member.wallet}/payments/{captured['id']}/captures"
    acquirer.post(path, {}, key=f"e2e-capture-{uuid4()}")
    wait_for_cashback(member)
    begun = city.clock.now()

    # Holds of other tests may expire as well.
    move_clock((begun + timedelta(days=6, hours=23)).isoformat())
    city.calendar.run(HOLD_EXPIRY, city.clock.now())
    assert member.api.get(f"/wallets/{member.wallet}")["held"] == 30_000
    move_clock((begun + timedelta(days=7, minutes=1)).isoformat())
    assert city.calendar.run(HOLD_EXPIRY, city.clock.now())["released"] >= 1
    assert city.calendar.run(HOLD_EXPIRY, city.clock.now()) == {"released": 0}

    wallet = member.api.get(f"/wallets/{member.wallet}")
    assert (wallet["held"], wallet["purses"]) == (0, {"charged": 80_000, "cashback": 2_000})
    late = acquirer.request("POST", path.replace(captured["id"], left["id"]), {}, key=f"e2e-capture-{uuid4()}")
    assert (late.status_code, late.json()["code"]) == (409, "hold_closed")
