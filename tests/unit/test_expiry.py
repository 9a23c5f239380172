"""When rewards in purses are spendable, and what has expired in a wallet, for any instant and term."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion, RewardPurse
from eeum.wallet.expiry import expiry_of, past_purses
from eeum.wallet.purses import purse_into, purse_named, purse_of
from eeum.wallet.rules import Card, DebitOrder, Wallet, new_wallet
from tests.use_cases.command_policies import january_2021, layer

POLICY = policy_of(january_2021(layers=[layer("later", "payback", 100)]))
LATER = next(each for each in POLICY.layers if each.id == "later")
MEMBER = new_wallet("payer", DebitOrder.CHARGED_FIRST, Card("00ff", "standard", "active"), POLICY.starts_at)
LAST_OF_JANUARY = datetime(2021, 1, 31, 14, 59, 59, 999_000, tzinfo=UTC)
FIRST_OF_FEBRUARY = datetime(2021, 1, 31, 15, tzinfo=UTC)
LAST_OF_THE_YEAR = datetime(2021, 12, 31, 14, 59, 59, 999_000, tzinfo=UTC)
FIRST_OF_THE_YEAR = datetime(2021, 12, 31, 15, tzinfo=UTC)

ENDS: Mapping[str, datetime | None] = {
    "points@2021-01": datetime(2021, 2, 1, tzinfo=SEOUL),
    "points@2021-02": datetime(2021, 3, 1, tzinfo=SEOUL),
    "yearly@2021": datetime(2022, 1, 1, tzinfo=SEOUL),
    "lasting@always": None,
    "payback@2021-02": None,
    "charged": None,
    "cashback": None,
}
"""The first instant at which each is no longer spendable; None if it always is."""

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))
near_an_end = st.builds(
    lambda end, days, milliseconds: end + timedelta(days=days, milliseconds=milliseconds),
    st.sampled_from([end for end in ENDS.values() if end]),
    st.sampled_from([0, 30, 31, 32, 400]),
    st.integers(-1, 1),
)
wallets = st.dictionaries(st.sampled_from(sorted(ENDS)), st.integers(0, 5_000)).map(
    lambda balances: replace(
        MEMBER, purses=tuple(purse_named(each)._replace(amount=won) for each, won in sorted(balances.items()))
    )
)


def _with(purse: RewardPurse) -> PolicyVersion:
    return replace(POLICY, purses={purse.id: purse})


def _month(at: datetime) -> int:
    """Months since the year 0, in Seoul."""
    there = at.astimezone(SEOUL)
    return there.year * 12 + there.month


def _is_a_first(at: datetime) -> bool:
    return at.astimezone(SEOUL).timetuple()[2:6] == (1, 0, 0, 0)


@given(instants, st.integers(1, 60))
@example(LAST_OF_JANUARY, 1)
@example(FIRST_OF_FEBRUARY, 1)
@example(LAST_OF_THE_YEAR, 12)
@example(FIRST_OF_THE_YEAR, 12)
def test_months_run_to_the_end_of_the_calendar_month_that_they_end_in(at: datetime, months: int) -> None:
    expires = purse_into(_with(RewardPurse("points", {}, months=months)), "points", at).expires_at
    assert expires is not None
    assert _is_a_first(expires)
    assert _month(expires) - _month(at) == months + 1


@given(instants, st.integers(1, 10))
@example(LAST_OF_THE_YEAR, 1)
@example(FIRST_OF_THE_YEAR, 1)
def test_years_run_to_the_end_of_the_calendar_year_that_they_end_in(at: datetime, years: int) -> None:
    expires = purse_into(_with(RewardPurse("points", {}, years=years)), "points", at).expires_at
    assert expires == datetime(at.astimezone(SEOUL).year + years + 1, 1, 1, tzinfo=SEOUL)


@given(instants)
@example(LAST_OF_JANUARY)
@example(FIRST_OF_FEBRUARY)
@example(LAST_OF_THE_YEAR)
@example(FIRST_OF_THE_YEAR)
def test_a_payback_waits_for_the_first_of_the_next_month_and_never_expires(at: datetime) -> None:
    payback = purse_of(POLICY, LATER, at)
    assert payback.spendable_from is not None
    assert _is_a_first(payback.spendable_from)
    assert _month(payback.spendable_from) - _month(at) == 1
    assert (payback.expires_at, payback.where) == (None, None)


@given(wallets, near_an_end)
def test_expired_rewards_leave_the_wallet_and_nothing_else(wallet: Wallet, now: datetime) -> None:
    held = {each.id: each.amount for each in wallet.purses}
    over = {each: won for each, won in held.items() if won and (end := ENDS[each]) and end <= now}
    expiry = expiry_of(wallet, now)
    if not over:
        assert expiry is None
        return
    assert expiry is not None
    assert (expiry.purses, expiry.amount) == (over, sum(over.values()))
    assert sum(expiry.postings.values()) == 0
    assert {each: -won for each, won in expiry.postings.items() if each.startswith("purse/")} == {
        f"purse/{each}": won for each, won in over.items()
    }
    names = {each.partition("@")[0] for each in over}
    assert {each for each in expiry.postings if not each.startswith("purse/")} == {f"expired/{each}" for each in names}


@given(wallets, near_an_end)
def test_a_purse_is_forgotten_a_month_after_its_time_and_never_with_won_that_are_spendable(
    wallet: Wallet, now: datetime
) -> None:
    """Held rewards come back within seven days; a purse is kept for 31."""
    past = {each.id for each in past_purses(wallet, now)}
    for each in wallet.purses:
        end = ENDS[each.id]
        if each.id == "payback@2021-02":
            spent_long_ago = each.amount == 0 and now >= datetime(2021, 3, 4, tzinfo=SEOUL)
            assert (each.id in past) == spent_long_ago
        else:
            assert (each.id in past) == (end is not None and now >= end + timedelta(days=31))
