"""The limit usage that a wallet keeps, and the postings of rewards."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import next_month, previous_month
from eeum.cashback.rules import Earning, postings_of
from eeum.cashback.usage import in_full, is_kept, latest_month, shortened, usage_to_keep, usage_with, used_by
from eeum.payments.rules import CODES, Decline, eligible_base, portion
from eeum.policy.rules import LayerReward
from eeum.policy.windows import last_month_of, window_key

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


windows = st.one_of(
    months,
    st.builds("{}-{}".format, months, st.sampled_from([1, 2])),
    months.map(lambda month: month[:4]),
    months.map("until-{}".format),
)
usages_of_all_windows = st.dictionaries(st.builds(window_key, limits, windows), st.integers(0, 10**12), max_size=8)


@given(usages)
def test_usage_of_the_latest_two_months_is_kept(usage: dict[str, int]) -> None:
    kept = usage_to_keep(usage)
    assert kept.items() <= usage.items()
    latest = latest_month(usage)
    if latest:
        wanted = {latest, previous_month(latest)}
        assert kept == {window: won for window, won in usage.items() if window.partition("@")[2] in wanted}
    assert usage_to_keep(kept) == kept


@given(usages_of_all_windows, windows)
def test_kept_usage_is_complete_for_each_window_that_is_kept(usage: dict[str, int], window: str) -> None:
    kept = usage_to_keep(usage)
    key = window_key("monthly-spend", window)
    if is_kept(kept, key):
        assert kept.get(key, 0) == usage.get(key, 0)


@given(usages_of_all_windows)
def test_only_windows_that_reach_into_the_latest_two_months_are_kept(usage: dict[str, int]) -> None:
    names = [key.partition("@")[2] for key in usage]
    begun = [f"{name}-01" if len(name) == 4 else name[:7] for name in names if not name.startswith("until")]
    latest = max(begun, default=None)
    kept = usage_to_keep(usage)
    for key in usage:
        reaches = latest is None or last_month_of(key.partition("@")[2]) >= previous_month(latest)
        assert reaches == (key in kept)
    assert usage_to_keep(kept) == kept


@given(usages_of_all_windows, usages_of_all_windows)
def test_a_window_with_a_carry_over_is_kept_at_any_age(usage: dict[str, int], carried: dict[str, int]) -> None:
    kept = usage_to_keep(usage, carried)
    assert kept == {key: won for key, won in usage.items() if key in carried or is_kept(usage, key)}


@given(usages, months)
def test_a_later_month_starts_at_zero(usage: dict[str, int], month: str) -> None:
    later = next_month(max(month, latest_month(usage) or month))
    for limit in ("monthly-spend", "monthly-reward", "seo-gu"):
        assert window_key(limit, later) not in usage
        assert is_kept(usage_to_keep(usage), window_key(limit, later))


@given(usages_of_all_windows, months, st.dictionaries(st.builds(window_key, limits, windows), st.integers(1, 10**6)))
def test_usage_is_added_to_its_own_window_only(usage: dict[str, int], month: str, used: dict[str, int]) -> None:
    stored = shortened(used, month)
    assert in_full(stored, month) == used
    own = {key for key in used if key.endswith(f"@{month}")}
    assert {key for key in stored if "@" not in key} == {key.partition("@")[0] for key in own}
    after = usage_with(usage, used)
    assert after == {key: usage.get(key, 0) + used.get(key, 0) for key in {**usage, **used}}


@given(st.lists(st.dictionaries(limits, st.integers(1, 10**6)), max_size=5))
def test_usage_of_earnings_adds_up(used: list[dict[str, int]]) -> None:
    earnings = [_earning(used=each) for each in used]
    after: dict[str, int] = {}
    for earning in earnings:
        after = usage_with(after, in_full(earning.used, "2021-01"))
    assert after == used_by(earnings)


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


def test_payments_from_allowances_and_cashback_earn_where_the_policy_says_so() -> None:
    paid = (("grant/a", 2), ("grant/b", 1), ("charged", 5), ("cashback", 3))
    assert eligible_base(paid, frozenset({"charged"})) == 5
    assert eligible_base(paid, frozenset({"charged", "grants"})) == 8
    assert eligible_base(paid, frozenset({"charged", "cashback", "grants"})) == 11
    assert eligible_base(paid, frozenset()) == 0


def test_rewards_earn_where_the_policy_says_so_whether_or_not_it_still_lists_their_purse() -> None:
    paid = (("youth", 1), ("points@2026-03", 2), ("points@always", 4), ("payback@2026-01", 8), ("charged", 16))
    assert eligible_base(paid, frozenset({"rewards"})) == 14
    assert eligible_base(paid, frozenset({"grants"})) == 1
    assert eligible_base(paid, frozenset({"charged", "rewards"})) == 30


def test_a_slice_of_a_payment_is_by_purse_in_debit_order() -> None:
    paid = (("grant/a", 2), ("charged", 5), ("cashback", 3))
    assert portion(paid, 0, 10) == paid
    assert portion(paid, 1, 4) == (("grant/a", 1), ("charged", 2))
    assert portion(paid, 7, 10) == (("cashback", 3),)
    assert portion(paid, 3, 3) == ()


@given(st.lists(st.tuples(limits, st.integers(1, 1_000)), max_size=4), st.integers(0, 1_000))
def test_the_slices_of_a_payment_add_up_to_it(paid: list[tuple[str, int]], cut: int) -> None:
    whole = sum(won for _, won in paid)
    parts = (*portion(tuple(paid), 0, min(cut, whole)), *portion(tuple(paid), min(cut, whole), whole))
    assert sum(won for _, won in parts) == whole
    assert {name for name, _ in parts} == {name for name, _ in paid}


def test_every_decline_of_a_payment_has_a_code_of_its_own() -> None:
    assert set(CODES) == set(Decline)
    assert len(set(CODES.values())) == len(Decline)
