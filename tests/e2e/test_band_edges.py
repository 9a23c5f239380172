"""Payments at the edges of January 2021's bands: 10 % of a month's first 500,000 won, 1 % from there to 1,000,000.

All members pay at the same time, round by round; each test checks one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member, pay
from tests.e2e.waiting import earned, wait_for_cashback

SHOP = "운서 빵집"
CHARGED = 1_500_000
Paid = dict[str, tuple[Member, list[Any]]]

#: The payments of each member, and the won that each payment earns.
CASES = {
    "one won below the first edge": ([499_999], [49_999]),
    "at the first edge": ([500_000], [50_000]),
    "one won over the first edge": ([500_001], [50_000]),
    "one won below the cap": ([999_999], [54_999]),
    "at the cap": ([1_000_000], [55_000]),
    "one won over the cap": ([1_000_001], [55_000]),
    "far over the cap": ([1_500_000], [55_000]),
    "one payment over the first edge": ([400_000, 200_000], [40_000, 11_000]),
    "up to the first edge, then over it": ([499_999, 1, 100], [49_999, 0, 1]),
    "one won on each side of the edge": ([499_990, 20], [49_999, 1]),
    "one payment over the cap": ([900_000, 300_000], [54_000, 1_000]),
    "up to the cap, then over it": ([1_000_000, 10_000], [55_000, 0]),
}


@pytest.fixture(scope="module")
def paid(api: Api, tokens: Tokens, new_member: Callable[..., Member], shops: dict[str, str]) -> Paid:
    """Each case's member after all payments, with their answers; each payment waits for the cashback of the one before."""
    members = {case: new_member(charged=CHARGED, verified=True) for case in CASES}
    answers: dict[str, list[Any]] = {case: [] for case in CASES}
    with ThreadPoolExecutor(4) as pool:
        for number in range(max(len(amounts) for amounts, _ in CASES.values())):
            paying = [case for case, (amounts, _) in CASES.items() if number < len(amounts)]
            made = pool.map(
                lambda case, number=number: pay(api, tokens, members[case], shops[SHOP], CASES[case][0][number]), paying
            )
            for case, answer in zip(paying, made, strict=True):
                answers[case].append(answer)
            wait_for_cashback(*(members[case] for case in paying))
    return {case: (members[case], answers[case]) for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_a_payment_at_a_band_s_edge_earns_the_exact_won(city: City, paid: Paid, case: str) -> None:
    amounts, expected = CASES[case]
    member, answers = paid[case]

    assert [answer["status"] for answer in answers] == ["approved"] * len(amounts)
    assert earned(member, f"{city.clock.now():%Y-%m}") == expected
    assert member.balances() == {"charged": CHARGED - sum(amounts), "cashback": sum(expected)}


@pytest.mark.parametrize("case", CASES)
def test_the_part_of_each_band_is_explained_and_limit_usage_is_capped(city: City, paid: Paid, case: str) -> None:
    amounts, _ = CASES[case]
    member, _ = paid[case]
    month = f"{city.clock.now():%Y-%m}"

    earnings = member.api.get(f"/wallets/{member.wallet}/cashback", month=month)["earnings"]
    by_rate = {1_000: 0, 100: 0}
    for band in (band for each in earnings for reward in each["rewards"] for band in reward["bands"]):
        by_rate[band["rate_basis_points"]] += band["base"]

    spent = sum(amounts)
    assert by_rate == {1_000: min(spent, 500_000), 100: max(min(spent, 1_000_000) - 500_000, 0)}
    used = member.api.get(f"/wallets/{member.wallet}")["used"]
    assert used == {f"monthly-spend@{month}": min(spent, 1_000_000)}
