"""Debts between the purses of a wallet: how they arise, pass on, and are repaid."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from eeum.wallet.debts import NO_DEBTS, Debts, Repaid, debts_after, redirected, repay

MARCH, APRIL = "points@2026-03", "points@2026-04"
PURSES = ("charged", "cashback", "youth", MARCH, APRIL)
won_by_purse = st.dictionaries(st.sampled_from(PURSES), st.integers(1, 1_000), max_size=3)
spent = st.dictionaries(st.sampled_from((MARCH, APRIL)), st.integers(1, 1_000), max_size=2)


def test_a_spent_reward_is_owed_to_cashback_which_owes_the_purse_that_filled_it() -> None:
    first = debts_after(NO_DEBTS, spent={MARCH: 100})
    assert first == {MARCH: {"cashback": 100}}
    assert debts_after(first, recovered_from={"charged": 60}) == {MARCH: {"cashback": 40, "charged": 60}}


def test_an_amount_above_a_debt_is_owed_by_cashback_itself() -> None:
    debts = debts_after(NO_DEBTS, spent={MARCH: 100}, recovered_from={"charged": 150})
    assert debts == {MARCH: {"charged": 100}, "cashback": {"charged": 50}}


def test_cashback_that_pays_for_a_reward_passes_its_own_debts_on() -> None:
    owing = debts_after(NO_DEBTS, recovered_from={"charged": 50})
    assert debts_after(owing, spent={MARCH: 80}) == {MARCH: {"charged": 50, "cashback": 30}}


def test_opposite_debts_cancel_out() -> None:
    owing = debts_after(NO_DEBTS, spent={MARCH: 80})
    assert debts_after(owing, recovered_from={MARCH: 80}) == {}
    assert debts_after(owing, recovered_from={MARCH: 100}) == {"cashback": {MARCH: 20}}


def test_the_loaded_balance_is_repaid_first_and_only_what_is_owed() -> None:
    debts: Debts = {MARCH: {"cashback": 30, "charged": 50, "youth": 20}}
    assert repay(debts, {MARCH: 60, "charged": 5}) == (Repaid(MARCH, "charged", 50), Repaid(MARCH, "cashback", 10))
    repaid = repay(debts, {MARCH: 160})
    assert redirected({MARCH: 160, "charged": 1}, repaid) == {MARCH: 60, "charged": 51, "cashback": 30, "youth": 20}
    assert debts_after(debts, repaid=repaid) == {}


def test_an_entry_without_debts_changes_none() -> None:
    debts: Debts = {MARCH: {"charged": 1}}
    assert debts_after(debts) is debts
    assert repay(NO_DEBTS, {MARCH: 5}) == ()
    assert debts_after(NO_DEBTS, recovered_from={"cashback": 7}) == {}


def _lent(debts: Debts) -> Counter[str]:
    """For each purse, the won that others owe it less the won that it owes."""
    lent: Counter[str] = Counter()
    for debtor, owed in debts.items():
        lent.update(owed)
        lent[debtor] -= sum(owed.values())
    return lent


@given(st.lists(st.tuples(spent, won_by_purse, won_by_purse), max_size=8))
def test_no_purse_owes_and_is_owed_and_every_won_is_accounted_for(
    entries: list[tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int]]],
) -> None:
    debts: Debts = NO_DEBTS
    expected: Counter[str] = Counter()
    for taken, returned, recovered in entries:
        after_spending = debts_after(debts, spent=taken)
        repaid = repay(after_spending, returned)
        going = redirected(returned, repaid)
        assert sum(going.values()) == sum(returned.values())
        debts = debts_after(debts, taken, repaid, recovered)
        for purse, won in taken.items():
            expected.update({"cashback": won, purse: -won})
        for debtor, creditor, won in repaid:
            expected.update({debtor: won, creditor: -won})
        for purse, won in recovered.items():
            if purse != "cashback":
                expected.update({purse: won, "cashback": -won})
        owed = {creditor for each in debts.values() for creditor in each}
        assert not owed & debts.keys()
        assert all(won > 0 for each in debts.values() for won in each.values())
        assert {purse: won for purse, won in _lent(debts).items() if won} == {
            purse: won for purse, won in expected.items() if won
        }


@given(st.lists(st.tuples(spent, won_by_purse), max_size=6))
def test_the_order_of_a_stored_map_changes_nothing(
    entries: list[tuple[Mapping[str, int], Mapping[str, int]]],
) -> None:
    debts: Debts = NO_DEBTS
    again: Debts = NO_DEBTS
    for taken, recovered in entries:
        debts = debts_after(debts, taken, (), recovered)
        shuffled = {debtor: dict(reversed(owed.items())) for debtor, owed in reversed(list(again.items()))}
        again = debts_after(shuffled, dict(reversed(taken.items())), (), dict(reversed(recovered.items())))
    assert debts == again
