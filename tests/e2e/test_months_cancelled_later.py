"""A cancellation after the month's end recomputes the cashback of the payment's month, under that month's rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member, change, pay
from tests.e2e.test_cancellations import SHOP, settled
from tests.e2e.test_months import first_of_next_month, name_of


def test_a_late_cancellation_frees_the_limit_of_its_own_month(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    move_clock: Callable[[str], datetime],
) -> None:
    turn = first_of_next_month(city.clock.now())
    old, new = name_of(turn - timedelta(days=1)), name_of(turn)
    move_clock((turn - timedelta(minutes=10)).isoformat())
    member = new_member(charged=900_000, verified=True)
    # Two payments of 400,000: 10 % up to 500,000 in the month, then 1 %.
    first, second = (pay(api, tokens, member, shops[SHOP], 400_000) for _ in range(2))
    assert settled(member)["purses"] == {"charged": 100_000, "cashback": 40_000 + 10_000 + 3_000}

    move_clock((turn + timedelta(minutes=1)).isoformat())
    pay(api, tokens, member, shops[SHOP], 100_000)
    assert settled(member)["purses"] == {"charged": 0, "cashback": 63_000}
    change(api, tokens, first, "cancellations")
    wallet = settled(member)

    # The first payment's 40,000 are taken back; all of the second earns 10 %: 27,000 more.
    assert wallet["purses"] == {"charged": 400_000, "cashback": 63_000 - 40_000 + 27_000}
    of_old = member.api.get(f"/wallets/{member.wallet}/cashback", month=old)
    of_new = member.api.get(f"/wallets/{member.wallet}/cashback", month=new)
    assert (of_old["cashback"], of_new["cashback"], of_new["corrections"]) == (40_000, 10_000, [])
    (correction,) = of_old["corrections"]
    changed = {each["payment_id"]: each["won"] for each in correction["changes"]}
    assert changed == {first["id"]: -40_000, second["id"]: 27_000}
    assert correction["accepted_at"].startswith(new)
