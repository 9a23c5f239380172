"""What entries change in balances: whose, in which fiscal year, and when; any partition of the entries gives the same sum."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.balances.items import UnreadableEntry, change_of, movement_of
from eeum.balances.rules import (
    Change,
    Holder,
    Movement,
    UnknownAccount,
    amounts_of,
    in_order,
    run_of,
    summed,
)
from eeum.calendar import SEOUL
from eeum.journal.accounts import HolderKind
from tests.balances.journal import changes_of, entries, reference, without_zeros

MERCHANT = Holder(HolderKind.MERCHANT, "shop")
CITY = Holder(HolderKind.FUNDER, "city", "2021")
BANK = Holder(HolderKind.BANK, "kookmin")
NOON = datetime(2021, 1, 5, 12, 0, tzinfo=SEOUL)


def earning(**changes: object) -> dict[str, object]:
    return {
        "pk": "WALLET#1",
        "sk": "EARNING#2020-12#digest#0",
        "kind": "earning",
        "accepted_at": "2020-12-31T23:59:59.000+09:00",
        "posted_at": "2021-01-01T00:00:01.000+09:00",
        "postings": {"purse/cashback": 100, "funder/city": -70, "merchant_reward/shop": -30},
    } | changes


def test_every_account_but_purses_has_a_balance() -> None:
    postings = {"purse/charged": -10, "merchant_payable/shop": 7, "merchant_reward/shop": 1, "funder/city": 2}

    amounts = amounts_of(postings, "2021-01", issues=False)

    assert amounts == {MERCHANT: {"payable": 7, "reward": 1}, CITY: {"balance": 2}}


def test_money_from_a_bank_is_issued_when_it_tops_up() -> None:
    postings = {"bank/kookmin": -30_000, "purse/charged": 30_000}

    assert amounts_of(postings, "2021-01", issues=True) == {BANK: {"balance": -30_000, "issued": 30_000}}
    assert amounts_of(postings, "2021-01", issues=False) == {BANK: {"balance": -30_000}}


def test_an_unknown_account_is_an_error() -> None:
    with pytest.raises(UnknownAccount):
        amounts_of({"escrow/room-7": 5, "purse/charged": -5}, "2021-01", issues=False)
    with pytest.raises(UnknownAccount):
        amounts_of({"merchant_payable/": 5, "purse/charged": -5}, "2021-01", issues=False)


def test_an_earning_counts_in_the_year_of_its_month_at_the_instant_of_its_accrual() -> None:
    movement = movement_of(earning())

    assert movement.amounts == {Holder(HolderKind.FUNDER, "city", "2020"): {"balance": -70}, MERCHANT: {"reward": -30}}
    assert movement.at == datetime(2021, 1, 1, 0, 0, 1, tzinfo=SEOUL)


def test_a_correction_s_year_is_that_of_the_month_it_corrects() -> None:
    correction = earning(kind="correction", sk="CORRECTION#2020-11#digest", month="2020-11")

    assert set(movement_of(correction).amounts) == {Holder(HolderKind.FUNDER, "city", "2020"), MERCHANT}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "wallet"},
        {"kind": "an entry of a later version"},
        {"postings": None},
        {"postings": {"purse/cashback": 100, "funder/city": -99}},
        {"postings": {"purse/cashback": 1.5, "funder/city": -1.5}},
        {"postings": {"purse/cashback": True, "funder/city": -1}},
        {"postings": {"purse/cashback": 1, "escrow/room-7": -1}},
        {"posted_at": "yesterday"},
        {"posted_at": None},
        {"sk": "EARNING"},
    ],
)
def test_an_entry_that_cannot_be_counted_has_a_reason(fault: dict[str, object]) -> None:
    with pytest.raises(UnreadableEntry):
        movement_of(earning(**fault))

    change = change_of(5, earning(**fault))
    assert (change.sequence, change.movement) == (5, None)
    assert change.fault


def test_an_entry_without_a_part_cannot_be_counted() -> None:
    for part in ("kind", "postings", "posted_at", "sk"):
        item = earning()
        del item[part]
        with pytest.raises(UnreadableEntry):
            movement_of(item)


def test_every_kind_of_entry_of_a_real_journal_is_counted_as_its_postings_say() -> None:
    kinds = {item["kind"] for item in entries()}
    assert kinds == {"top_up", "payment", "capture", "release", "cancellation", "earning", "correction"}

    changes = changes_of(entries())

    assert not [change.fault for change in changes if change.fault]
    found = summed(change.movement for change in changes if change.movement)
    assert without_zeros(found) == without_zeros(reference(entries()))
    assert {holder.year for holder in found if holder.kind is HolderKind.FUNDER} == {"2020", "2021"}


holders = st.sampled_from([MERCHANT, Holder(HolderKind.MERCHANT, "other"), CITY, BANK])
movements = st.builds(
    Movement,
    st.sampled_from([NOON, NOON.replace(hour=13), NOON.replace(hour=14)]),
    st.dictionaries(holders, st.dictionaries(st.just("balance"), st.integers(-5, 5), min_size=1), max_size=3),
)
changes = st.lists(st.builds(Change, st.integers(1, 50), movements), max_size=20)


@given(st.lists(movements, max_size=20), st.integers(0, 20), st.sampled_from([None, NOON.replace(hour=13)]))
def test_parts_add_up_to_the_whole(all_of_them: list[Movement], cut: int, since: datetime | None) -> None:
    parts = [summed(all_of_them[:cut], since), summed(all_of_them[cut:], since)]
    again = summed(Movement(NOON, part) for part in parts)

    assert without_zeros(again) == without_zeros(summed(all_of_them, since))


@given(st.lists(movements, max_size=20))
def test_movements_before_and_after_a_cut_add_up_to_all(all_of_them: list[Movement]) -> None:
    cut = NOON.replace(hour=13)
    before = summed(movement for movement in all_of_them if movement.at < cut)
    after = summed(all_of_them, cut)

    assert without_zeros(summed([Movement(NOON, before), Movement(NOON, after)])) == without_zeros(summed(all_of_them))


@given(changes)
def test_changes_are_in_the_order_of_the_shard_without_duplicates(delivered: list[Change]) -> None:
    ordered = in_order(delivered)

    assert [change.sequence for change in ordered] == sorted({change.sequence for change in delivered})
    assert in_order([*delivered, *ordered]) == ordered


@given(changes, st.integers(1, 4))
def test_runs_are_as_long_as_their_holders_allow(delivered: list[Change], most: int) -> None:
    left = in_order(delivered)
    runs = []
    while left:
        run = run_of(left, most)
        runs.append(run)
        left = left[len(run) :]

    assert [change for run in runs for change in run] == in_order(delivered)
    for position, run in enumerate(runs):
        assert len(_holders(run)) <= most or len(run) == 1
        if position + 1 < len(runs):
            assert len(_holders([*run, runs[position + 1][0]])) > most
    assert all(runs)


def _holders(run: object) -> set[Holder]:
    return {holder for change in run for holder in change.movement.amounts}  # type: ignore[attr-defined]
