"""What a wallet remembers of its use of limits, and how rewards are booked."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import next_month, previous_month
from eeum.cashback.rules import (
    Earning,
    is_kept,
    latest_month,
    postings_of,
    usage_to_keep,
    usage_with,
    used_by,
    used_in,
    window_key,
)
from eeum.payments.rules import CODES, Decline, eligible_base, portion
from eeum.policy.rules import LayerReward

months = st.sampled_from(["2020-11", "2020-12", "2021-01", "2021-02", "2021-06"])
limits = st.sampled_from(["monthly-spend", "monthly-reward", "seo-gu"])
usages = st.dictionaries(st.builds(window_key, limits, months), st.integers(1, 10**12), max_size=8)
funders = st.lists(
    st.tuples(st.sampled_from(["national", "city", "district", "merchant"]), st.integers(0, 10**6)), max_size=4
)


def _earning(rewards: list[list[tuple[str, int]]] | None = None, used: dict[str, int] | None = None) -> Earning:
    at = datetime(2021, 1, 5, tzinfo=UTC)
    made = tuple(LayerReward("layer", sum(won for _, won in parts), (), tuple(parts)) for parts in rewards or [])
    return Earning("wallet", "0" * 19, 0, "payment", "merchant-1", 0, 10_000, 1, at, at, "version", 0, made, used or {})


@given(usages)
def test_two_months_are_kept_the_latest_and_the_one_before(usage: dict[str, int]) -> None:
    kept = usage_to_keep(usage)
    assert kept.items() <= usage.items()
    if usage:
        wanted = {latest_month(usage), previous_month(latest_month(usage))}
        assert kept == {window: won for window, won in usage.items() if window.partition("@")[2] in wanted}
    assert usage_to_keep(kept) == kept


@given(usages, months)
def test_what_a_wallet_kept_is_all_that_was_used_in_a_month_that_it_says_it_keeps(
    usage: dict[str, int], month: str
) -> None:
    kept = usage_to_keep(usage)
    if is_kept(kept, month):
        assert used_in(kept, month) == used_in(usage, month)


@given(usages, months)
def test_a_later_month_starts_at_zero(usage: dict[str, int], month: str) -> None:
    later = next_month(max(month, latest_month(usage) if usage else month))
    assert used_in(usage, later) == {}
    assert is_kept(usage_to_keep(usage), later)


@given(usages, months, st.dictionaries(limits, st.integers(1, 10**6)))
def test_use_is_added_to_its_own_month_only(usage: dict[str, int], month: str, used: dict[str, int]) -> None:
    after = usage_with(usage, month, used)
    for limit in ("monthly-spend", "monthly-reward", "seo-gu"):
        assert used_in(after, month).get(limit, 0) == used_in(usage, month).get(limit, 0) + used.get(limit, 0)
    others = {window: won for window, won in usage.items() if not window.endswith(f"@{month}")}
    assert others.items() <= after.items()


@given(st.lists(st.dictionaries(limits, st.integers(1, 10**6)), max_size=5))
def test_what_earnings_used_adds_up(used: list[dict[str, int]]) -> None:
    earnings = [_earning(used=each) for each in used]
    after: dict[str, int] = {}
    for earning in earnings:
        after = usage_with(after, earning.month, earning.used)
    assert used_in(after, "2021-01") == used_by(earnings)


@given(st.lists(funders, max_size=3))
def test_rewards_are_booked_from_their_funders_to_the_cashback_purse_and_sum_to_zero(
    rewards: list[list[tuple[str, int]]],
) -> None:
    postings = postings_of(_earning(rewards))
    assert sum(postings.values()) == 0
    assert all(postings.values())
    won = sum(part for parts in rewards for _, part in parts)
    assert postings.get("purse/cashback", 0) == won
    merchants = sum(part for parts in rewards for funder, part in parts if funder == "merchant")
    assert postings.get("merchant_reward/merchant-1", 0) == -merchants


def test_what_grants_and_cashback_paid_earns_where_the_policy_says_so() -> None:
    paid = (("grant/a", 2), ("grant/b", 1), ("charged", 5), ("cashback", 3))
    assert eligible_base(paid, frozenset({"charged"})) == 5
    assert eligible_base(paid, frozenset({"charged", "grants"})) == 8
    assert eligible_base(paid, frozenset({"charged", "cashback", "grants"})) == 11
    assert eligible_base(paid, frozenset()) == 0


def test_a_part_of_a_payment_is_what_came_out_of_which_purse_in_the_order_drawn() -> None:
    paid = (("grant/a", 2), ("charged", 5), ("cashback", 3))
    assert portion(paid, 0, 10) == paid
    assert portion(paid, 1, 4) == (("grant/a", 1), ("charged", 2))
    assert portion(paid, 7, 10) == (("cashback", 3),)
    assert portion(paid, 3, 3) == ()


@given(st.lists(st.tuples(limits, st.integers(1, 1_000)), max_size=4), st.integers(0, 1_000))
def test_the_parts_of_a_payment_are_all_of_it(paid: list[tuple[str, int]], cut: int) -> None:
    whole = sum(won for _, won in paid)
    parts = (*portion(tuple(paid), 0, min(cut, whole)), *portion(tuple(paid), min(cut, whole), whole))
    assert sum(won for _, won in parts) == whole
    assert {name for name, _ in parts} == {name for name, _ in paid}


def test_every_decline_of_a_payment_has_a_code_of_its_own() -> None:
    assert set(CODES) == set(Decline)
    assert len(set(CODES.values())) == len(Decline)
